"""Keeps the head of an audit chain where nobody can rewrite it."""

from __future__ import annotations

from signalbox.ports import Anchors, Audit


def anchor_audit(subject: str, *, audit: Audit, anchors: Anchors) -> bool:
    """Anchor the newest entry of a subject's chain; False where there is no chain."""
    number, head = audit.head(subject)
    if not number:
        return False
    anchors.anchor(subject, number, head)
    return True
