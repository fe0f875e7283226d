"""Plans a sweep: what could go, and why the rest stays. It deletes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

from signalbox.domain.effects import Effect, EffectKind
from signalbox.domain.errors import AwsRefusedError, InventoryIncompleteError, SettingMissingError
from signalbox.domain.protection import judge
from signalbox.domain.services import Environment, Service
from signalbox.usecases.needs import (
    HasAudit,
    HasBells,
    HasClock,
    HasPipelines,
    HasPolicies,
    HasReleases,
    HasServices,
    HasSweeps,
)
from signalbox.usecases.plan_ladder import was_blamed


class PlanningPorts(
    HasServices,
    HasPolicies,
    HasPipelines,
    HasReleases,
    HasSweeps,
    HasAudit,
    HasBells,
    HasClock,
    Protocol,
):
    """What planning a sweep asks of the world."""


def plan_sweep(sweep_id: str, ports: PlanningPorts) -> dict[str, Any]:
    """Judge the inventory and report. The same inventory judged twice gives the same report."""
    sweep = ports.sweeps.sweep(sweep_id)
    if sweep is None:
        raise SettingMissingError(f"there is no sweep {sweep_id}")
    service = next((one for one in ports.services.all() if one.name == sweep.service), None)
    if service is None:
        raise SettingMissingError(f"no service {sweep.service} is registered")
    try:
        kept = tuple(_kept(service, ports))
    except AwsRefusedError as refused:
        raise InventoryIncompleteError(str(refused)) from refused
    judgements = judge((one.thing for one in sweep.judgements), kept)
    delete = sum(one.delete for one in judgements)
    counts = {"delete": delete, "keep": len(judgements) - delete}
    report = Effect(
        kind=EffectKind.ANNOUNCE,
        subject=sweep.subject,
        key="announce-planned",
        created_at=ports.clock.now(),
        payload={"sweep": sweep.id},
    )
    ports.audit.append(sweep.subject, "sweep planned", {**counts, "dryRun": sweep.dry_run})
    ports.sweeps.save_sweep(replace(sweep, judgements=judgements), [report])
    ports.bells.ring(report)
    return {"sweepId": sweep.id, **counts}


def _kept(service: Service, ports: PlanningPorts) -> Iterator[tuple[str, str]]:
    """Executions whose versions and artifacts stay, each with the reason, strongest first."""
    for release in ports.releases.open_releases():
        if release.pipeline == service.pipeline:
            yield release.execution, "its release has not ended"
    for environment in service.environments:
        yield from _kept_for(environment, service, ports)


def _kept_for(
    environment: Environment, service: Service, ports: PlanningPorts
) -> Iterator[tuple[str, str]]:
    """What serves the environment now, and the good releases it could be rolled back to.

    A rollback takes its target's artifacts, so with a rollback its target stays.
    """
    succeeded = ports.pipelines.succeeded_in_stage(service, environment.stage)
    limit = ports.policies.policy_for(service.pipeline).keep_releases
    for newest in succeeded[:1]:
        yield newest.release.execution, f"deployed last to {environment.name}"
        if newest.rollback_target:
            yield newest.rollback_target, f"{environment.name} was rolled back to it"
    good = (one for one in succeeded if one.kind != "ROLLBACK" and not was_blamed(one, ports))
    for rank, truth in zip(range(1, limit + 1), good, strict=False):
        why = f"good release {rank} of {limit} kept to roll {environment.name} back to"
        yield truth.release.execution, why
