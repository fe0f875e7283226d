"""The part of a release's message in which people are asked, and told how it ended."""

from __future__ import annotations

import json

from signalbox.domain.gates import Choice, Gate, GateStatus, Settlement, Verdict
from signalbox.notifications.blocks import (
    Block,
    actions,
    button,
    confirm,
    context,
    divider,
    fields,
    plain_section,
    section,
)
from signalbox.notifications.text import plain_line, safe, safe_line
from signalbox.notifications.times import clock_time, day_and_time
from signalbox.notifications.view import GateView, ReleaseView, stuck
from signalbox.policies.outcome import Outcome

SHOWN_CHANGES = 8
SHOWN_VOTES = 10

VERDICTS: dict[Verdict, str] = {
    Verdict.APPROVED: "✅ *Approved*",
    Verdict.REJECTED: "⛔ *Rejected*",
    Verdict.EXPIRED: "⌛ *Nobody answered in time*, which means no",
    Verdict.SUPERSEDED: "⏭️ *A newer release took its place*",
    Verdict.DECIDED_ELSEWHERE: "↗️ *Decided outside Signalbox*",
}

SETTLEMENTS: dict[Settlement, str] = {
    Settlement.APPROVED: "CodePipeline took the approval",
    Settlement.REJECTED: "CodePipeline took the rejection",
    Settlement.CHANGED: "⚠️ Rejected after all: what would ship is not what was shown",
    Settlement.ANSWERED_ELSEWHERE: "⚠️ It had been answered outside Signalbox already",
    Settlement.GONE: "The approval no longer waited: the execution was stopped or ran out of time",
}

MARKS: dict[Outcome, str] = {Outcome.PASS: "✅", Outcome.WARN: "⚠️", Outcome.FAIL: "❌"}


def gate_blocks(view: ReleaseView, each: GateView) -> list[Block]:
    """What the message says about one gate, with buttons while it is open."""
    gate = each.gate
    if gate.status is GateStatus.OPEN and not view.release.is_final:
        return [divider(), *_question(view, each), *_votes(each), _buttons(view, gate)]
    return [divider(), *_answer(view, each), *_votes(each)]


def _question(view: ReleaseView, each: GateView) -> list[Block]:
    gate, dossier = each.gate, each.gate.dossier
    needed = max(1, view.policy.approvals)
    rules = [f"Needs {needed} approval{'s' * (needed > 1)}"]
    if view.policy.exclude_author:
        rules.append("authors may not approve their own change")
    rules.append(f"no answer by {day_and_time(gate.expires_at)} means no")
    shown = dossier.artifact_digest.removeprefix("sha256:")[:12] or "unknown"
    return [
        section(f"✋ *May `{safe_line(view.short_commit)}` go on to the stage after "
                f"`{safe_line(gate.stage)}`?*"),
        plain_section(changes_told(gate, SHOWN_CHANGES)),
        fields(
            [
                f"*Checks*\n{checks_told(each)}",
                f"*Way back*\n{safe_line(dossier.rollback_readiness)}",
                f"*Revision*\n`{safe_line(dossier.revision[:12] or 'unknown')}`",
                f"*Artifact (SHA-256)*\n`{safe_line(shown)}`",
            ]
        ),
        context(" · ".join(rules)),
    ]  # fmt: skip


def changes_told(gate: Gate, most: int) -> str:
    """The commits since the last good release, newest first, made safe."""
    changes, since = gate.dossier.changes, gate.dossier.last_good_revision[:7]
    if not changes:
        return "The build listed no commits since the last good release."
    after = f"since {since}, the last good release" if since else "and no good release before"
    lines = [f"{len(changes)} commit{'s' * (len(changes) > 1)} {after}:"]
    for change in changes[:most]:
        author = change.author_name or change.author_email or "unknown author"
        lines.append(f"• {change.id[:7]} {_line(author, 60)}: {_line(change.subject, 120)}")
    if len(changes) > most:
        lines.append(f"… and {len(changes) - most} more")
    return safe("\n".join(lines))


def checks_told(each: GateView) -> str:
    """What each check of the policy says, one a line."""
    findings = each.judgement.findings[1:]
    return "\n".join(f"{MARKS[one.outcome]} {safe_line(one.why)}" for one in findings)


def _line(text: str, limit: int) -> str:
    return plain_line(text, limit)


def votes_told(each: GateView) -> str:
    """Who voted what and when, and whose vote does not count, one a line."""
    lines = [
        f"{'👍' if vote.choice is Choice.APPROVE else '👎'} {safe_line(vote.name, 80)} "
        f"{'approved' if vote.choice is Choice.APPROVE else 'rejected'} {clock_time(vote.at)}"
        for vote in each.judgement.counted
    ] + [
        f"🚫 {safe_line(refused.vote.name, 80)}'s vote does not count: "
        f"{safe_line(refused.why, 150)}"
        for refused in each.judgement.refused
    ]
    kept = lines[:SHOWN_VOTES]
    more = [f"… and {len(lines) - len(kept)} more"] if len(lines) > len(kept) else []
    return "\n".join([*kept, *more])


def _votes(each: GateView) -> list[Block]:
    told = votes_told(each)
    return [context(told)] if told else []


def _buttons(view: ReleaseView, gate: Gate) -> Block:
    value = json.dumps({"gate": gate.id, "digest": gate.shown_digest}, separators=(",", ":"))
    question = confirm(
        "Approve this release?",
        safe(f"{view.short_commit} of {view.service} goes on after {gate.stage}.", 300),
        "Approve",
        "Not yet",
    )
    return actions(
        f"gate:{gate.id}",
        [
            button("approve_gate", "Approve", value, style="primary", confirm=question),
            button("reject_gate", "Reject", value, style="danger"),
        ],
    )


def _answer(view: ReleaseView, each: GateView) -> list[Block]:
    gate = each.gate
    if gate.verdict is None:
        return [section(f"⏹️ *The release ended before anybody decided* at `{_stage(gate)}`")]
    line = f"{VERDICTS[gate.verdict]} at `{_stage(gate)}` {clock_time(gate.decided_at)}"
    blocks = [section(line)]
    if gate.reason and gate.verdict is not Verdict.APPROVED:
        blocks.append(plain_section(safe(gate.reason, 1000)))
    if stuck(view, gate):
        blocks.append(section("🚨 *A human is needed:* " + safe_line(view.failure, 600)))
    elif gate.status is GateStatus.SETTLED:
        blocks.append(context(settlement_told(gate)))
    return blocks


def settlement_told(gate: Gate) -> str:
    """What came of handing the verdict to CodePipeline."""
    known = gate.settlement in Settlement.__members__
    return SETTLEMENTS[Settlement(gate.settlement)] if known else safe_line(gate.settlement)


def _stage(gate: Gate) -> str:
    return safe_line(gate.stage, 100)
