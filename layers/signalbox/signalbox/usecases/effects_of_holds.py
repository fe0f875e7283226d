"""The effects that holds give rise to, with the keys that make them harmless to repeat."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.holds import ClosedStage, Hold, Transition
from signalbox.domain.identity import PipelineId


class HoldNews(StrEnum):
    """What there is to tell of a hold."""

    STARTED = "started"
    ENDED = "ended"


class StageNews(StrEnum):
    """What there is to tell of a stage that was held: a check keeps it closed, a person does, or
    what had waited too long was started again, or could not be.
    """

    BLOCKED = "blocked"
    LEFT = "left"
    RESTARTED = "restarted"
    STUCK = "stuck"


def hold_news(hold: Hold, news: HoldNews, at: datetime) -> Effect:
    """Tell that a hold began or ended."""
    return Effect(
        kind=EffectKind.ANNOUNCE,
        subject=hold.subject,
        key=f"announce-{news.value}",
        created_at=at,
        payload={"hold": hold.id, "news": news.value},
    )


def window_news(
    span: Hold, news: HoldNews, pipelines: Iterable[str], at: datetime, *, alone: str = ""
) -> Effect:
    """Tell the channels of these ``pipelines`` that a window began to hold, or does no more;
    ``alone`` names the one that it holds later than the others, or no longer.
    """
    told = hold_news(span, news, at)
    key = f"{told.key}-{alone}" if alone else told.key
    return replace(told, key=key, payload={**told.payload, "pipelines": sorted(pipelines)})


def stage_news(stage: ClosedStage, news: StageNews, once: str, at: datetime, **more: str) -> Effect:
    """Tell what came of a held stage; ``once`` names what is new about it."""
    return Effect(
        kind=EffectKind.ANNOUNCE,
        subject=pipeline_subject(stage.pipeline),
        key=f"stage-{news.value}-{stage.stage}-{once}",
        created_at=at,
        payload={"hold": "", "news": news.value, "stage": stage.key, **more},
    )


def applying(subject: str, key: str, at: datetime, **payload: Any) -> Effect:
    """Bring stages in line with the holds: of one ``service``, or of all that are concerned.

    ``hold`` is the id of one that was written just now: listings lag behind.
    """
    return Effect(
        kind=EffectKind.APPLY_HOLDS,
        subject=subject,
        key=f"apply-{key}",
        created_at=at,
        payload=payload,
    )


def bypass(pipeline: PipelineId, transition: Transition, at: datetime) -> Effect:
    """Warn, once for each time, that somebody opened a stage while it was held."""
    moment = transition.changed_at.isoformat() if transition.changed_at else ""
    return Effect(
        kind=EffectKind.ANNOUNCE,
        subject=pipeline_subject(pipeline),
        key=f"bypass-{transition.stage}-{moment}",
        created_at=at,
        payload={
            "bypass": {
                "pipeline": pipeline.key,
                "call": "EnableStageTransition",
                "by": transition.changed_by,
                "at": moment,
                "stage": transition.stage,
            }
        },
    )


def pipeline_subject(pipeline: PipelineId) -> str:
    """The ledger's partition of what belongs to a pipeline and to none of its releases."""
    return f"pipeline#{pipeline.key}"
