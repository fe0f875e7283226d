"""AWS clients: made when first asked for, kept while the execution environment lives.

botocore's session is used directly: a boto3 session makes the same clients and costs the import of
its resource layer at every cold start.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from signalbox.adapters.aws_errors import aws_call
from signalbox.runtime.aws_data import Sessions

if TYPE_CHECKING:
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
"""Three attempts of 13 seconds at most, which can outlast a function (30 seconds, or 10 for the
Slack endpoint): then Lambda ends it, and the queue, the machine or the person asks again."""


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
        """``function`` names the caller in CloudTrail: the session is ``signalbox-{function}``."""
        self._session_name = f"signalbox-{function}"[:64]
        self._clock = clock
        self._sessions = Sessions()
        self._own: dict[str, Any] = {}
        self._roles: dict[str, _AssumedRole] = {}
        self._theirs: dict[tuple[str, str, str], tuple[_AssumedRole, Any]] = {}

    def own(self, name: str) -> Any:
        """The client of an AWS service (``dynamodb``) under the function's own role."""
        if name not in self._own:
            self._own[name] = self._sessions.of(name).create_client(name, config=CONFIG)
        return self._own[name]

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
