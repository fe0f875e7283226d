"""Tells of windows as of people's holds: once when one begins to hold, and once when it is over.

Each span is a hold of the ledger (domain/spans.py), one for all pipelines whose policies have the
window, so that each channel hears of it once; writing it and ending it are what decides.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Protocol

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import SignalboxError
from signalbox.domain.holds import Hold, HoldSource
from signalbox.domain.spans import noted_id, span_of
from signalbox.domain.windows import HoldWindow
from signalbox.usecases.effects_of_holds import HoldNews, window_news
from signalbox.usecases.needs import HasAudit, HasBells, HasEffects
from signalbox.usecases.see_windows import SeeingPorts, Windows, see_windows
from signalbox.usecases.tell_once import tell_once

LOG = logging.getLogger(__name__)
TIME = "time"
"""Who has ended a hold that nobody released."""

CHANGED = "policy or calendar"
"""Who has ended a window that would hold still: whoever changed what it is read from."""


class WindowPorts(SeeingPorts, HasEffects, HasAudit, HasBells, Protocol):
    """What telling of windows asks of the world."""


def tell_windows(ports: WindowPorts) -> None:
    """Begin the spans that are not in the ledger yet, and end those that hold nothing any more.

    One that fails keeps no other from being told; the first error is raised in the end.
    """
    seen = see_windows(ports)
    standing = [one for one in ports.holds.standing_holds() if one.source is HoldSource.WINDOW]
    spans = {window: _span(window, hold, standing, ports) for window, hold in seen.in_force.items()}
    going_on, failed = {span.id for span in spans.values()}, list[SignalboxError]()
    for span in standing:
        if span.id not in going_on:
            with _noting(failed, span):
                _end(span, seen, ports)
    for window, span in spans.items():
        with _noting(failed, span):
            _tell_of(span, seen.pipelines[window], seen, ports)
    if failed:
        raise failed[0]


@contextmanager
def _noting(failed: list[SignalboxError], span: Hold) -> Iterator[None]:
    try:
        yield
    except SignalboxError as error:
        LOG.error("cannot tell of the window %s: %s", span.id, error)
        failed.append(error)


def _span(window: HoldWindow, hold: Hold, standing: Sequence[Hold], ports: WindowPorts) -> Hold:
    """The span of a window in force: by its beginning where that is known. Where it is not, as of a
    calendar, the span that stands goes on, and else the next one begins.
    """
    what = ", ".join((*window.environments, *window.stages)) or "every environment"
    if window.window.cron or window.window.since:
        return span_of(hold, _moment(hold.since), what)
    known = (one for one in standing if noted_id(one) == hold.id)
    return next(known, None) or next(_not_over(hold, what, ports))


def _not_over(hold: Hold, what: str, ports: WindowPorts) -> Iterator[Hold]:
    """Names for a span of which nobody knows since when: the first that no ended span has."""
    token = _moment(hold.until) if hold.until else f"{ports.clock.now():%Y-%m-%d}"
    for number in count(1):
        span = span_of(hold, f"{token}/{number}", what)
        there = ports.holds.hold(span.id)
        if there is None or there.ended_at is None:
            yield span


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _tell_of(span: Hold, held: Set[str], seen: Windows, ports: WindowPorts) -> None:
    """Begin it; and where it began before, tell of the pipelines that it holds by now or no more:
    their policies were changed meanwhile.
    """
    now = ports.clock.now()
    known = ports.holds.hold(span.id)
    if known is None:
        _note(span, "hold placed", held, ports)
        news = window_news(span, HoldNews.STARTED, held, now)
        if ports.holds.add_hold(span, [news]):
            ports.bells.ring(news)
    elif known.ended_at is None:
        told = _told_first(span, ports)
        for pipeline in sorted(held - told):
            _tell_alone(span, HoldNews.STARTED, pipeline, ports)
        for pipeline in sorted((told & seen.registered) - held - seen.unknown):
            _tell_alone(span, HoldNews.ENDED, pipeline, ports)


def _end(span: Hold, seen: Windows, ports: WindowPorts) -> None:
    """End it for all who heard that it began, unless nobody can say whether it holds them still."""
    first, now = _told_first(span, ports), ports.clock.now()
    if first & seen.unknown:
        return
    later = {
        one for one in seen.registered - first if _was_told(span, HoldNews.STARTED, one, ports)
    }
    left = {one for one in first if _was_told(span, HoldNews.ENDED, one, ports)}
    told = (first | later) - left
    by = TIME if span.until is not None and span.until <= now else CHANGED
    _note(span, "hold ended", told, ports, by=by)
    news = [window_news(span, HoldNews.ENDED, told, now)] if told else []
    if ports.holds.end_hold(span.id, by, now, news):
        for one in news:
            ports.bells.ring(one)


def _told_first(span: Hold, ports: WindowPorts) -> set[str]:
    """The pipelines whose channels heard of it when it began."""
    key = window_news(span, HoldNews.STARTED, (), ports.clock.now()).key
    told = ports.effects.effect(span.subject, key, kind=EffectKind.ANNOUNCE)
    return set(told.payload["pipelines"]) if told else set()


def _tell_alone(span: Hold, news: HoldNews, pipeline: str, ports: WindowPorts) -> None:
    if not _was_told(span, news, pipeline, ports):
        what = "hold placed" if news is HoldNews.STARTED else "hold ended"
        _note(span, what, {pipeline}, ports)
        tell_once(_alone(span, news, pipeline, ports), ports)


def _was_told(span: Hold, news: HoldNews, pipeline: str, ports: WindowPorts) -> bool:
    key = _alone(span, news, pipeline, ports).key
    return ports.effects.effect(span.subject, key, kind=EffectKind.ANNOUNCE) is not None


def _alone(span: Hold, news: HoldNews, pipeline: str, ports: WindowPorts) -> Effect:
    return window_news(span, news, [pipeline], ports.clock.now(), alone=pipeline)


def _note(span: Hold, what: str, pipelines: Set[str], ports: WindowPorts, **more: str) -> None:
    details = {
        "scope": span.scope.stage,
        "reason": span.reason,
        "until": span.until.isoformat() if span.until else None,
        "pipelines": len(pipelines),
        **({"pipeline": min(pipelines)} if len(pipelines) == 1 else {}),
        **more,
    }
    ports.audit.append(span.subject, what, details)
