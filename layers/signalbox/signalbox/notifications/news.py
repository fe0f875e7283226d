"""What a release's story amounts to as news: the sort that routes pick by."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox.domain.services import Environment
from signalbox.notifications.routes import Kind, News, Severity
from signalbox.notifications.view import Headline, ReleaseView, headline

SORTS: dict[Headline, tuple[Kind, Severity]] = {
    Headline.RUNNING: (Kind.PROGRESS, Severity.INFO),
    Headline.RESUMED: (Kind.PROGRESS, Severity.INFO),
    Headline.STOPPING: (Kind.PROGRESS, Severity.WARNING),
    Headline.STOPPED: (Kind.PROGRESS, Severity.WARNING),
    Headline.CANCELED: (Kind.PROGRESS, Severity.INFO),
    Headline.SUPERSEDED: (Kind.PROGRESS, Severity.INFO),
    Headline.FAILED: (Kind.FAILURE, Severity.ERROR),
    Headline.RELEASED: (Kind.RELEASED, Severity.INFO),
    Headline.UNKNOWN: (Kind.PROGRESS, Severity.WARNING),
    Headline.WAITING: (Kind.APPROVAL, Severity.INFO),
    Headline.REJECTED: (Kind.APPROVAL, Severity.WARNING),
    Headline.ALARM: (Kind.ROLLBACK, Severity.WARNING),
    Headline.ROLLING_BACK: (Kind.ROLLBACK, Severity.WARNING),
    Headline.ROLLED_BACK: (Kind.ROLLBACK, Severity.ERROR),
    Headline.NEEDS_A_HUMAN: (Kind.OPERATIONS, Severity.ERROR),
}


def latest_news(view: ReleaseView, environments: Sequence[Environment]) -> News:
    """What there is to say now. ``environments`` are the service's, in the pipeline's order."""
    word = headline(view)
    kind, severity = SORTS[word]
    return News(
        pipeline=view.release.id.pipeline.name,
        kind=kind,
        severity=severity,
        environment=_concerned(view, kind, environments),
    )


def news_so_far(view: ReleaseView, environments: Sequence[Environment]) -> tuple[News, ...]:
    """Everything a release had to say by now: that it runs, where it came to, and the latest.

    Its message stands wherever any of that is routed, whichever part was heard of first.
    """
    reached = ["", *(one.name for one in environments if one.stage in _begun(view))]
    progress = (
        News(
            pipeline=view.release.id.pipeline.name,
            kind=Kind.PROGRESS,
            severity=Severity.INFO,
            environment=name,
        )
        for name in reached
    )
    return (*progress, latest_news(view, environments))


def _concerned(view: ReleaseView, kind: Kind, environments: Sequence[Environment]) -> str:
    """An incident's own; the next one where approval is asked; else the last that was reached."""
    if view.incidents:
        return view.incidents[-1].environment
    begun = [one.name for one in environments if one.stage in _begun(view)]
    ahead = [one.name for one in environments if one.stage not in _begun(view)]
    if kind is Kind.APPROVAL and ahead:
        return ahead[0]
    return begun[-1] if begun else ""


def _begun(view: ReleaseView) -> set[str]:
    return {stage.name for stage in view.release.stages}
