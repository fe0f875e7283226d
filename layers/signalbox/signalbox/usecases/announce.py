"""Keeps the one Slack message of each release true, and writes e-mails where that is not enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.usecases.announce_bypass import announce_bypass
from signalbox.usecases.announce_fault import announce_fault
from signalbox.usecases.announce_hold import announce_hold
from signalbox.usecases.announce_ports import Announcer
from signalbox.usecases.announce_release import announce_release
from signalbox.usecases.announce_sweep import announce_sweep
from signalbox.usecases.whisper import whisper


def announce(bell: Mapping[str, str], ports: Announcer) -> None:
    """Carry out one pending announcement; ``bell`` has its ``subject`` and ``key``.

    Raises SlackUnavailableError so that the queue brings the bell again, until ``PATIENCE`` is at
    an end: then the news goes by e-mail and the effect stays pending, so that ``reconcile`` rings
    again until Slack is back. What Slack refuses for good is mailed, counted, and not tried again.
    """
    effect = ports.effects.effect(bell["subject"], bell["key"], kind=EffectKind.ANNOUNCE)
    if effect is None or effect.status is not EffectStatus.PENDING:
        return
    status = _teller(effect)(effect, ports)
    if status is not EffectStatus.PENDING:
        ports.effects.finish(effect, status)


TELLERS: Mapping[str, Callable[[Effect, Announcer], EffectStatus]] = {
    "sweep": announce_sweep,
    "whisper": whisper,
    "hold": announce_hold,
    "bypass": announce_bypass,
    "fault": announce_fault,
}
"""By the name in the effect's payload; all else is about a release."""


def _teller(effect: Effect) -> Callable[[Effect, Announcer], EffectStatus]:
    named = (TELLERS[name] for name in TELLERS if name in effect.payload)
    return next(named, announce_release)
