"""Slack's dialogs: the one that asks why, those that a command opens, and the one that only tells.

Limits: title, submit and close 24 characters, ``private_metadata`` 3,000 (docs.slack.dev, "View
objects"). The metadata carries what a click carries, and no secret.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from signalbox.notifications.blocks import Block, plain, plain_section
from signalbox.notifications.text import plain_line, safe

if TYPE_CHECKING:
    from signalbox.domain.gates import Gate

REASON_LIMIT = 500
TICKET_LIMIT = 80
SHOWN_CHANGES = 8
KEPT = "Kept in the audit and told to CodePipeline and the channel."


def reason_modal(*, gate: str, digest: str, channel: str = "", ts: str = "") -> Mapping[str, Any]:
    """Asks why a release is rejected. Without ``channel`` and ``ts`` it stands for no message."""
    return _form(
        "reject_gate_reason",
        ("Reject this release", "Reject"),
        _metadata(gate, digest, channel, ts),
        [_asked("reason", "Why?", KEPT, limit=REASON_LIMIT)],
    )


def approve_modal(gate: Gate) -> Mapping[str, Any]:
    """Shows what would be approved, and is the vote when it is submitted."""
    return _form(
        "approve_gate_form",
        ("Approve this release", "Approve"),
        _metadata(gate.id, gate.shown_digest),
        [
            *_shown(gate),
            _asked("reason", "Why?", KEPT, limit=REASON_LIMIT)
            if gate.needs_reason
            else _asked("reason", "Anything to add?", KEPT, limit=REASON_LIMIT, optional=True),
        ],
    )


def reject_modal(gate: Gate) -> Mapping[str, Any]:
    """Shows what would be rejected, and asks why."""
    asked = _asked("reason", "Why?", KEPT, limit=REASON_LIMIT)
    metadata = _metadata(gate.id, gate.shown_digest)
    return _form(
        "reject_gate_reason", ("Reject this release", "Reject"), metadata, [*_shown(gate), asked]
    )


def break_glass_modal(gate: Gate) -> Mapping[str, Any]:
    """Approves alone, in an emergency; asks for the reason and the ticket."""
    loud = "Everybody is told at once, and somebody else is asked to review it afterwards."
    return _form(
        "break_glass_form",
        ("Break the glass", "Break the glass"),
        _metadata(gate.id, gate.shown_digest),
        [
            *_shown(gate),
            _asked("reason", "What is the emergency?", loud, limit=REASON_LIMIT),
            _asked("ticket", "Ticket", "As in INC-4711.", limit=TICKET_LIMIT, multiline=False),
        ],
    )


def info_modal(text: str) -> Mapping[str, Any]:
    """Says one thing to one person. ``text`` is ours."""
    return {
        "type": "modal",
        "callback_id": "told",
        "title": plain("Signalbox"),
        "close": plain("OK"),
        "blocks": [plain_section(text)],
    }


def _metadata(gate: str, digest: str, channel: str = "", ts: str = "") -> str:
    carried = {"gate": gate, "digest": digest, "channel": channel, "ts": ts}
    held = {name: value for name, value in carried.items() if value}
    return json.dumps(held, separators=(",", ":"))


def _form(
    callback_id: str, words: tuple[str, str], metadata: str, blocks: Sequence[Block]
) -> Mapping[str, Any]:
    title, submit = words
    return {
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": metadata,
        "title": plain(title),
        "submit": plain(submit),
        "close": plain("Cancel"),
        "blocks": list(blocks),
    }


def _asked(
    name: str, label: str, hint: str, *, limit: int, multiline: bool = True, optional: bool = False
) -> Block:
    """One input. Slack itself insists on it unless it is ``optional``."""
    return {
        "type": "input",
        "block_id": name,
        "optional": optional,
        "label": plain(label),
        "hint": plain(hint),
        "element": {
            "type": "plain_text_input",
            "action_id": name,
            "multiline": multiline,
            "min_length": 1 if not optional else 0,
            "max_length": limit,
        },
    }


def _shown(gate: Gate) -> list[Block]:
    """What the gate shows: what would ship, who wrote it, what the checks say."""
    dossier = gate.dossier
    artifact = dossier.artifact_digest.removeprefix("sha256:")[:12] or "unknown"
    lines = [
        f"{gate.release.pipeline.name} · {gate.stage} · execution {gate.release.execution[:8]}",
        f"Revision {dossier.revision[:12] or 'unknown'} · artifact {artifact}",
    ]
    lines += [
        f"• {change.id[:7]} {plain_line(change.author_name or change.author_email, 60)}: "
        f"{plain_line(change.subject, 120)}"
        for change in dossier.changes[:SHOWN_CHANGES]
    ]
    if len(dossier.changes) > SHOWN_CHANGES:
        lines.append(f"… and {len(dossier.changes) - SHOWN_CHANGES} more")
    said = "\n".join(plain_line(line, 200) for line in (*dossier.checks, *gate.standing))
    told = [plain_section(safe("\n".join(lines)))]
    return [*told, plain_section(safe(said))] if said else told
