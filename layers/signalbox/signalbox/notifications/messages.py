"""The Slack messages: one per release, edited through its life, and one per sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signalbox.domain.gates import TestResult
from signalbox.domain.releases import Release, Stage
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.sweeps import Judgement, Sweep
from signalbox.notifications.blocks import (
    Block,
    context,
    divider,
    header,
    message,
    plain_section,
    section,
)
from signalbox.notifications.gate_section import gate_blocks
from signalbox.notifications.incident_section import incident_blocks
from signalbox.notifications.links import execution_url
from signalbox.notifications.text import safe, safe_line
from signalbox.notifications.times import clock_time, day_and_time, duration
from signalbox.notifications.view import EMOJI, ReleaseView, headline

STAGE_MARKS: dict[ExecutionState, str] = {
    ExecutionState.UNKNOWN: "❔",
    ExecutionState.STARTED: "🔵",
    ExecutionState.RESUMED: "🔵",
    ExecutionState.STOPPING: "🛑",
    ExecutionState.STOPPED: "🛑",
    ExecutionState.CANCELED: "⚪",
    ExecutionState.SUPERSEDED: "⏭️",
    ExecutionState.FAILED: "❌",
    ExecutionState.SUCCEEDED: "✅",
}

ACTION_MARKS: dict[ActionState, str] = {
    ActionState.UNKNOWN: "❔",
    ActionState.STARTED: "🔵",
    ActionState.ABANDONED: "🛑",
    ActionState.CANCELED: "⚪",
    ActionState.FAILED: "❌",
    ActionState.SUCCEEDED: "✅",
}

SHOWN_THINGS = 15


def release_message(view: ReleaseView) -> Mapping[str, Any]:
    """The one message of a release as it now stands. The same view renders the same bytes."""
    title = f"{EMOJI[headline(view)]} {_title(view)}"
    blocks = [header(title), *_commit(view), *_stages(view.release), *_results(view)]
    for gate in view.gates:
        blocks += gate_blocks(view, gate)
    for incident in view.incidents:
        blocks += incident_blocks(incident)
    return message(title, [*blocks, context(_times(view.release))])


def sweep_message(sweep: Sweep) -> Mapping[str, Any]:
    """What a cleanup would delete, and why it would keep the rest."""
    delete = [judgement for judgement in sweep.judgements if judgement.delete]
    keep = [judgement for judgement in sweep.judgements if not judgement.delete]
    verb = "would delete" if sweep.dry_run else "deletes"
    title = f"🧹 Cleanup of {safe_line(sweep.service, 60)}: {verb} {len(delete)}, keeps {len(keep)}"
    blocks = [header(title), *_judged(f"{verb.capitalize()}", delete), *_judged("Keeps", keep)]
    nothing_done = " · nothing was deleted" if sweep.dry_run else ""
    return message(title, [*blocks, context(f"Sweep {day_and_time(sweep.at)}{nothing_done}")])


def _title(view: ReleaseView) -> str:
    rollback = " (a rollback)" if view.kind == "ROLLBACK" else ""
    service, commit = safe_line(view.service, 60), safe_line(view.short_commit)
    return f"{service} · {commit}{rollback} · {headline(view)}"


def _commit(view: ReleaseView) -> list[Block]:
    commit = view.commit
    subject = next(iter(commit.message.strip().splitlines()), "")
    parts = [safe_line(commit.author_name or commit.author_email, 80)]
    branch = f"@{commit.branch}" if commit.branch else ""
    parts.append(safe_line(f"{commit.repository}{branch}", 160))
    parts.append(f"<{execution_url(view.release.id)}|pipeline {safe_line(_pipeline(view), 100)}>")
    small = context(" · ".join(filter(None, parts)))
    return [plain_section(safe(subject, 300)), small] if subject else [small]


def _pipeline(view: ReleaseView) -> str:
    return view.release.id.pipeline.name


def _stages(release: Release) -> list[Block]:
    lines = [_stage_line(stage) for stage in release.stages]
    return [section("\n".join(lines))] if lines else []


def _stage_line(stage: Stage) -> str:
    took = duration(stage.started_at, stage.ended_at)
    times = " · ".join(filter(None, [clock_time(stage.started_at), took]))
    line = f"{STAGE_MARKS[stage.state]} *{safe_line(stage.name, 100)}*  {times}"
    if len(stage.actions) > 1:
        each = (f"{ACTION_MARKS[a.state]} {safe_line(a.name, 100)}" for a in stage.actions)
        line += "\n      " + "  ".join(each)
    return line


def _results(view: ReleaseView) -> list[Block]:
    blocks = [context(tests_line(view.tests))] if view.tests else []
    if view.failure:
        blocks.append(section("*Why it failed*"))
        blocks.append(plain_section(safe(view.failure, 1500)))
    return blocks


def tests_line(tests: TestResult) -> str:
    """``🧪 12 tests passed, 1 failed``, or that nothing is known."""
    if not tests.known:
        return "🧪 the build reported no tests"
    skipped = f", {tests.skipped} skipped" if tests.skipped else ""
    return f"🧪 {tests.passed} tests passed, {tests.failed} failed{skipped}"


def _times(release: Release) -> str:
    took = duration(release.started_at, release.ended_at)
    began = f"Started {day_and_time(release.started_at)}" if release.started_at else "Signalbox"
    return f"{began} · took {took}" if took else began


def _judged(title: str, judgements: list[Judgement]) -> list[Block]:
    if not judgements:
        return []
    lines = [
        f"• {_short(judgement.thing.id)}: {judgement.why}"
        for judgement in judgements[:SHOWN_THINGS]
    ]
    if len(judgements) > SHOWN_THINGS:
        lines.append(f"… and {len(judgements) - SHOWN_THINGS} more")
    return [divider(), section(f"*{title}*"), plain_section(safe("\n".join(lines)))]


def _short(address: str) -> str:
    if address.startswith("arn:"):
        return ":".join(address.split(":")[6:]) or address
    return address
