"""Gathers what a release's message is rendered from."""

from __future__ import annotations

import re
from dataclasses import replace

from signalbox.domain.facts import Commit
from signalbox.domain.gates import Gate
from signalbox.domain.policy import Policy
from signalbox.domain.releases import Release
from signalbox.domain.states import ExecutionState
from signalbox.domain.truth import ReleaseNotes
from signalbox.notifications.text import plain_line
from signalbox.notifications.view import GateView, ReleaseView, went_badly
from signalbox.policies.judge import judge
from signalbox.policies.outcome import Authors, Case
from signalbox.ports import People, ReleaseLedger

USER_ID = re.compile(r"[UW][A-Z0-9]+", re.ASCII)
"""How Slack writes the id of a user; nothing else becomes a mention."""


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
    view = ReleaseView(
        release=release,
        service=service_name,
        commit=commit,
        policy=policy,
        kind=notes.kind,
        failure=_failure(release, notes),
        failures=notes.failures,
        rollback_target=notes.rollback_target,
        superseded_by=notes.superseded_by,
        tests=notes.tests,
        gates=gates,
        incidents=tuple(releases.incidents_of(release.id)),
    )
    return replace(view, author_user=_author(view, people)) if went_badly(view) else view


def _failure(release: Release, notes: ReleaseNotes) -> str:
    """Why it failed, unless a retry has overcome that since."""
    overcome = release.state is not ExecutionState.FAILED
    if overcome and notes.failure in {failure.line for failure in notes.failures}:
        return ""
    return notes.failure


def _author(view: ReleaseView, people: People) -> str:
    """The Slack id of whoever wrote the released commit, where an e-mail is known and Slack's.

    CodePipeline names no author for every kind of source; the build's list of commits may.
    """
    listed = (
        change.author_email
        for each in view.gates
        for change in each.gate.dossier.changes
        if change.id == view.commit.id
    )
    email = _address(view.commit.author_email or next(listed, ""))
    user = people.id_of_email(email) if email else None
    return user if user and USER_ID.fullmatch(user) else ""


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
    emails = {_address(change.author_email) for change in gate.dossier.changes}
    listed = any(change.id == commit.id for change in gate.dossier.changes)
    if commit.author_email or not listed:
        emails.add(_address(commit.author_email))
    ids = {email: people.id_of_email(email) if email else None for email in sorted(emails)}
    return Authors(
        users=frozenset(user for user in ids.values() if user),
        unknown=tuple(email for email, user in ids.items() if not user),
    )


def _address(email: str) -> str:
    """An address as it is compared and shown. A secret in it is masked while it can be told."""
    return plain_line(email, 320).lower()
