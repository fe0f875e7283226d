"""Gathers what a release's message is rendered from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from signalbox.domain.facts import Commit
from signalbox.domain.gates import Gate, GateKind, GateStatus
from signalbox.domain.identity import ReleaseId
from signalbox.domain.people import Directory
from signalbox.domain.policy import Policy
from signalbox.domain.releases import Release
from signalbox.domain.states import ExecutionState
from signalbox.domain.truth import ReleaseNotes
from signalbox.notifications.text import plain_line
from signalbox.notifications.view import GateView, ReleaseView, went_badly
from signalbox.policies.votes import weigh
from signalbox.ports import People
from signalbox.usecases.needs import HasClock, HasDirectory, HasPolicies, HasReleases

USER_ID = re.compile(r"[UW][A-Z0-9]+", re.ASCII)
"""How Slack writes the id of a user; nothing else becomes a mention."""


class ViewingPorts(HasReleases, HasPolicies, HasDirectory, HasClock, Protocol):
    """What a message is gathered from."""


def view_release(
    release: Release,
    notes: ReleaseNotes,
    *,
    service_name: str,
    ports: ViewingPorts,
    people: People,
) -> ReleaseView:
    """Everything the message of this release says, from the ledger, the documents in force and
    Slack's user list.
    """
    commit = notes.commit or release.commit or Commit()
    gates = tuple(_gates(release.id, ports))
    view = ReleaseView(
        release=release,
        service=service_name,
        commit=commit,
        kind=notes.kind,
        failure=_failure(release, notes),
        failures=notes.failures,
        rollback_target=notes.rollback_target,
        superseded_by=notes.superseded_by,
        tests=notes.tests,
        gates=gates,
        incidents=tuple(ports.releases.incidents_of(release.id)),
    )
    return replace(view, author_user=_author(view, people)) if went_badly(view) else view


def _gates(release: ReleaseId, ports: ViewingPorts) -> Iterator[GateView]:
    found = ports.releases.gates_of(release)
    directory = ports.directory.in_force().directory if found else Directory()
    for gate in found:
        policy = ports.policies.policy_for(release.pipeline, gate.stage)
        yield view_gate(gate, policy, directory, ports.clock.now())


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


def view_gate(gate: Gate, policy: Policy, directory: Directory, now: datetime) -> GateView:
    """A gate with its votes weighed, and whom to remind of it by now."""
    weighed = weigh(gate, policy, directory)
    if gate.status is not GateStatus.OPEN or gate.kind is GateKind.OBSERVED:
        return GateView(gate=gate, weighed=weighed, policy=policy)
    waited = now - gate.opened_at
    calling = policy.escalation and waited >= policy.escalation.after
    called = policy.members(*policy.escalation.groups) if policy.escalation and calling else ()
    here = [vote for vote in gate.votes if vote.shown_digest == gate.shown_digest]
    voted = {directory.of_principal(vote.principal) for vote in here}
    return GateView(
        gate=gate,
        weighed=weighed,
        policy=policy,
        reminders=sum(waited >= after for after in policy.remind_after),
        escalated=tuple(sorted(called)),
        calls=tuple(user for user in gate.asked if directory.of_slack(user) not in voted),
    )


def _address(email: str) -> str:
    """An address as it is compared and shown. A secret in it is masked while it can be told."""
    return plain_line(email, 320).lower()
