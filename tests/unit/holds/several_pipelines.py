"""Services with a pipeline each, of which some have a policy that nobody can read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from signalbox.domain.errors import AwsRefusedError, DocumentInvalidError, SignalboxError
from signalbox.domain.holds import Transition
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.policy import Policy
from signalbox.domain.services import Service
from signalbox.domain.truth import ExecutionTruth
from signalbox.usecases.apply_holds import apply_holds_by_effect
from signalbox.usecases.reconcile import Reconciled, reconcile

from tests.fakes import FixedPolicies, MemoryAnchoring, MemoryAnchors, a_service
from tests.scripted_aws import ScriptedPipelines
from tests.unit.holds.held_pipeline import HeldPipeline, HeldWorld

FAULT = "/signalbox/policy/bad: mode: write off, observe or enforce"


@dataclass
class PoliciesWithFaults(FixedPolicies):
    """Policies, some of which were never good; ``away`` is what all reading ends in."""

    faults: dict[str, str] = field(default_factory=dict)
    away: Exception | None = None

    def policy_for(self, pipeline: PipelineId, stage: str = "") -> Policy:
        if self.away is not None:
            raise self.away
        if pipeline.name in self.faults:
            raise DocumentInvalidError(self.faults[pipeline.name])
        return super().policy_for(pipeline, stage)

    def fault_of(self, pipeline: PipelineId) -> str:
        return self.faults.get(pipeline.name, "")


class SeveralPipelines(ScriptedPipelines):
    """A pipeline for each service; ``refused`` names those whose role cannot be assumed."""

    def __init__(self, world: HeldWorld) -> None:
        super().__init__()
        self.clock = world.clock
        self.of: dict[str, HeldPipeline] = {}
        self.refused: set[str] = set()

    def its(self, service: Service) -> HeldPipeline:
        if service.name in self.refused:
            raise AwsRefusedError("could not assume the role", code="AccessDenied")
        return self.of.setdefault(service.name, HeldPipeline(self.clock))

    def transitions(self, service: Service) -> Sequence[Transition]:
        ours = f"operator-{service.name}/"
        return [
            replace(way, changed_by=way.changed_by.replace("operator-hello/", ours))
            for way in self.its(service).transitions(service)
        ]

    def close_stage(self, service: Service, stage: str, reason: str) -> None:
        self.its(service).close_stage(service, stage, reason)

    def open_stage(self, service: Service, stage: str) -> None:
        self.its(service).open_stage(service, stage)

    def newest(self, service: Service, limit: int) -> Sequence[ReleaseId]:
        return self.its(service).newest(service, limit)

    def execution(self, service: Service, release: ReleaseId) -> ExecutionTruth | None:
        return self.its(service).execution(service, release)


class SeveralWorld(HeldWorld):
    """The world of several pipelines: ``hello`` and whichever else a test registers."""

    policies: PoliciesWithFaults

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.policies = PoliciesWithFaults(default=Policy(digest="p"))
        self.services.listed = [a_service(name) for name in names or ("hello",)]
        self.several = SeveralPipelines(self)
        self.pipelines = self.several
        self.observations: Any = self.ledger
        self.anchors = MemoryAnchors()
        self.anchoring = MemoryAnchoring()

    def closed(self, name: str) -> list[str]:
        """The stages of a service that are closed."""
        ways = self.several.of[name].ways if name in self.several.of else {}
        return [stage for stage, way in ways.items() if way.closed]

    def run(self) -> Reconciled:
        """A run of the reconciler."""
        return reconcile(self)

    def carry_out(self) -> list[Exception]:
        """The effects that apply holds and those that they lead to, each by itself; what failed."""
        failed: list[Exception] = []
        while work := [one for one in self.bells.rung if one.kind.value == "apply_holds"]:
            self.bells.rings.clear()
            for effect in work:
                try:
                    apply_holds_by_effect(effect, self)
                except SignalboxError as error:
                    failed.append(error)
        return failed
