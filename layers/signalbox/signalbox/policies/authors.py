"""Who had a hand in what would ship."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from signalbox.domain.gates import Dossier
from signalbox.domain.people import Directory, Person
from signalbox.domain.policy import Excluded, Policy, UnknownAuthor

NOBODY = "a commit without an e-mail"
UNLISTED = (
    "whoever made the commits that the build did not list (write release.json from a full clone)"
)

WRITERS = frozenset({Excluded.AUTHORS, Excluded.COMMITTERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Authors:
    """``people`` are ids of persons; ``unknown`` says in words whom nobody can place."""

    people: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()


def authors_of(dossier: Dossier, policy: Policy, directory: Directory) -> Authors:
    """Everybody whom the policy leaves out: authors with their co-authors, committers, whoever
    started the release by hand, and with ``strict_identity`` whoever the provider says has pushed.

    Whom the people document does not know is in ``unknown``, unless the policy lets that pass; so
    is whoever made commits that nobody has listed.
    Git's names are not authenticated: this stops mistakes and habits, not a forger.
    """
    people: set[str] = set()
    unknown: list[str] = []
    for name, person in _involved(dossier, policy, directory):
        if person is not None:
            people.add(person.id)
        elif name not in unknown:
            unknown.append(name)
    if policy.unknown_author is UnknownAuthor.ALLOW:
        unknown = []
    if policy.strict_identity and not directory.of_provider(dossier.provider_identity):
        unknown.append(dossier.provider_identity or "whoever pushed it: the trigger names nobody")
    return Authors(people=frozenset(people), unknown=tuple(unknown))


def _involved(
    dossier: Dossier, policy: Policy, directory: Directory
) -> Iterator[tuple[str, Person | None]]:
    """Each identity with the person behind it, if anybody is known to be."""
    if policy.excluded & WRITERS and _lacks_commits(dossier):
        yield UNLISTED, None
    for email in _emails(dossier, policy):
        yield email or NOBODY, directory.of_email(email) if email else None
    if Excluded.STARTER in policy.excluded and dossier.started_by:
        yield dossier.started_by, directory.of_aws(dossier.started_by)
    if policy.strict_identity and (pusher := directory.of_provider(dossier.provider_identity)):
        yield dossier.provider_identity, pusher


def _lacks_commits(dossier: Dossier) -> bool:
    return not dossier.changes or any(change.breaks_off for change in dossier.changes)


def _emails(dossier: Dossier, policy: Policy) -> Iterator[str]:
    """The addresses behind what would ship, empty where a commit names none."""
    for change in dossier.changes:
        author, committer = change.author_email, change.committer_email
        if Excluded.AUTHORS in policy.excluded:
            yield author.strip()
            yield from (email.strip() for email in change.co_authors)
        if Excluded.COMMITTERS in policy.excluded:
            yield (author if committer is None else committer).strip()
