"""AWS clients: made when first asked for, kept while the execution environment lives.

botocore's session is used directly: a boto3 session makes the same clients and costs the import of
its resource layer at every cold start.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.deadline import answered_within, seconds_left
from signalbox.domain.errors import AwsUnavailableError
from signalbox.runtime.aws_data import Sessions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from signalbox.domain.services import Service
    from signalbox.ports import Clock

RENEW_BEFORE_EXPIRY = timedelta(minutes=5)
ASSUMED_FOR_SECONDS = 3600
"""The most that AWS allows where a role assumes a role (IAM user guide, role chaining)."""

CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
    user_agent_extra="signalbox",
)
"""Three attempts of 13 seconds at most, which can outlast a function (30 seconds): then Lambda ends
it, and the queue or the machine asks again. Where a person waits, ``Patience`` takes its place."""

LONGEST_PAUSE = 1.0
"""Seconds from a first attempt to a second (botocore/retries/standard.py, ExponentialBackoff)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a function waits for AWS where a person waits for it, in seconds: for a connection,
    for the answer on it, and for everything together.

    No attempt begins that could end too late, and none is followed by a pause that would: whatever
    hangs or crawls, the answer is there within ``answer``. A name that stands for several addresses
    takes ``connect`` for each that does not answer.
    """

    answer: float
    connect: float = 0.4
    read: float = 0.6

    @property
    def attempt(self) -> float:
        """The longest that one attempt takes."""
        return self.connect + self.read

    def scaled(self, by: float) -> Patience:
        """The same, for a machine on which everything takes longer, or a test that must not."""
        return Patience(answer=self.answer * by, connect=self.connect * by, read=self.read * by)

    def config(self) -> Config:
        """Two attempts, the second mostly for a connection that has died meanwhile."""
        return CONFIG.merge(
            Config(
                connect_timeout=self.connect,
                read_timeout=self.read,
                retries={"mode": "standard", "total_max_attempts": 2},
            )
        )

    def watch(self, client: Any) -> None:
        """Have the client ask how long is left before each attempt, and before it pauses."""
        service = client.meta.service_model.service_id.hyphenize()
        events = client.meta.events
        events.register_first("before-send", self._refuse, unique_id="patience-send")
        events.register_first(f"needs-retry.{service}", self._give_up, unique_id="patience-retry")

    def _refuse(self, **_: Any) -> None:
        if seconds_left() < self.attempt:
            raise AwsUnavailableError("no time is left to ask AWS")

    def _give_up(self, **_: Any) -> bool | None:
        """False is botocore's for good: what came back, or did not, is what there is."""
        return False if seconds_left() < max(self.attempt, LONGEST_PAUSE) else None


WAITED_FOR: Mapping[str, Patience] = {
    "answer_slack": Patience(answer=2.5),
    "answer_api": Patience(answer=8.0),
}
"""The functions that a person waits for. Slack gives up three seconds after the click, of which the
way there and a cold start take some; API Gateway and Lambda after ten."""


@dataclass(frozen=True, slots=True)
class _AssumedRole:
    """Credentials of one operator role. Its repr hides them."""

    access_key: str
    secret_key: str
    session_token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"_AssumedRole(expires_at={self.expires_at.isoformat()})"


class Clients:
    """Clients under our own role, and under the operator role of each service."""

    def __init__(self, *, function: str, clock: Clock) -> None:
        """``function`` names the caller in CloudTrail: the session is ``signalbox-{function}``. It
        waits for AWS as long as its kind may, ``PATIENCE_SCALE`` times that in the sandbox.
        """
        self._session_name = f"signalbox-{function}"[:64]
        self._clock = clock
        waited_for = WAITED_FOR.get(function)
        scale = float(os.environ.get("PATIENCE_SCALE", "1"))
        self._patience = waited_for.scaled(scale) if waited_for else None
        self._sessions = Sessions()
        self._own: dict[str, Any] = {}
        self._roles: dict[str, _AssumedRole] = {}
        self._theirs: dict[tuple[str, str, str], tuple[_AssumedRole, Any]] = {}

    def own(self, name: str) -> Any:
        """The client of an AWS service (``dynamodb``) under the function's own role."""
        if name not in self._own:
            config = self._patience.config() if self._patience else CONFIG
            client = self._sessions.of(name).create_client(name, config=config)
            if self._patience:
                self._patience.watch(client)
            self._own[name] = client
        return self._own[name]

    def answering(self) -> AbstractContextManager[None]:
        """Around the answer to whoever waits: calls that could come too late are not made."""
        return answered_within(self._patience.answer if self._patience else math.inf)

    def for_service(self, service: Service, name: str) -> Any:
        """The client of an AWS service under the operator role, in the region of the pipeline.

        Ask for it at each use and keep it no longer: credentials expire. Raises AwsRefusedError
        where the role may not be assumed.
        """
        role = self._role(service.operator_role_arn)
        key = (service.operator_role_arn, service.pipeline.region, name)
        kept = self._theirs.get(key)
        if kept is not None and kept[0] is role:
            return kept[1]
        client = self._sessions.of(name).create_client(
            name,
            region_name=service.pipeline.region,
            config=CONFIG,
            aws_access_key_id=role.access_key,
            aws_secret_access_key=role.secret_key,
            aws_session_token=role.session_token,
        )
        self._theirs[key] = (role, client)
        return client

    def _role(self, arn: str) -> _AssumedRole:
        role = self._roles.get(arn)
        if role is None or role.expires_at - self._clock.now() <= RENEW_BEFORE_EXPIRY:
            with aws_call(f"assume {arn}"):
                answer = self.own("sts").assume_role(
                    RoleArn=arn,
                    RoleSessionName=self._session_name,
                    DurationSeconds=ASSUMED_FOR_SECONDS,
                )
            given = answer["Credentials"]
            role = self._roles[arn] = _AssumedRole(
                access_key=given["AccessKeyId"],
                secret_key=given["SecretAccessKey"],
                session_token=given["SessionToken"],
                expires_at=given["Expiration"],
            )
        return role
