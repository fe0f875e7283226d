"""The document that says where messages go: ``{prefix}/routes`` in Parameter Store."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.adapters.ssm_documents import Document, Part, parse
from signalbox.adapters.ssm_last_good import LastGood
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


class RoutesDocument(Document):
    """Where messages go."""

    channel: Channel
    routes: Annotated[tuple[_Rule, ...], Field(max_length=AT_MOST)] = ()


class SsmRoutes:
    """``Routes`` on one parameter, of which the last good version stays in force."""

    def __init__(
        self,
        client: Any,
        prefix: str,
        table: LedgerTable,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._document = LastGood(
            client, f"{prefix}/routes", "routes", table, parse_routes, monotonic=monotonic
        )

    def in_force(self) -> RoutesInForce:
        """The last good routes, and what is wrong with the newest document, if anything is.

        Raises AwsUnavailableError where nothing was ever read and nobody answers now.
        """
        held = self._document.held()
        return RoutesInForce(table=held.document or RouteTable(), fault=held.fault)


def parse_routes(text: str, parameter: str) -> RouteTable:
    """Read the document. Raises DocumentInvalidError naming the parameter, the field and why."""
    document = parse(RoutesDocument, text, parameter)
    return RouteTable(
        channel=document.channel,
        rules=tuple(
            Rule(when=When(**rule.when.model_dump()), to=To(**rule.to.model_dump()))
            for rule in document.routes
        ),
    )
