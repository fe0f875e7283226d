"""What events do not say about a release is read once and kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError
from signalbox.domain.facts import PipelineChanged, StageChanged
from signalbox.domain.failures import BuildFailure, FailedTest
from signalbox.domain.gates import TestResult
from signalbox.domain.services import Service
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.truth import ReleaseNotes
from signalbox.usecases.describe_release import describe_release

from tests.fakes import NOW, a_service, release_id
from tests.gate_world import COMMIT, RELEASE, GateWorld, a_build
from tests.scripted_aws import ScriptedBuilds


def described(world: GateWorld, *, patient: bool = False) -> ReleaseNotes:
    release = world.ledger.release(RELEASE)
    assert release is not None
    return describe_release(
        release,
        a_service(),
        releases=world.ledger,
        pipelines=world.pipelines,
        builds=world.builds,
        patient=patient,
    )


def test_commit_kind_and_tests_are_read_once() -> None:
    world = GateWorld()
    first = described(world)
    assert (first.commit, first.kind) == (COMMIT, "STANDARD")
    assert first.tests is not None
    assert first.tests.passed == 12
    world.pipelines.fail_with = AssertionError("it is known already")
    assert described(world) == first


def test_a_failed_release_keeps_why_it_failed() -> None:
    world = GateWorld()
    failed = replace(a_build(ActionState.FAILED), attempt=2, external_id="hello:2")
    world.ledger.record(failed, [])
    ended = PipelineChanged(release=RELEASE, state=ExecutionState.FAILED, at=NOW, attempt=2)
    world.ledger.record(ended, [])
    world.builds.reasons["hello:2"] = "test_greets_by_name failed"
    assert described(world).failure == "Build/BuildAndTest: test_greets_by_name failed"


class SilentBuilds(ScriptedBuilds):
    """CodeBuild that the operator role may not read."""

    def tests(self, service: Service, build_id: str) -> TestResult:
        raise AwsRefusedError("not authorized", code="AccessDeniedException")


def test_what_aws_refuses_to_tell_stays_empty() -> None:
    world = GateWorld()
    world.builds = SilentBuilds()
    notes = described(world)
    assert notes.commit == COMMIT
    assert notes.tests is None


def fail(world: GateWorld, attempt: int, build: str) -> None:
    failed = replace(a_build(ActionState.FAILED), attempt=attempt, external_id=build)
    world.ledger.record(failed, [])
    ended = PipelineChanged(release=RELEASE, state=ExecutionState.FAILED, at=NOW, attempt=attempt)
    world.ledger.record(ended, [])


def a_failure(name: str) -> BuildFailure:
    tests = TestResult(passed=2, failed=1, failing=(name,))
    return BuildFailure(
        why=f"1 of 3 tests failed: {name}",
        tests=tests,
        failing=(FailedTest(name=name, message="assert 1 == 2"),),
        log=("one", "-----BEGIN PRIVATE " + "KEY-----", "bm90IGEga2V5", "the end"),
    )


def test_a_failed_build_keeps_its_tests_and_the_end_of_its_log_without_secrets() -> None:
    world = GateWorld()
    fail(world, 2, "hello:2")
    world.builds.failures["hello:2"] = a_failure("test_greets")
    notes = described(world)
    [failure] = notes.failures
    assert failure.failing == (FailedTest(name="test_greets", message="assert 1 == 2"),)
    assert failure.log[0] == "one"
    assert "bm90IGEga2V5" not in str(failure.log)
    assert notes.tests == TestResult(passed=2, failed=1, failing=("test_greets",))


def test_a_retry_that_fails_otherwise_is_read_anew_and_the_first_is_kept() -> None:
    world = GateWorld()
    for attempt, name in ((2, "test_greets"), (3, "test_leaves")):
        fail(world, attempt, f"hello:{attempt}")
        world.builds.failures[f"hello:{attempt}"] = a_failure(name)
        notes = described(world)
    assert [one.attempt for one in notes.failures] == [2, 3]
    assert notes.failure == "Build/BuildAndTest: 1 of 3 tests failed: test_leaves"


def test_the_tests_of_a_build_before_a_retry_are_not_shown_for_it() -> None:
    world = GateWorld()
    described(world)
    again = replace(a_build(ActionState.SUCCEEDED), attempt=2, external_id="hello:2")
    world.ledger.record(again, [])
    world.builds.results["hello:2"] = TestResult(passed=13)
    assert described(world).tests == TestResult(passed=13)


class BusyBuilds(ScriptedBuilds):
    """CodeBuild that has no time."""

    def tests(self, service: Service, build_id: str) -> TestResult:
        raise AwsUnavailableError("Throttling")


def test_a_throttled_build_leaves_its_part_out_and_loses_no_message() -> None:
    world = GateWorld()
    world.builds = BusyBuilds()
    assert described(world).tests is None


def test_a_throttled_build_is_asked_again_while_there_is_patience() -> None:
    world = GateWorld()
    in_time, world.builds = world.builds, BusyBuilds()
    with pytest.raises(AwsUnavailableError):
        described(world, patient=True)
    world.builds = in_time
    assert described(world, patient=True).tests is not None


def test_a_superseded_release_names_the_one_that_came_as_far() -> None:
    world = GateWorld()
    near, far = release_id("near"), release_id("far")
    world.pipelines.told = {RELEASE: [], near: [], far: []}
    for stage in ("Source", "Build", "Staging"):
        for of in (far,) if stage == "Staging" else (near, far):
            passed = StageChanged(release=of, stage=stage, state=ExecutionState.SUCCEEDED, at=NOW)
            world.ledger.record(passed, [])
    ended = PipelineChanged(release=RELEASE, state=ExecutionState.SUPERSEDED, at=NOW)
    world.ledger.record(ended, [])
    assert described(world).superseded_by == "far"
