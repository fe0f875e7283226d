"""Posts a message that is no release's: once in each channel, never edited."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.usecases.announce_ports import (
    SILENT,
    Announcer,
    code_of,
    raise_while_patient,
    take_turn,
)


def announce_to_channels(
    effect: Effect,
    channels: Iterable[str],
    message: Mapping[str, Any],
    what: str,
    ports: Announcer,
) -> EffectStatus:
    """Post it, audited as ``what``; REFUSED where a channel did not take it, DONE otherwise.

    A channel that has it does not get it again. Raises SlackUnavailableError while Slack's silence
    may pass: the queue brings the bell again.
    """
    status = EffectStatus.DONE
    for channel in channels:
        posted = _posted(effect, channel)
        if ports.effects.effect(posted.subject, posted.key, kind=posted.kind) is not None:
            continue
        try:
            take_turn(channel, ports)
            ports.audit.append(effect.subject, what, {"channel": channel, "key": effect.key})
            ports.messenger.post(channel, message)
        except SILENT as error:
            raise_while_patient(error, effect.created_at, ports)
            ports.counters.count("SlackRefused" if code_of(error) != "no answer" else "SlackSilent")
            status = EffectStatus.REFUSED
        else:
            ports.effects.add([posted])
    return status


def _posted(effect: Effect, channel: str) -> Effect:
    """What remembers that a channel has it."""
    which = hashlib.sha256(f"{effect.key}\n{channel}".encode()).hexdigest()[:32]
    return Effect(
        kind=EffectKind.ANNOUNCE,
        subject=effect.subject,
        key=f"posted-{which}",
        created_at=effect.created_at,
        status=EffectStatus.DONE,
    )
