"""What the one message of a release says at a glance."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from signalbox.domain.failures import FailedTest, Failure
from signalbox.domain.incidents import IncidentStatus
from signalbox.domain.releases import Action, Stage
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.notifications.messages import release_message
from signalbox.notifications.view import ReleaseView

from tests.fakes import NOW
from tests.gate_world import COMMIT
from tests.unit.notifications.test_release_messages import (
    a_gate,
    a_view,
    an_incident,
    changed,
    with_gate,
)

COMMIT_URL = "https://github.com/example/hello/commit/4f1c2d3"


def shown(view: ReleaseView) -> str:
    return json.dumps(release_message(view), ensure_ascii=False)


def with_stage(**changes: object) -> ReleaseView:
    view = a_view()
    stage = replace(view.release.stages[0], ended_at=None, **changes)  # type: ignore[arg-type]
    return changed(view, release=replace(view.release, stages=(stage,)))


def with_source(external_id: str) -> ReleaseView:
    action = Action(
        name="Source",
        state=ActionState.SUCCEEDED,
        category="Source",
        external_id=external_id,
        external_url=COMMIT_URL,
    )
    view = a_view()
    stage = Stage(name="Source", actions=(action,))
    release = replace(view.release, stages=(stage,))
    return changed(view, release=release, commit=COMMIT)


def test_a_stage_shows_when_it_began_how_long_it_took_and_what_runs_now() -> None:
    assert "12:00:00 · 1 min 15 s" in shown(a_view())
    assert "since 12:00:00 · now Scan" in shown(with_stage())


def test_a_stage_whose_gate_is_open_waits_for_approval() -> None:
    assert "waits for approval" in shown(with_gate(with_stage(name="Approval"), a_gate()))


def test_a_retry_shows_its_attempt() -> None:
    view = with_stage(attempt=2)
    view = changed(view, release=replace(view.release, attempt=3))
    assert "attempt 2" in shown(view)
    assert "attempt 3" in shown(view)


def test_the_commit_is_linked_where_the_source_says_of_that_commit_where_it_is() -> None:
    assert f"<{COMMIT_URL}|4f1c2d3 (github.com)>" in shown(with_source(COMMIT.id))
    assert COMMIT_URL not in shown(with_source("another"))


def test_a_superseded_release_links_the_one_that_took_its_place() -> None:
    view = changed(a_view(state=ExecutionState.SUPERSEDED), superseded_by="99999999-a")
    assert "executions/99999999-a/timeline?region=us-east-1|execution 99999999> took" in shown(view)


def test_a_rollback_says_from_which_execution_to_which() -> None:
    incident = replace(an_incident(IncidentStatus.ROLLED_BACK), rollback_execution="cccccccc-1")
    text = shown(changed(a_view(), incidents=(incident,)))
    for name in ("execution 11111111", "execution e>", "execution cccccccc"):
        assert name in text
    by_hand = changed(a_view(), kind="ROLLBACK", rollback_target="bbbbbbbb-1")
    assert "Rolls back to <" in shown(by_hand)


def test_a_failure_names_tests_links_and_the_author() -> None:
    failure = Failure(
        stage="Build",
        action="Scan",
        why="1 test failed",
        failing=tuple(FailedTest(name=f"test_{n}", message="boom") for n in range(5)),
        url="https://ci.example.com/job/1",
    )
    view = a_view(state=ExecutionState.FAILED)
    action = Action(name="Scan", state=ActionState.FAILED)
    stage = replace(view.release.stages[0], actions=(action,))
    release = replace(view.release, stages=(stage,), ended_at=NOW + timedelta(seconds=80))
    view = changed(
        view, release=release, failures=(failure,), failure=failure.line, author_user="U0ADA"
    )
    text = shown(view)
    for each in ("test_0: boom", "… and 2 more", "|Scan (ci.example.com)>", "<@U0ADA>"):
        assert each in text
    assert "test_3" not in text
