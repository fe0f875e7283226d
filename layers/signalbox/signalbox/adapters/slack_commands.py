"""Answers ``/signalbox``: reads the ledger, or writes a command, or opens a modal that votes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.errors import UnknownNameError
from signalbox.domain.gates import Choice, Gate, GateKind
from signalbox.domain.holds import Scope
from signalbox.events.slack_words import (
    HelpWish,
    HoldWish,
    HotfixWish,
    ReleaseWish,
    StatusWish,
    VoteWish,
    WhyWish,
    Wish,
    parse_words,
)
from signalbox.notifications.answers import (
    held_answer,
    help_answer,
    hotfix_answer,
    nothing_answer,
    released_answer,
    status_answer,
    which_answer,
    why_answer,
)
from signalbox.notifications.modals import approve_modal, break_glass_modal, reject_modal
from signalbox.usecases.names import (
    gates_named,
    open_gates,
    pipeline_named,
    release_named,
    scope_named,
)
from signalbox.usecases.read_status import read_status
from signalbox.usecases.read_why import read_why, read_why_held
from signalbox.usecases.take_command import take_command

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signalbox.adapters.slack_ports import EndpointPorts
    from signalbox.events.slack import CommandTyped

ALREADY = "This was handled already."
OBSERVED = "Signalbox only observes this pipeline: approve it in CodePipeline."
MODALS: dict[Choice, Callable[[Gate], Mapping[str, Any]]] = {
    Choice.APPROVE: approve_modal,
    Choice.REJECT: reject_modal,
    Choice.BREAK_GLASS: break_glass_modal,
}


def answer_command(typed: CommandTyped, request: str, ports: EndpointPorts) -> str:
    """What the person reads; empty where a modal was opened instead.

    ``request`` is the digest of the signed request: the id of the command, so that the same bytes
    are one command. Raises SlackRefusedError or its passing kin where the modal does not open.
    """
    try:
        return _answer(parse_words(typed.text, ports.clock.now()), typed, request, ports)
    except UnknownNameError as unknown:
        return help_answer(str(unknown))


def _answer(wish: Wish, typed: CommandTyped, request: str, ports: EndpointPorts) -> str:
    match wish:
        case HelpWish():
            return help_answer(wish.complaint)
        case StatusWish():
            status = read_status(
                typed.voter.user, gates=ports.gates, holds=ports.holds, clock=ports.clock
            )
            return status_answer(status.mine, status.others, status.holds, status.stages)
        case WhyWish():
            return _why(wish, ports)
        case VoteWish():
            return _open(wish, typed, ports)
        case HotfixWish():
            return _hotfix(wish, typed, request, ports)
        case HoldWish() | ReleaseWish():
            return _scoped(wish, typed, request, ports)


def _why(wish: WhyWish, ports: EndpointPorts) -> str:
    found = read_why(wish.name, gates=ports.gates)
    held = read_why_held(
        wish.name, found, holds=ports.holds, releases=ports.noted, clock=ports.clock
    )
    return why_answer(wish.name, found, held)


def _open(wish: VoteWish, typed: CommandTyped, ports: EndpointPorts) -> str:
    found = gates_named(wish.name, open_gates(ports.gates))
    waiting = [gate for gate in found if gate.kind is not GateKind.OBSERVED]
    if len(waiting) > 1:
        return which_answer(wish.name, waiting)
    if not waiting:
        return OBSERVED if found else nothing_answer(wish.name)
    ports.modals.open(typed.trigger_id, MODALS[wish.choice](waiting[0]))
    return ""


def _scoped(
    wish: HoldWish | ReleaseWish, typed: CommandTyped, request: str, ports: EndpointPorts
) -> str:
    scope = scope_named(wish.scope, here=ports.here, gates=ports.gates, holds=ports.holds)
    if isinstance(wish, ReleaseWish):
        command = _command(CommandKind.RELEASE, wish.reason, typed, request, ports, scope=scope)
        return released_answer(scope) if _take(command, ports) else ALREADY
    until: datetime | None = wish.until
    command = _command(
        CommandKind.HOLD, wish.reason, typed, request, ports, scope=scope, until=until
    )
    return held_answer(scope, until, command.reason) if _take(command, ports) else ALREADY


def _hotfix(wish: HotfixWish, typed: CommandTyped, request: str, ports: EndpointPorts) -> str:
    pipeline = pipeline_named(wish.name, here=ports.here, gates=ports.gates, holds=ports.holds)
    release = release_named(pipeline, wish.which, releases=ports.noted).key
    command = _command(CommandKind.HOTFIX, wish.reason, typed, request, ports, release=release)
    return hotfix_answer(release) if _take(command, ports) else ALREADY


def _command(
    kind: CommandKind,
    reason: str,
    typed: CommandTyped,
    request: str,
    ports: EndpointPorts,
    *,
    scope: Scope | None = None,
    release: str = "",
    until: datetime | None = None,
) -> Command:
    return Command(
        id=request,
        kind=kind,
        principal=typed.voter.principal,
        name=typed.voter.called,
        at=ports.clock.now(),
        scope=scope,
        release=release,
        until=until,
        reason=reason,
        channel=typed.channel,
        user=typed.voter.user,
    )


def _take(command: Command, ports: EndpointPorts) -> bool:
    return take_command(command, commands=ports.commands, bells=ports.bells)
