"""What an environment before the last one was given is noted when it has taken it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, DocumentInvalidError
from signalbox.domain.facts import StageChanged
from signalbox.domain.identity import ReleaseId
from signalbox.domain.listing import Listing
from signalbox.domain.services import Service
from signalbox.domain.states import ExecutionState
from signalbox.domain.truth import ReleaseNotes
from signalbox.usecases.describe_release import describe_release

from tests.fakes import NOW, a_service
from tests.gate_world import DIGEST, RELEASE, GateWorld
from tests.scripted_aws import ScriptedArtifacts


def described(
    world: GateWorld, service: Service | None = None, *, patient: bool = False
) -> ReleaseNotes:
    release = world.ledger.release(RELEASE)
    assert release is not None
    return describe_release(
        release,
        service or a_service(),
        releases=world.ledger,
        pipelines=world.pipelines,
        builds=world.builds,
        artifacts=world.artifacts,
        patient=patient,
    )


class Artifacts(ScriptedArtifacts):
    """The bucket, counting how often it is read; it may refuse."""

    reads = 0
    error: Exception | None = None

    def listing(self, service: Service, release: ReleaseId) -> Listing:
        self.reads += 1
        if self.error is not None:
            raise self.error
        return super().listing(service, release)


def test_it_is_read_once_and_stays_whatever_the_artifact_becomes() -> None:
    world = GateWorld()
    artifacts = world.artifacts = Artifacts(world.artifacts.listed)
    assert described(world).staged_digest == DIGEST
    world.artifacts.listed[RELEASE] = Listing(digest="e" * 64)
    assert described(world).staged_digest == DIGEST
    assert artifacts.reads == 1


def test_nothing_is_read_before_the_stage_has_succeeded() -> None:
    world = GateWorld()
    artifacts = world.artifacts = Artifacts(world.artifacts.listed)
    again = StageChanged(
        release=RELEASE, stage="Staging", state=ExecutionState.RESUMED, at=NOW, attempt=2
    )
    world.ledger.record(again, [])
    assert described(world).staged_digest == ""
    world.ledger.record(replace(again, state=ExecutionState.SUCCEEDED), [])
    assert described(world).staged_digest == DIGEST
    assert artifacts.reads == 1


def test_the_last_environment_stages_nothing() -> None:
    world = GateWorld()
    only_staging = a_service(environments=a_service().environments[:1])
    assert described(world, only_staging).staged_digest == ""


@pytest.mark.parametrize(
    "error",
    [
        AwsRefusedError("denied", code="AccessDenied"),
        AwsUnavailableError("slow down"),
        DocumentInvalidError("no zip"),
    ],
)
def test_what_cannot_be_read_stays_empty_and_is_read_later(error: Exception) -> None:
    world = GateWorld()
    artifacts = world.artifacts = Artifacts(world.artifacts.listed)
    artifacts.error = error
    assert described(world).staged_digest == ""
    artifacts.error = None
    assert described(world).staged_digest == DIGEST


def test_the_patient_wait_for_what_aws_has_no_time_for() -> None:
    world = GateWorld()
    artifacts = world.artifacts = Artifacts(world.artifacts.listed)
    artifacts.error = AwsUnavailableError("slow down")
    with pytest.raises(AwsUnavailableError):
        described(world, patient=True)
