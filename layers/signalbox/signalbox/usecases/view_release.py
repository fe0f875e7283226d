"""Gathers what a release's message is rendered from."""

from __future__ import annotations

from signalbox.domain.facts import Commit
from signalbox.domain.gates import Gate
from signalbox.domain.policy import Policy
from signalbox.domain.releases import Release
from signalbox.notifications.view import GateView, ReleaseView
from signalbox.policies.judge import judge
from signalbox.policies.outcome import Authors, Case
from signalbox.ports import People, ReleaseLedger, ReleaseNotes


def view_release(
    release: Release,
    notes: ReleaseNotes,
    *,
    service_name: str,
    policy: Policy,
    releases: ReleaseLedger,
    people: People,
) -> ReleaseView:
    """Everything the message of this release says, from the ledger alone and Slack's user list."""
    commit = notes.commit or release.commit or Commit()
    gates = tuple(
        GateView(gate=gate, judgement=judge(case_of(gate, policy, commit, people)))
        for gate in releases.gates_of(release.id)
    )
    return ReleaseView(
        release=release,
        service=service_name,
        commit=commit,
        policy=policy,
        kind=notes.kind,
        failure=notes.failure,
        tests=notes.tests,
        gates=gates,
        incidents=tuple(releases.incidents_of(release.id)),
    )


def case_of(gate: Gate, policy: Policy, commit: Commit, people: People) -> Case:
    """A gate with its authors, who are looked up only once somebody has voted."""
    if not gate.votes or not policy.exclude_author:
        return Case(gate=gate, policy=policy)
    return Case(gate=gate, policy=policy, authors=_authors(gate, commit, people))


def _authors(gate: Gate, commit: Commit, people: People) -> Authors:
    """Everybody who wrote what would ship: the released commit and those since the last good.

    A commit without an e-mail, or no commit at all, is an author whom nobody knows. CodePipeline
    names no author for every kind of source, so the build's list fills in for the released commit.
    """
    emails = {change.author_email.strip().lower() for change in gate.dossier.changes}
    listed = any(change.id == commit.id for change in gate.dossier.changes)
    if commit.author_email or not listed:
        emails.add(commit.author_email.strip().lower())
    ids = {email: people.id_of_email(email) if email else None for email in sorted(emails)}
    return Authors(
        users=frozenset(user for user in ids.values() if user),
        unknown=tuple(email for email, user in ids.items() if not user),
    )
