"""The part of a release's message in which people are asked, and told how it ended."""

from __future__ import annotations

import json

from signalbox.domain.gates import Choice, Gate, GateKind, GateStatus, Settlement, Verdict
from signalbox.domain.policy import Excluded, Mode, Quorum
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
from signalbox.notifications.times import clock_time, day_and_time, duration
from signalbox.notifications.view import GateView, ReleaseView, stuck
from signalbox.policies.votes import quorum_of

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
    Settlement.ANSWERED_ELSEWHERE: "⚠️ It was answered outside Signalbox",
    Settlement.GONE: "The approval no longer waited: the release was stopped",
    Settlement.EXPIRED_IN_AWS: "⌛ CodePipeline's own time for it ran out",
    Settlement.MISCONFIGURED: "❌ The approval action itself failed: look at its configuration",
    Settlement.LET_THROUGH: "It has passed the hold; the stage is closed again behind it",
    Settlement.OBSERVED: "Signalbox only observes this pipeline, and did nothing",
}

MARKS: dict[str, str] = {"pass": "✅", "warn": "⚠️", "block": "❌", "ignore": "➖"}
"""By the first word of a line of ``Dossier.checks``."""

HANDS: dict[Choice, tuple[str, str]] = {
    Choice.APPROVE: ("👍", "approved"),
    Choice.REJECT: ("👎", "rejected"),
    Choice.BREAK_GLASS: ("🔨", "broke the glass"),
}

EXCLUSIONS: dict[Excluded, str] = {
    Excluded.AUTHORS: "authors",
    Excluded.COMMITTERS: "committers",
    Excluded.STARTER: "whoever started it",
}


def gate_blocks(view: ReleaseView, each: GateView) -> list[Block]:
    """What the message says about one gate, with buttons while it is open."""
    gate = each.gate
    if gate.status is GateStatus.OPEN and not view.release.is_final:
        buttons = [] if gate.kind is GateKind.OBSERVED else [_buttons(view, gate)]
        return [divider(), *_question(view, each), *_votes(each), *buttons]
    return [divider(), *_answer(view, each), *_votes(each), *_review(gate)]


def _question(view: ReleaseView, each: GateView) -> list[Block]:
    gate, dossier = each.gate, each.gate.dossier
    shown = dossier.artifact_digest.removeprefix("sha256:")[:12] or "unknown"
    return [
        section(_asks(view, gate)),
        *([context(ANEW)] if gate.round > 1 else []),
        *([context(STALE.format(safe_line(gate.newer[:8])))] if gate.newer else []),
        plain_section(changes_told(gate, SHOWN_CHANGES)),
        fields(
            [
                f"*Checks*\n{checks_told(each)}",
                f"*Way back*\n{safe_line(dossier.rollback_readiness)}",
                f"*Revision*\n`{safe_line(dossier.revision[:12] or 'unknown')}`",
                f"*Artifact (SHA-256)*\n`{safe_line(shown)}`",
                *([f"*Image scan*\n{safe_line(dossier.scan)}"] if dossier.scan else []),
            ]
        ),
        *_standing(each),
        context(" · ".join(rules_told(each))),
    ]


ANEW = (
    "🔁 What was shown here has changed (the policy, or what would ship): people are asked anew, "
    "and earlier votes no longer count."
)


STALE = "⏭️ A newer release ({}) waits behind this one, which its policy keeps."


def _asks(view: ReleaseView, gate: Gate) -> str:
    commit, stage = safe_line(view.short_commit), safe_line(gate.stage)
    if gate.kind is GateKind.HOTFIX:
        return f"🚒 *May `{commit}` pass the hold on `{stage}`, as a hotfix?*"
    if gate.kind is GateKind.OBSERVED:
        return f"👁️ *`{commit}` waits for approval at `{stage}`*, and Signalbox only observes here."
    return f"✋ *May `{commit}` go on to the stage after `{stage}`?*"


def rules_told(each: GateView) -> list[str]:
    """What it takes, in few words: how many, from where, who not, until when."""
    gate, policy = each.gate, each.policy
    would = gate.kind is GateKind.OBSERVED and policy.mode is not Mode.ENFORCE
    rules = [f"{'Would need' if would else 'Needs'} {quorum_told(quorum_of(gate, policy))}"]
    if policy.excluded:
        left_out = " and ".join(EXCLUSIONS[one] for one in Excluded if one in policy.excluded)
        rules.append(f"{left_out} may not approve their own change")
    if policy.auto_approve:
        rules.append("approved by itself once every check passes")
    if not would:
        rules.append(f"no answer by {day_and_time(gate.expires_at)} means no")
    return rules


def quorum_told(quorum: Quorum) -> str:
    """``2 approvals of sre or product, one each of sre and product``."""
    needed = max(1, quorum.approvals)
    told = f"{needed} approval{'s' * (needed > 1)}"
    if quorum.groups:
        told += f" of {safe_line(' or '.join(quorum.groups), 200)}"
    if quorum.one_from_each:
        told += f", one each of {safe_line(' and '.join(quorum.one_from_each), 200)}"
    return told


def _standing(each: GateView) -> list[Block]:
    """How far it is: the votes as they are now, and what else it waits for."""
    told = [each.weighed.told] if each.gate.votes else []
    told += [line for line in each.gate.standing if " of " not in line or "approvals" not in line]
    if not told or each.gate.kind is GateKind.OBSERVED:
        return []
    return [section("*Waits for:* " + "; ".join(safe_line(one, 200) for one in told))]


def changes_told(gate: Gate, most: int) -> str:
    """The commits since the last good release, newest first, made safe."""
    changes, since = gate.dossier.changes, gate.dossier.last_good_revision[:7]
    if not changes:
        return "The build listed no commits since the last good release."
    after = f"since {since}, the last good release" if since else "and no good release before"
    if since and gate.dossier.last_good_at:
        after += f" ({duration(gate.dossier.last_good_at, gate.opened_at)} ago)"
    lines = [f"{len(changes)} commit{'s' * (len(changes) > 1)} {after}:"]
    for change in changes[:most]:
        author = change.author_name or change.author_email or "unknown author"
        lines.append(f"• {change.id[:7]} {_line(author, 60)}: {_line(change.subject, 120)}")
    if len(changes) > most:
        lines.append(f"… and {len(changes) - most} more")
    if changes[-1].breaks_off:
        lines.append("… and more that the build has not listed")
    return safe("\n".join(lines))


def checks_told(each: GateView) -> str:
    """What each check of the policy found when the gate was shown, one a line."""
    lines = (line.partition(" ") for line in each.gate.dossier.checks)
    told = [f"{MARKS.get(word, '•')} {safe_line(why, 200)}" for word, _, why in lines]
    return "\n".join(told) or "none is asked for"


def _line(text: str, limit: int) -> str:
    return plain_line(text, limit)


def votes_told(each: GateView) -> str:
    """Who voted what and when, and whose vote does not count, one a line."""
    lines = []
    for one in each.weighed.counted:
        hand, word = HANDS[one.vote.choice]
        name = safe_line(one.vote.name, 80)
        lines.append(f"{hand} {name} {word} {clock_time(one.vote.at)}")
    lines += [
        f"🚫 {safe_line(refused.vote.name, 80)}'s vote does not count: "
        f"{safe_line(refused.why, 150)}"
        for refused in each.weighed.refused
    ]
    kept = lines[:SHOWN_VOTES]
    more = [f"… and {len(lines) - len(kept)} more"] if len(lines) > len(kept) else []
    return "\n".join([*kept, *more])


def _votes(each: GateView) -> list[Block]:
    told = votes_told(each)
    return [context(told)] if told else []


def _buttons(view: ReleaseView, gate: Gate) -> Block:
    question = confirm(
        "Approve this release?",
        safe(f"{view.short_commit} of {view.service} goes on after {gate.stage}.", 300),
        "Approve",
        "Not yet",
    )
    return actions(
        f"gate:{gate.id}",
        [
            button("approve_gate", "Approve", _value(gate), style="primary", confirm=question),
            button("reject_gate", "Reject", _value(gate), style="danger"),
        ],
    )


def _value(gate: Gate) -> str:
    return json.dumps({"gate": gate.id, "digest": gate.shown_digest}, separators=(",", ":"))


def _review(gate: Gate) -> list[Block]:
    """A broken glass is looked at afterwards, by somebody else."""
    if not gate.broken_glass:
        return []
    if gate.reviewed_by:
        return [context(f"🔎 The broken glass was reviewed by {safe_line(gate.reviewed_by, 100)}")]
    asked = section("🔨 *The glass was broken here.* Somebody else must look at it and say so.")
    pressed = button("review_gate", "I have reviewed it", _value(gate), style="primary")
    return [asked, actions(f"gate:{gate.id}", [pressed])]


def _answer(view: ReleaseView, each: GateView) -> list[Block]:
    gate = each.gate
    if gate.verdict is None:
        return [section(f"⏹️ *The release ended before anybody decided* at `{_stage(gate)}`")]
    line = f"{VERDICTS[gate.verdict]} at `{_stage(gate)}` {clock_time(gate.decided_at)}"
    blocks = [section(line)]
    if gate.reason and (gate.verdict is not Verdict.APPROVED or gate.broken_glass):
        blocks.append(plain_section(safe(gate.reason, 1000)))
    if stuck(view, gate):
        blocks.append(section("🚨 *A human is needed:* " + safe_line(view.failure, 600)))
    elif gate.status is GateStatus.SETTLED:
        blocks.append(context(settlement_told(gate)))
        blocks += [section(BYPASS)] if is_bypass(each) else []
    return blocks


BYPASS = "⚠️ *The policy was bypassed:* nobody answered here what it asks for."


def is_bypass(each: GateView) -> bool:
    """Whether an approval came from outside although the policy decides here."""
    outside = each.gate.settlement == Settlement.ANSWERED_ELSEWHERE
    return outside and each.gate.kind is GateKind.APPROVAL and each.policy.mode is Mode.ENFORCE


def settlement_told(gate: Gate) -> str:
    """What came of handing the verdict to CodePipeline."""
    known = gate.settlement in Settlement.__members__
    told = SETTLEMENTS[Settlement(gate.settlement)] if known else safe_line(gate.settlement)
    return f"{told}, by `{safe_line(gate.decided_by, 200)}`" if gate.decided_by else told


def _stage(gate: Gate) -> str:
    return safe_line(gate.stage, 100)
