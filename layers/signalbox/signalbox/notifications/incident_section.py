"""The part of a release's message that tells of an alarm and what was done about it."""

from __future__ import annotations

from signalbox.domain.incidents import Incident, IncidentStatus
from signalbox.notifications.blocks import Block, context, divider, plain_section, section
from signalbox.notifications.executions import execution_of
from signalbox.notifications.text import safe, safe_line
from signalbox.notifications.times import clock_time, duration
from signalbox.notifications.view import ReleaseView

STATUS: dict[IncidentStatus, str] = {
    IncidentStatus.OPEN: "🔔 *Alarm* `{alarm}` fired on {environment} after this release",
    IncidentStatus.ROLLING_BACK: "⏪ *Rolling {environment} back* because `{alarm}` fired",
    IncidentStatus.ROLLED_BACK: "⏪ *{environment} was rolled back* because `{alarm}` fired",
    IncidentStatus.NEEDS_A_HUMAN: "🚨 *NEEDS A HUMAN:* `{alarm}` fired on {environment} "
    "and it is not rolled back",
    IncidentStatus.NOT_OURS: "🔕 `{alarm}` fired on {environment}; no release of ours is to blame",
}


def incident_blocks(view: ReleaseView, incident: Incident) -> list[Block]:
    """What the message says about one incident."""
    line = STATUS[incident.status].format(
        alarm=safe_line(incident.alarm.name, 200), environment=safe_line(incident.environment, 60)
    )
    blocks = [divider(), section(line), *_evidence(view, incident)]
    if incident.alarm_reason:
        blocks.insert(2, plain_section("AWS says: " + safe(incident.alarm_reason, 600)))
    took = duration(incident.opened_at, incident.closed_at)
    times = f"Alarm {clock_time(incident.opened_at)} UTC" + (
        f" · over after {took}" if took else ""
    )
    return [*blocks, context(times)]


def way_back(view: ReleaseView, incident: Incident) -> str:
    """From which execution to which, by which rung; empty while nothing is planned."""
    if not incident.rungs:
        return ""
    rung = incident.rungs[-1]
    gone = f"`{safe_line(view.short_commit)}` ({execution_of(view, view.release.id.execution)})"
    there = execution_of(view, rung.to_execution)
    if rung.to_revision:
        there = f"`{safe_line(rung.to_revision[:7])}` ({there})"
    by = incident.rollback_execution
    ran = f", by {execution_of(view, by)}" if by else ""
    return f"Way back: {safe_line(rung.name, 60)} from {gone} to {there}{ran}"


def _evidence(view: ReleaseView, incident: Incident) -> list[Block]:
    blocks = []
    if back := way_back(view, incident):
        blocks.append(section(back))
    if incident.evidence:
        label = "Verified" if incident.status is IncidentStatus.ROLLED_BACK else "What was seen"
        blocks.append(plain_section(f"{label}: {safe(incident.evidence, 1500)}"))
    if incident.status in {IncidentStatus.ROLLED_BACK, IncidentStatus.NEEDS_A_HUMAN}:
        held = safe_line(incident.stage or incident.environment, 100)
        blocks.append(section(f"🔒 Stage `{held}` stays held until somebody releases it."))
    return blocks
