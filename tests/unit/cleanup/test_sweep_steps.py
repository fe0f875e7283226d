"""The cleanup's two steps against fakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from signalbox.adapters.dynamodb_documents import from_document, to_document
from signalbox.domain.errors import DocumentInvalidError, InventoryIncompleteError
from signalbox.domain.identity import ReleaseId
from signalbox.domain.policy import Policy
from signalbox.domain.sweeps import Thing
from signalbox.domain.truth import ExecutionTruth
from signalbox.usecases.plan_sweep import plan_sweep
from signalbox.usecases.take_inventory import SweepRequest, take_inventory

from tests.fakes import (
    NOW,
    PIPELINE,
    FixedClock,
    FixedPolicies,
    ListedServices,
    MemoryAudit,
    MemoryLedger,
    RecordingBells,
)
from tests.scripted_aws import ScriptedArtifacts, ScriptedPipelines, ScriptedTargets

REQUEST = SweepRequest(service="hello", sweep_id="sweep-1")


@dataclass
class World:
    """All the fakes that the cleanup's steps ask for."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    services: ListedServices = field(default_factory=ListedServices)
    policies: FixedPolicies = field(
        default_factory=lambda: FixedPolicies(default=Policy(keep_releases=1))
    )
    pipelines: ScriptedPipelines = field(default_factory=ScriptedPipelines)
    targets: ScriptedTargets = field(default_factory=ScriptedTargets)
    artifacts: ScriptedArtifacts = field(default_factory=ScriptedArtifacts)
    audit: MemoryAudit = field(default_factory=MemoryAudit)
    bells: RecordingBells = field(default_factory=RecordingBells)
    clock: FixedClock = field(default_factory=FixedClock)

    @property
    def releases(self) -> MemoryLedger:
        return self.ledger

    @property
    def sweeps(self) -> MemoryLedger:
        return self.ledger


def _thing(execution: str, age: int) -> Thing:
    made = NOW - timedelta(days=age)
    return Thing(kind="artifact", id=f"s3://b/{execution}", created_at=made, releases=(execution,))


def _truth(execution: str, kind: str = "STANDARD", target: str = "") -> ExecutionTruth:
    return ExecutionTruth(
        release=ReleaseId(pipeline=PIPELINE, execution=execution),
        status="Succeeded",
        kind=kind,
        started_by="",
        trigger_type="",
        pipeline_version=1,
        commit=None,
        rollback_target=target,
    )


def test_what_a_rollback_stands_on_stays_and_the_rest_is_reported_but_not_deleted() -> None:
    world = World()
    rollback = _truth("undo", "ROLLBACK", "two")
    world.pipelines.succeeded["Production"] = [
        rollback, _truth("three"), _truth("two"), _truth("one")
    ]  # fmt: skip
    names = ("one", "two", "three", "undo")
    world.artifacts.things = [_thing(name, 9 - age) for age, name in enumerate(names)]
    take_inventory(REQUEST, world)
    assert plan_sweep("sweep-1", world) == {"sweepId": "sweep-1", "delete": 1, "keep": 3}
    why = {one.thing.id[7:]: one.why for one in world.ledger.sweeps["sweep-1"].judgements}
    assert "rolled back to it" in why["two"]
    assert "good release 1 of 1" in why["three"]
    assert "deployed last" in why["undo"]
    assert [e.payload for e in world.bells.rung] == [{"sweep": "sweep-1"}]
    assert world.ledger.sweeps["sweep-1"].dry_run


@pytest.mark.case(65)
def test_one_failed_read_aborts_the_sweep_and_keeps_no_inventory() -> None:
    world = World()
    world.artifacts.things = [_thing("one", 3)]
    world.targets.fail_with = InventoryIncompleteError("a page is missing")
    with pytest.raises(InventoryIncompleteError):
        take_inventory(REQUEST, world)
    assert world.ledger.sweeps == {}


def test_a_sweep_of_another_contract_is_refused() -> None:
    with pytest.raises(DocumentInvalidError, match="contract"):
        SweepRequest.from_input({"contract": 2, "service": "hello", "sweepId": "x"})


def test_a_thing_of_unknown_age_survives_the_ledger() -> None:
    thing = Thing(kind="artifact", id="a", releases=("x",))
    assert from_document(Thing, to_document(thing)) == thing
