"""What a slash command answers, to the one who typed it: markup of ours around strangers' words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from signalbox.domain.gates import Choice, Gate, GateKind, GateStatus
from signalbox.notifications.text import MARK, safe_line
from signalbox.notifications.times import day_and_time

if TYPE_CHECKING:
    from signalbox.domain.holds import Hold, Scope

LISTED = 15
LIMIT = 3000
SAID = {
    Choice.APPROVE: "approved",
    Choice.REJECT: "rejected",
    Choice.BREAK_GLASS: "broke the glass",
}
KINDS = {
    GateKind.APPROVAL: "may it go on?",
    GateKind.HOTFIX: "may it pass the hold?",
    GateKind.OBSERVED: "only observed",
}
HELP = """\
`/signalbox status` what waits for you, what else waits, and what is held
`/signalbox why hello` why it waits, and who said what (a pipeline, a commit, or a gate's id)
`/signalbox approve hello` · `reject hello` (or `hello@4f1c2d3`) in a window that shows it first
`/signalbox hold env:production 2h load test` · `hold hello/Production until 2026-12-31 holidays`
    what: `everything`, `env:NAME`, `PIPELINE` or `PIPELINE/STAGE`; without a time, until released
`/signalbox release env:production` ends the holds on it
`/signalbox release hello@4f1c2d3 hotfix payments are down` asks to let one release through a hold
`/signalbox break-glass hello` approves alone in an emergency, with a reason and a ticket"""


def help_answer(complaint: str = "") -> str:
    """How to give commands, after what was not understood, if anything was."""
    return f"{safe_line(complaint)}\n\n{HELP}" if complaint else HELP


def status_answer(mine: Sequence[Gate], others: Sequence[Gate], holds: Sequence[Hold]) -> str:
    """What waits for the one who asks first, then the rest."""
    lines = ["*Waiting for you*", *(_listed(mine) or ["Nothing."])]
    if others:
        lines += ["", "*Waiting for others*", *_listed(others)]
    if holds:
        lines += ["", "*Held*", *map(_hold, holds[:LISTED]), *_more(holds)]
    return _fit(lines)


def why_answer(name: str, found: Sequence[Gate]) -> str:
    """What each gate that was meant waits for, and what people said about it."""
    if not found:
        return nothing_answer(name)
    lines: list[str] = []
    for gate in found[:LISTED]:
        lines += [_gate(gate), *_state(gate), *map(_indented, gate.standing or gate.dossier.checks)]
        lines += [_indented(_vote(gate, n)) for n in range(len(gate.votes))]
        lines += [_indented(line) for line in gate.denied]
    return _fit([*lines, *_more(found)])


def nothing_answer(name: str) -> str:
    """No gate is meant."""
    called = safe_line(name, 100)
    return f"Nothing that waits is called “{called}”. `/signalbox status` says what does."


def which_answer(name: str, found: Sequence[Gate]) -> str:
    """More than one gate is meant: what there is to choose from."""
    called = safe_line(name, 100)
    choose = f"“{called}” may mean any of these. Name one by its commit or its id:"
    return _fit([choose, *_listed(found)])


def held_answer(scope: Scope, until: datetime | None, reason: str) -> str:
    """A hold was asked for."""
    return (
        f"Taken: hold `{safe_line(scope.key, 200)}` {_until(until)}, because "
        f"“{safe_line(reason)}”. You will read here what comes of it."
    )


def released_answer(scope: Scope) -> str:
    """The end of holds was asked for."""
    return f"Taken: release `{safe_line(scope.key, 200)}`. You will read here what comes of it."


def hotfix_answer(release: str) -> str:
    """A passage through a hold was asked for."""
    return (
        f"Taken: people will be asked to let `{safe_line(release, 200)}` through the hold. "
        "You will read here what comes of it."
    )


def _listed(gates: Sequence[Gate]) -> list[str]:
    return [*map(_gate, gates[:LISTED]), *_more(gates)]


def _more(things: Sequence[object]) -> list[str]:
    return [f"{MARK} and {len(things) - LISTED} more"] if len(things) > LISTED else []


def _gate(gate: Gate) -> str:
    pipeline = safe_line(gate.release.pipeline.name, 100)
    commit = safe_line(gate.dossier.revision[:7] or gate.release.execution[:8])
    until = f" · until {day_and_time(gate.expires_at)}" if gate.status is GateStatus.OPEN else ""
    return (
        f"• *{pipeline}* `{safe_line(gate.stage, 100)}` `{commit}` · {KINDS[gate.kind]}{until}"
        f" · gate `{safe_line(gate.id[:12])}`"
    )


def _state(gate: Gate) -> list[str]:
    if gate.status is GateStatus.OPEN or gate.verdict is None:
        return []
    return [
        _indented(f"{gate.verdict.value.replace('_', ' ').lower()}: {gate.reason or 'settled'}")
    ]


def _vote(gate: Gate, number: int) -> str:
    vote = gate.votes[number]
    why = f": {vote.reason}" if vote.reason else ""
    stale = " (about what was shown before)" if vote.shown_digest != gate.shown_digest else ""
    return f"{vote.name} {SAID[vote.choice]}{stale}{why}"


def _indented(line: str) -> str:
    return f"    {safe_line(line, 300)}"


def _hold(hold: Hold) -> str:
    return (
        f"• `{safe_line(hold.scope.key, 200)}` {_until(hold.until)}, "
        f"by {safe_line(hold.owner, 80)}: {safe_line(hold.reason, 200)}"
    )


def _until(until: datetime | None) -> str:
    """With its year: people mean the next one in December."""
    if until is None:
        return "until somebody releases it"
    return f"until {until.astimezone(UTC).strftime('%d %b %Y %H:%M UTC')}"


def _fit(lines: Sequence[str]) -> str:
    """As many whole lines as Slack shows."""
    kept: list[str] = []
    room = LIMIT - len(MARK) - 1
    for line in lines:
        if len(line) + 1 > room:
            kept.append(MARK)
            break
        kept.append(line)
        room -= len(line) + 1
    return "\n".join(kept)
