"""What one payload was taken for."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.facts import Fact, Ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A fact, and the ``kind`` of payload it was read from (``codepipeline.action``)."""

    kind: str
    fact: Fact


def ignored(kind: str, reason: str, *, account: str = "", region: str = "") -> Reading:
    """A payload that is readable and none of Signalbox's business."""
    return Reading(
        kind=kind, fact=Ignored(kind=kind, reason=reason, account=account, region=region)
    )
