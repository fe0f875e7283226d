"""What events do not say about a release is read once and kept."""

from __future__ import annotations

from dataclasses import replace

from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.facts import PipelineChanged
from signalbox.domain.gates import TestResult
from signalbox.domain.services import Service
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.ports import ReleaseNotes
from signalbox.usecases.describe_release import describe_release

from tests.fakes import NOW, ScriptedBuilds, a_service
from tests.gate_world import COMMIT, RELEASE, GateWorld, a_build


def described(world: GateWorld) -> ReleaseNotes:
    release = world.ledger.release(RELEASE)
    assert release is not None
    return describe_release(
        release,
        a_service(),
        releases=world.ledger,
        pipelines=world.pipelines,
        builds=world.builds,
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
