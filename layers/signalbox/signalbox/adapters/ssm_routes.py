"""The document that says where messages go: ``{prefix}/routes`` in Parameter Store."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.dynamodb_table import Change, LedgerTable
from signalbox.adapters.ssm_documents import KEPT_FOR_SECONDS, Document, Part, parse
from signalbox.domain.errors import (
    AwsRefusedError,
    AwsUnavailableError,
    DocumentInvalidError,
)
from signalbox.domain.routes import RoutesInForce, RouteTable, Rule, To, When
from signalbox.notifications.routes import Kind, Severity

Pattern = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Channel = Annotated[str, StringConstraints(pattern=r"^(#[^\s#@,A-Z]{1,80}|[CG][A-Z0-9]{2,})$")]
"""``#name`` or an id; names have no capitals and no spaces (Slack help, "channel names")."""

Topic = Annotated[
    str,
    StringConstraints(
        pattern=r"^(default|arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256})$"
    ),
]
AT_MOST = 100


class _When(Part):
    pipelines: tuple[Pattern, ...] = ()
    environments: tuple[Pattern, ...] = ()
    severities: tuple[Severity, ...] = ()
    kinds: tuple[Kind, ...] = ()


class _To(Part):
    channels: tuple[Channel, ...] | None = None
    topics: tuple[Topic, ...] | None = None

    @model_validator(mode="after")
    def _leads_somewhere(self) -> _To:
        if not self.channels and not self.topics:
            raise ValueError("name a channel or a topic: news that goes nowhere is lost")
        return self


class _Rule(Part):
    when: _When = _When()
    to: _To


class _Routes(Document):
    channel: Channel
    routes: Annotated[tuple[_Rule, ...], Field(max_length=AT_MOST)] = ()


class SsmRoutes:
    """``Routes`` on one parameter, read at most once a minute.

    The last good document is kept in memory and in the ledger: a function that starts while the
    newest one is broken goes by the one before it.
    """

    def __init__(
        self,
        client: Any,
        prefix: str,
        table: LedgerTable,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._name = f"{prefix}/routes"
        self._table = table
        self._monotonic = monotonic
        self._kept: tuple[float, RoutesInForce] | None = None
        self._good = ""

    def in_force(self) -> RoutesInForce:
        """The last good routes, and what is wrong with the newest document, if anything is.

        Raises AwsUnavailableError where nothing was ever read and nobody answers now.
        """
        now = self._monotonic()
        if self._kept is None or now - self._kept[0] >= KEPT_FOR_SECONDS:
            self._kept = now, self._read()
        return self._kept[1]

    def _read(self) -> RoutesInForce:
        try:
            with aws_call(f"read {self._name}"):
                text = self._client.get_parameter(Name=self._name)["Parameter"]["Value"]
            table = parse_routes(text, self._name)
        except AwsUnavailableError:
            if self._kept is None:
                raise
            return self._kept[1]
        except (AwsRefusedError, DocumentInvalidError) as wrong:
            return RoutesInForce(table=self._last_good(), fault=str(wrong))
        self._keep(text)
        return RoutesInForce(table=table)

    def _keep(self, text: str) -> None:
        if text != self._good:
            change = Change("SET #text = :text", names={"#text": "text"}, values={":text": text})
            self._table.update("routes", "last-good", change)
            self._good = text

    def _last_good(self) -> RouteTable:
        item = self._table.get("routes", "last-good")
        try:
            return parse_routes(item["text"], self._name) if item else RouteTable()
        except DocumentInvalidError:
            return RouteTable()  # an older Signalbox took it for good


def parse_routes(text: str, parameter: str) -> RouteTable:
    """Read the document. Raises DocumentInvalidError naming the parameter, the field and why."""
    document = parse(_Routes, text, parameter)
    return RouteTable(
        channel=document.channel,
        rules=tuple(
            Rule(when=When(**rule.when.model_dump()), to=To(**rule.to.model_dump()))
            for rule in document.routes
        ),
    )
