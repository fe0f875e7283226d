"""Who is who: one person behind Slack ids, e-mail addresses and AWS principals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


def provider_identity(provider: str, user: str) -> str:
    """Somebody at a source provider, as ``github:12345``; "" where either is unknown."""
    return f"{provider.lower()}:{user}" if provider and user else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person, or one ``bot`` (which may write commits and may not approve).

    ``id`` is the person's key in the people document and the principal that votes are counted by.
    ``slack`` holds Slack user ids, ``emails`` addresses in lower case, ``aws`` ARNs of IAM users or
    of assumed-role sessions, ``providers`` identities at source providers as ``github:12345``.
    """

    id: str
    name: str = ""
    slack: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    aws: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    bot: bool = False

    @property
    def called(self) -> str:
        """The name for reading."""
        return self.name or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Everybody whom the people document knows. No identity belongs to two of them."""

    people: tuple[Person, ...] = ()

    def of_slack(self, user: str) -> Person | None:
        """The person with that Slack user id."""
        return self._one(lambda person: user in person.slack)

    def of_email(self, email: str) -> Person | None:
        """The person with that address, whatever the case of its letters."""
        return self._one(lambda person: email.lower() in person.emails)

    def of_aws(self, arn: str) -> Person | None:
        """The person behind an IAM user or an assumed-role session."""
        return self._one(lambda person: arn in person.aws)

    def of_provider(self, identity: str) -> Person | None:
        """The person behind an identity at a source provider."""
        return self._one(lambda person: identity in person.providers)

    def of_principal(self, principal: str) -> Person | None:
        """The person who acted as ``slack:TEAM:USER`` or ``aws:ARN``."""
        kind, _, rest = principal.partition(":")
        if kind == "slack":
            return self.of_slack(rest.rpartition(":")[2])
        return self.of_aws(rest) if kind == "aws" else None

    def slack_ids(self, people: Iterable[str]) -> frozenset[str]:
        """The Slack user ids of these people."""
        wanted = set(people)
        return frozenset(id for one in self.people if one.id in wanted for id in one.slack)

    def _one(self, matches: Callable[[Person], bool]) -> Person | None:
        return next((person for person in self.people if matches(person)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryInForce:
    """The last good people document, and what is wrong with the newest, if anything is."""

    directory: Directory
    fault: str = ""
