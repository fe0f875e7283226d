"""The Slack messages: one per release, edited through its life, and one per sweep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signalbox.domain.gates import GateStatus, TestResult
from signalbox.domain.releases import Release, Stage
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.sweeps import Judgement, Sweep
from signalbox.notifications.blocks import (
    Block,
    context,
    divider,
    header,
    marked,
    message,
    plain,
    plain_section,
    section,
    small,
)
from signalbox.notifications.executions import execution_name, execution_of
from signalbox.notifications.failure_section import author, failure_blocks
from signalbox.notifications.gate_section import gate_blocks
from signalbox.notifications.incident_section import incident_blocks
from signalbox.notifications.links import execution_url, link
from signalbox.notifications.text import safe, safe_line
from signalbox.notifications.times import clock_time, day_and_time, duration
from signalbox.notifications.view import EMOJI, GateView, Headline, ReleaseView, headline

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
SHOWN_STAGES = 12


def release_message(view: ReleaseView) -> Mapping[str, Any]:
    """The one message of a release as it now stands. The same view renders the same bytes."""
    title = f"{EMOJI[headline(view)]} {_title(view)}"
    blocks = [header(title), *_commit(view), *_stages(view), *_results(view)]
    for gate in view.gates:
        blocks += gate_blocks(view, gate)
    for incident in view.incidents:
        blocks += incident_blocks(view, incident)
    return message(title, [*blocks, *_whose(view), context(_times(view.release))])


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
    subject = safe(next(iter(view.commit.message.strip().splitlines()), ""), 300)
    particulars = _particulars(view)
    return [
        *([plain_section(subject)] if subject else []),
        *([small(particulars)] if particulars else []),
        *_relations(view),
    ]


def _particulars(view: ReleaseView) -> list[Block]:
    """Author, branch and links. What strangers wrote is plain text, in which nothing is markup."""
    commit = view.commit
    branch = f"@{commit.branch}" if commit.branch else ""
    written = [commit.author_name or commit.author_email, f"{commit.repository}{branch}"]
    page = link(execution_url(view.release.id), f"pipeline {view.release.id.pipeline.name}")
    marks = [link(_commit_url(view), view.short_commit), page]
    if view.release.attempt > 1:
        marks.append(f"attempt {view.release.attempt}")
    plains = [plain(text) for each in written if (text := safe_line(each, 160))]
    return [*plains, *(marked(text) for text in marks if text)]


def _commit_url(view: ReleaseView) -> str:
    """Where the source's provider shows the commit, as the source action says of that commit."""
    if not view.commit.id:
        return ""
    sources = (
        action.external_url
        for stage in view.release.stages
        for action in stage.actions
        if action.category == "Source" and action.external_id == view.commit.id
    )
    return next(sources, "")


def _relations(view: ReleaseView) -> list[Block]:
    """Which release it goes back to, or gave way to."""
    told = []
    if view.kind == "ROLLBACK" and view.rollback_target:
        here = execution_name(view.release.id.execution)
        told.append(f"⏪ Rolls back to {execution_of(view, view.rollback_target)}, by `{here}`")
    if view.superseded_by:
        told.append(f"⏭️ {execution_of(view, view.superseded_by)} took its place")
    return [context("\n".join(told))] if told else []


def _stages(view: ReleaseView) -> list[Block]:
    lines = [_stage_line(view, stage) for stage in view.release.stages]
    shown = lines[-SHOWN_STAGES:]
    if len(lines) > len(shown):
        shown.insert(0, f"… {len(lines) - len(shown)} earlier stages")
    return [section("\n".join(shown))] if lines else []


def _stage_line(view: ReleaseView, stage: Stage) -> str:
    going = stage.state in {ExecutionState.STARTED, ExecutionState.RESUMED}
    going = going and not view.release.is_final
    waits = going and any(_asks(each, stage) for each in view.gates)
    began = clock_time(stage.started_at)
    parts = [f"since {began}" if going and began else began]
    parts.append(duration(stage.started_at, stage.ended_at))
    if stage.attempt > 1:
        parts.append(f"attempt {stage.attempt}")
    if going:
        parts.append("waits for approval" if waits else _now(stage))
    mark = "✋" if waits else STAGE_MARKS[stage.state]
    line = f"{mark} *{safe_line(stage.name, 100)}*  {' · '.join(filter(None, parts))}"
    if len(stage.actions) > 1:
        each = (f"{ACTION_MARKS[a.state]} {safe_line(a.name, 100)}" for a in stage.actions[:10])
        line += "\n      " + "  ".join(each)
    return line


def _asks(each: GateView, stage: Stage) -> bool:
    return each.gate.stage == stage.name and each.gate.status is GateStatus.OPEN


def _now(stage: Stage) -> str:
    running = [a.name for a in stage.actions if a.state is ActionState.STARTED]
    return f"now {safe_line(', '.join(running[:3]), 100)}" if running else ""


def _results(view: ReleaseView) -> list[Block]:
    blocks = [context(tests_line(view.tests))] if view.tests else []
    if headline(view) in {Headline.REJECTED, Headline.WAITING}:
        return blocks  # the gate tells it
    return [*blocks, *failure_blocks(view)]


def _whose(view: ReleaseView) -> list[Block]:
    """The author's name on a release that went badly; the mention that rings is in the thread."""
    if not view.author_user:
        return []
    return [section(f"{author(view)}, this is your change. The details are in the thread.")]


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
