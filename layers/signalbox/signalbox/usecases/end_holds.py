"""Ends the holds whose time is over: they held no longer anyway, and now it is said. What windows
hold by themselves is told in the same way.
"""

from __future__ import annotations

from typing import Protocol

from signalbox.domain.holds import HoldSource
from signalbox.usecases.effects_of_holds import HoldNews, hold_news
from signalbox.usecases.tell_windows import TIME, WindowPorts, tell_windows


class EndingPorts(WindowPorts, Protocol):
    """What ending holds asks of the world."""


def end_holds(ports: EndingPorts) -> int:
    """End every standing hold whose time is over; how many. Then tell which windows began to hold
    and which do no more.
    """
    now, ended = ports.clock.now(), 0
    for hold in ports.holds.standing_holds():
        if hold.source is HoldSource.WINDOW or hold.until is None or hold.until > now:
            continue
        ports.audit.append(
            hold.subject, "hold ended", {"by": TIME, "until": hold.until.isoformat()}
        )
        news = hold_news(hold, HoldNews.ENDED, now)
        if ports.holds.end_hold(hold.id, TIME, now, [news]):
            ports.bells.ring(news)
            ended += 1
    tell_windows(ports)
    return ended
