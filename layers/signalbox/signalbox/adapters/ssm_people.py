"""The people document in Parameter Store: who is who."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.adapters.policy_schema import Name, SlackId
from signalbox.adapters.ssm_documents import KEPT_FOR_SECONDS, Document, Part, parse
from signalbox.adapters.ssm_last_good import LastGood
from signalbox.domain.errors import DocumentInvalidError
from signalbox.domain.people import Directory, DirectoryInForce, Person

MISSING = (
    "nobody may approve before the people document says who is who: "
    "signalbox policy put people.json --people"
)
Email = Annotated[
    str, StringConstraints(pattern=r"^[^\s@]+@[^\s@]+$", max_length=320, to_lower=True)
]
Principal = Annotated[
    str,
    StringConstraints(
        pattern=r"^arn:aws[a-z-]*:(iam::\d{12}:user/[\w+=,.@/-]+"
        r"|sts::\d{12}:assumed-role/[\w+=,.@-]+/[\w+=,.@-]+)$"
    ),
]
"""One IAM user, or one session of a role: exact, for whoever may name a session may be anybody."""
Provider = Annotated[str, StringConstraints(pattern=r"^[a-z]+:.{1,200}$")]


class _Person(Part):
    name: Annotated[str, StringConstraints(max_length=100)] = ""
    slack: tuple[SlackId, ...] = ()
    emails: tuple[Email, ...] = ()
    aws: tuple[Principal, ...] = ()
    providers: tuple[Provider, ...] = ()
    bot: bool = False


class PeopleDocument(Document):
    """Who is who: one person behind Slack ids, e-mail addresses and AWS principals."""

    people: Annotated[dict[Name, _Person], Field(max_length=1000)]


class SsmPeople:
    """``Directories`` on ``{prefix}/people``, of which the last good version stays in force."""

    def __init__(
        self,
        client: Any,
        prefix: str,
        table: LedgerTable,
        monotonic: Callable[[], float] = time.monotonic,
        kept_for: float = KEPT_FOR_SECONDS,
    ) -> None:
        self._document = LastGood(
            client,
            f"{prefix}/people",
            "people",
            table,
            parse_people,
            monotonic=monotonic,
            kept_for=kept_for,
        )

    def in_force(self) -> DirectoryInForce:
        """The last good document, and what is wrong with the newest, if anything is.

        Raises AwsUnavailableError where nothing was ever read and nobody answers now.
        """
        held = self._document.held()
        if not held.written and held.document is None:
            return DirectoryInForce(directory=Directory(), fault=MISSING)
        return DirectoryInForce(directory=held.document or Directory(), fault=held.fault)


def parse_people(text: str, parameter: str) -> Directory:
    """Read the document. Raises DocumentInvalidError naming the parameter, the field and why."""
    document = parse(PeopleDocument, text, parameter)
    people = tuple(
        Person(
            id=key,
            name=one.name,
            slack=frozenset(one.slack),
            emails=frozenset(one.emails),
            aws=frozenset(one.aws),
            providers=frozenset(one.providers),
            bot=one.bot,
        )
        for key, one in document.people.items()
    )
    _check_unique(people, parameter)
    return Directory(people=people)


def _check_unique(people: tuple[Person, ...], parameter: str) -> None:
    """One identity is one person, or one person would have two voices."""
    owners: dict[str, str] = {}
    for person in people:
        for identity in (*person.slack, *person.emails, *person.aws, *person.providers):
            other = owners.setdefault(identity, person.id)
            if other != person.id:
                both = f"{other} and {person.id}"
                raise DocumentInvalidError(f"{parameter}: people: {identity} is of {both}")
