"""What a slash command answers, to the one who typed it: markup of ours around strangers' words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from signalbox.domain.gates import Choice, Gate, GateKind, GateStatus
from signalbox.notifications.stage_lines import hold_line, indented, stage_lines, until_words
from signalbox.notifications.text import MARK, safe_line
from signalbox.notifications.times import day_and_time

if TYPE_CHECKING:
    from signalbox.domain.held_stages import HeldStage
    from signalbox.domain.holds import Hold, Scope

LISTED = 15
LIMIT = 3000
SHORTLY = 2
"""Lines about why one stage is closed, where there may be many stages."""

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
`/signalbox status` what waits for you, what else waits, what is held, and which stages are closed
`/signalbox why hello` why it waits, who said what, and what holds it
    (a pipeline, `hello/Production`, a commit, or a gate's id)
`/signalbox approve hello` · `reject hello` (or `hello@4f1c2d3`) in a window that shows it first
`/signalbox hold env:production 2h load test` · `hold hello/Production until 2026-12-31 holidays`
    what: `everything`, `env:NAME`, `PIPELINE` or `PIPELINE/STAGE`; without a time, until released
`/signalbox release env:production` ends the holds on it
`/signalbox release hello@4f1c2d3 hotfix payments are down` asks to let one release through a hold
`/signalbox break-glass hello` approves alone in an emergency, with a reason and a ticket"""


def help_answer(complaint: str = "") -> str:
    """How to give commands, after what was not understood, if anything was."""
    return f"{safe_line(complaint)}\n\n{HELP}" if complaint else HELP


def status_answer(
    mine: Sequence[Gate],
    others: Sequence[Gate],
    holds: Sequence[Hold],
    stages: Sequence[HeldStage] = (),
) -> str:
    """What waits for the one who asks first, then the rest; no part crowds out another."""
    parts = [["*Waiting for you*", *(_listed(mine) or ["Nothing."])]]
    if others:
        parts.append(["*Waiting for others*", *_listed(others)])
    if holds:
        parts.append(["*Held*", *map(hold_line, holds[:LISTED]), *_more(holds)])
    if stages:
        parts.append(["*Closed stages*", *_stages(stages, SHORTLY)])
    return _fit_together(parts)


def why_answer(name: str, found: Sequence[Gate], stages: Sequence[HeldStage] = ()) -> str:
    """What each gate that was meant waits for, and what people said about it; then what keeps the
    stages closed that were meant, until when, and what else they wait for.
    """
    if not found and not stages:
        return nothing_answer(name)
    lines = _stages(stages, LISTED)
    for gate in found[:LISTED]:
        lines += [_gate(gate), *_state(gate), *map(indented, gate.standing or gate.dossier.checks)]
        lines += [indented(_vote(gate, n)) for n in range(len(gate.votes))]
        lines += [indented(line) for line in gate.denied]
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
        f"Taken: hold `{safe_line(scope.key, 200)}` {until_words(until)}, because "
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


def _stages(stages: Sequence[HeldStage], most: int) -> list[str]:
    shown = [line for stage in stages[:LISTED] for line in stage_lines(stage, most)]
    return [*shown, *_more(stages)]


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
    return [indented(f"{gate.verdict.value.replace('_', ' ').lower()}: {gate.reason or 'settled'}")]


def _vote(gate: Gate, number: int) -> str:
    vote = gate.votes[number]
    why = f": {vote.reason}" if vote.reason else ""
    stale = " (about what was shown before)" if vote.shown_digest != gate.shown_digest else ""
    return f"{vote.name} {SAID[vote.choice]}{stale}{why}"


def _fit_together(parts: Sequence[Sequence[str]]) -> str:
    """Parts with a blank line between them; the short ones leave their room to the long ones."""
    fitted: dict[int, str] = {}
    room = LIMIT - 2 * (len(parts) - 1)
    for place in sorted(range(len(parts)), key=lambda one: sum(map(len, parts[one]))):
        fitted[place] = _fit(parts[place], room // (len(parts) - len(fitted)))
        room -= len(fitted[place])
    return "\n\n".join(fitted[place] for place in range(len(parts)))


def _fit(lines: Sequence[str], limit: int = LIMIT) -> str:
    """As many whole lines as fit."""
    kept: list[str] = []
    room = limit - len(MARK) - 1
    for line in lines:
        if len(line) + 1 > room:
            kept.append(MARK)
            break
        kept.append(line)
        room -= len(line) + 1
    return "\n".join(kept)
