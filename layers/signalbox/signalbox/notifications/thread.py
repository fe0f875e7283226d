"""What stands in the thread under a release's message: the details, each told once, never edited.

An edit of a message rings nobody's phone, a reply does: so the commit's author is mentioned here,
and what a whole channel should hear (a failure, a question, a rollback) is broadcast to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from signalbox.domain.gates import Choice, Gate, GateKind, GateStatus, Settlement, Verdict
from signalbox.domain.incidents import Incident, IncidentStatus
from signalbox.notifications.blocks import Block, context, message, plain_section, section
from signalbox.notifications.executions import execution_of
from signalbox.notifications.failure_section import author, execution_link, failure_story
from signalbox.notifications.gate_section import (
    BYPASS,
    VERDICTS,
    changes_told,
    checks_told,
    is_bypass,
    settlement_told,
    votes_told,
)
from signalbox.notifications.incident_section import way_back
from signalbox.notifications.routes import Kind
from signalbox.notifications.text import safe, safe_line
from signalbox.notifications.times import day_and_time
from signalbox.notifications.view import (
    GateView,
    ReleaseView,
    current_failures,
    stuck,
)

LISTED_CHANGES = 40
MENTIONED = 20
USER_ID = re.compile(r"[UW][A-Z0-9]+", re.ASCII)
"""How Slack writes the id of a user; nothing else becomes a mention."""
MOST = 10
"""So many replies at most; a release that is retried again and again keeps its newest ones."""

ENDED = {IncidentStatus.ROLLED_BACK, IncidentStatus.NEEDS_A_HUMAN}
BEGUN = {IncidentStatus.ROLLING_BACK, *ENDED}
REFUSALS = {Verdict.REJECTED, Verdict.EXPIRED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply. ``key`` is its name within the release; ``message`` has ``text`` and ``blocks``.

    ``broadcast``: it is shown in the channel as well.
    """

    key: str
    kind: Kind
    message: Mapping[str, Any]
    broadcast: bool


def replies(view: ReleaseView) -> tuple[Reply, ...]:
    """Everything that shall stand in the release's thread by now, oldest first."""
    found = [*_failures(view)]
    for each in view.gates:
        found += _of_gate(view, each)
    for incident in view.incidents:
        found += _of_incident(view, incident)
    return tuple({reply.key: reply for reply in found}.values())[-MOST:]


def _failures(view: ReleaseView) -> Iterator[Reply]:
    """One per failed run of an action, those that a retry has overcome included."""
    told = {failure.key: failure for failure in (*view.failures, *current_failures(view))}
    gated = {(each.gate.stage, each.gate.action) for each in view.gates}
    for failure in told.values():
        if (failure.stage, failure.action) in gated:
            continue
        words = f"{_name(view)} failed at {safe_line(failure.stage, 60)}: "
        yield _reply(
            failure.key,
            Kind.FAILURE,
            f"❌ {words}{safe_line(failure.why, 300) or 'AWS gave no reason'}",
            failure_story(view, failure),
            broadcast=True,
        )


def _of_gate(view: ReleaseView, each: GateView) -> Iterator[Reply]:
    gate = each.gate
    is_open = gate.status is GateStatus.OPEN and not view.release.is_final
    stage = safe_line(gate.stage, 60)
    yield _reply(
        f"approval-{gate.id}",
        Kind.APPROVAL,
        f"✋ {_name(view)} waits for approval at {stage}",
        _asked(view, each),
        broadcast=is_open and gate.kind is not GateKind.OBSERVED,
    )
    if stuck(view, gate):
        text = f"🚨 {_name(view)} needs a human at {stage}: {safe_line(view.failure, 300)}"
        hint = (
            f"*Next:* answer it in {execution_link(view)}; the verdict here is kept in the audit."
        )
        blocks = [section(text), context(hint)]
        yield _reply(f"stuck-{gate.id}", Kind.FAILURE, text, blocks, broadcast=True)
    if is_open:
        yield from _calls(view, each)
    if gate.broken_glass:
        yield _broken(view, each)
    if gate.status is GateStatus.SETTLED and gate.verdict:
        text = f"{VERDICTS[gate.verdict]} at `{safe_line(gate.stage, 100)}`"
        blocks = _decided(view, each, text)
        loud = is_bypass(each)
        yield _reply(f"decision-{gate.id}", Kind.APPROVAL, text, blocks, broadcast=loud)


def _calls(view: ReleaseView, each: GateView) -> Iterator[Reply]:
    """Reminders and the escalation whose time has come, each told once by its key."""
    gate, stage = each.gate, safe_line(each.gate.stage, 60)
    if each.reminders and each.calls:
        text = f"⏰ {_name(view)} still waits for approval at {stage}"
        blocks = [
            section(f"{text}: {_mentions(each.calls)}"),
            context(safe_line(each.weighed.told, 300)),
        ]
        key = f"remind-{gate.id}-{each.reminders}"
        yield _reply(key, Kind.APPROVAL, text, blocks, broadcast=False)
    if each.escalated:
        text = f"📣 {_name(view)} still waits for approval at {stage}: too few have answered"
        blocks = [
            section(f"{text}: {_mentions(each.escalated)}"),
            context(safe_line(each.weighed.told, 300)),
        ]
        yield _reply(f"escalate-{gate.id}", Kind.APPROVAL, text, blocks, broadcast=True)


def _broken(view: ReleaseView, each: GateView) -> Reply:
    text = f"🔨 The glass was broken for {_name(view)} at {safe_line(each.gate.stage, 60)}"
    hint = "A review is asked for: somebody else looks at it and presses the button above."
    blocks = [section(f"*{text}*"), plain_section(safe(each.gate.reason, 1000)), context(hint)]
    return _reply(f"glass-{each.gate.id}", Kind.APPROVAL, text, blocks, broadcast=True)


def _mentions(users: Sequence[str]) -> str:
    return " ".join(f"<@{user}>" for user in users[:MENTIONED] if USER_ID.fullmatch(user))


def _asked(view: ReleaseView, each: GateView) -> list[Block]:
    """The dossier, as it was when the question was put."""
    gate = each.gate
    digest = gate.dossier.artifact_digest.removeprefix("sha256:")
    return [
        section(f"✋ *{_name(view)} waits for approval at `{safe_line(gate.stage, 100)}`*"),
        plain_section(changes_told(gate, LISTED_CHANGES)),
        section(f"*Checks*\n{checks_told(each)}\n*Way back*\n"
                f"{safe_line(gate.dossier.rollback_readiness)}"),
        context(f"Revision `{safe_line(gate.dossier.revision, 64) or 'unknown'}`\n"
                f"Artifact (SHA-256) `{safe_line(digest, 64) or 'unknown'}`"),
        context(f"The buttons are on the message above; no answer by "
                f"{day_and_time(gate.expires_at)} means no."),
    ]  # fmt: skip


def _decided(view: ReleaseView, each: GateView, text: str) -> list[Block]:
    gate = each.gate
    refused = gate.verdict in REFUSALS or gate.settlement == Settlement.CHANGED
    blocks = [section(f"{text} · {author(view)}" if refused else text)]
    if gate.reason:
        blocks.append(plain_section(safe(gate.reason, 1000)))
    if is_bypass(each):
        blocks.append(section(BYPASS))
    if votes := votes_told(each):
        blocks.append(section(votes))
    blocks += [plain_section(safe(reason, 700)) for reason in _reasons(gate)]
    when = day_and_time(gate.decided_at)
    blocks.append(context(" · ".join(filter(None, [settlement_told(gate), when]))))
    if refused:
        blocks.append(
            context("*Next:* a fix is a new release: push it, and it comes by here again.")
        )
    return blocks


def _reasons(gate: Gate) -> list[str]:
    """Why people rejected, where the gate's own reason does not say it already."""
    return [
        f"{vote.name}: {vote.reason}"
        for vote in gate.votes[:5]
        if vote.choice is Choice.REJECT and vote.reason and vote.reason not in gate.reason
    ]


def _of_incident(view: ReleaseView, incident: Incident) -> Iterator[Reply]:
    environment = safe_line(incident.environment, 60)
    alarm = safe_line(incident.alarm.name, 200)
    if incident.status in BEGUN and incident.rungs:
        text = f"⏪ {environment} is rolled back from {_name(view)}: {alarm} fired"
        blocks = [section(f"⏪ *Alarm* `{alarm}` *fired on {environment}*"), *_alarm(incident)]
        blocks.append(section(way_back(view, incident)))
        key = f"rollback-{incident.id}"
        yield _reply(key, Kind.ROLLBACK, text, blocks, broadcast=False)
    if incident.status in ENDED:
        done = incident.status is IncidentStatus.ROLLED_BACK
        told = "was rolled back" if done else "NEEDS A HUMAN: it is not rolled back"
        text = f"{'⏪' if done else '🚨'} {environment} {told} ({alarm}, {_name(view)})"
        blocks = _ended(view, incident, text)
        yield _reply(f"outcome-{incident.id}", Kind.ROLLBACK, text, blocks, broadcast=True)


def _alarm(incident: Incident) -> list[Block]:
    said = safe(incident.alarm_reason, 1000)
    return [plain_section(f"AWS says: {said}")] if said else []


def _ended(view: ReleaseView, incident: Incident, text: str) -> list[Block]:
    done = incident.status is IncidentStatus.ROLLED_BACK
    blocks = [section(f"*{text}* · {author(view)}")]
    if incident.evidence:
        label = "Verified" if done else "What was seen"
        blocks.append(plain_section(f"{label}: {safe(incident.evidence, 1500)}"))
    stage = safe_line(incident.stage or incident.environment, 100)
    if done and incident.rollback_execution:
        blocks.append(context(f"By {execution_of(view, incident.rollback_execution)}"))
    if done:
        hint = f"find the cause, push a fix, then enable the transition into `{stage}` again."
    else:
        hint = (
            f"follow the runbook _rollback needs a human_: look at {execution_link(view)}, roll "
            f"`{stage}` back by hand, and leave its transition disabled until it is well."
        )
    return [*blocks, context(f"*Next:* {hint}")]


def _name(view: ReleaseView) -> str:
    return f"{safe_line(view.service, 60)} {safe_line(view.short_commit)}"


def _reply(key: str, kind: Kind, text: str, blocks: Sequence[Block], *, broadcast: bool) -> Reply:
    return Reply(key=key, kind=kind, message=message(text, blocks), broadcast=broadcast)
