"""What people call things, found in the ledger by reads that do not grow with history."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from typing import TYPE_CHECKING

from signalbox.domain.errors import UnknownNameError
from signalbox.domain.gates import Gate, GateStatus
from signalbox.domain.holds import ClosedStage, Reach, Scope
from signalbox.domain.identity import PipelineId, ReleaseId

if TYPE_CHECKING:
    from signalbox.ports import GateLedger, HoldLedger, NotedReleases

SHORTEST_PREFIX = 7
"""Characters of a commit, an execution or a gate's id that name one well enough."""

LOOKED_AT = 25
"""Releases of one pipeline whose commit is looked up."""

SEARCHED = 50
"""Releases of all pipelines with a closed stage whose commit is looked up."""

_NAME = re.compile(r"[A-Za-z0-9.@_-]{1,100}", re.ASCII)
_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


def open_gates(gates: GateLedger) -> tuple[Gate, ...]:
    """Every gate that still waits for people."""
    return tuple(gate for gate in gates.open_gates() if gate.status is GateStatus.OPEN)


def gates_named(name: str, gates: Iterable[Gate]) -> tuple[Gate, ...]:
    """Those that somebody may mean: by pipeline (``hello``, ``hello/Approval``, its whole key), by
    the beginning of a commit, an execution or the gate's own id, or by both (``hello@4f1c2d3``).
    """
    return tuple(gate for gate in gates if _is_meant(name, gate))


def _is_meant(name: str, gate: Gate) -> bool:
    pipeline, _, prefix = name.rpartition("@")
    called = _names_of(gate)
    if name in called or _begins(name, gate):
        return True
    return pipeline in called and _begins(prefix, gate)


def _names_of(gate: Gate) -> frozenset[str]:
    pipeline = gate.release.pipeline
    return frozenset(
        {
            pipeline.name,
            pipeline.key,
            f"{pipeline.name}/{gate.stage}",
            f"{pipeline.key}/{gate.stage}",
        }
    )


def _begins(prefix: str, gate: Gate) -> bool:
    ids = (gate.dossier.revision, gate.release.execution, gate.id)
    return len(prefix) >= SHORTEST_PREFIX and any(
        one.lower().startswith(prefix.lower()) for one in ids
    )


def stages_named(name: str, stages: Iterable[ClosedStage]) -> tuple[ClosedStage, ...]:
    """Those that somebody may mean: by pipeline (``hello``, or its whole key), by both
    (``hello/Production``), or by their own name (``Production``).
    """
    kind, _, rest = name.rpartition(":")
    called = rest if kind.lower() in {"pipeline", "stage"} else name
    return tuple(
        stage
        for stage in stages
        if called
        in {
            stage.stage,
            stage.pipeline.name,
            stage.pipeline.key,
            f"{stage.pipeline.name}/{stage.stage}",
            stage.key,
        }
    )


def pipelines_of_release(
    name: str, among: Set[PipelineId], *, releases: NotedReleases
) -> frozenset[PipelineId]:
    """The pipelines of the running releases that somebody may mean by the beginning of an execution
    or a commit, or by both names (``hello@4f1c2d3``).
    """
    pipeline, _, prefix = name.rpartition("@")
    if not among or len(prefix) < SHORTEST_PREFIX:
        return frozenset()
    running = [
        one
        for one in releases.open_releases()
        if one.pipeline in among and pipeline in {"", one.pipeline.name, one.pipeline.key}
    ]
    found = [one for one in running if _prefix(prefix, one.execution)]
    found = found or [one for one in running[-SEARCHED:] if _prefix(prefix, _commit(one, releases))]
    return frozenset(one.pipeline for one in found)


def scope_named(typed: str, *, here: PipelineId, gates: GateLedger, holds: HoldLedger) -> Scope:
    """What is held: ``everything``, ``env:NAME``, ``PIPELINE``, ``PIPELINE/STAGE``.

    ``here`` has the account and region of a pipeline that the ledger does not know. Raises
    UnknownNameError where the words are none of these, or the name is another account's as well.
    """
    kind, _, rest = typed.rpartition(":")
    kind = kind.lower()
    if typed.lower() == Reach.EVERYTHING.value:
        return Scope(reach=Reach.EVERYTHING)
    if kind in {"env", "environment"} and _NAME.fullmatch(rest):
        return Scope(reach=Reach.ENVIRONMENT, environment=rest)
    if kind not in {"", "pipeline", "stage"}:
        raise UnknownNameError(f"There is no scope “{typed}”.")
    pipeline, stage = _pipeline_and_stage(rest, here, gates, holds)
    if stage:
        return Scope.of_stage(pipeline, stage)
    return Scope(reach=Reach.PIPELINE, pipeline=pipeline.key)


def _pipeline_and_stage(
    typed: str, here: PipelineId, gates: GateLedger, holds: HoldLedger
) -> tuple[PipelineId, str]:
    parts = typed.split("/")
    whole = len(parts) in {3, 4} and _ACCOUNT.fullmatch(parts[0]) is not None
    if (not whole and len(parts) > 2) or not all(_NAME.fullmatch(part) for part in parts):
        raise UnknownNameError(f"There is no scope “{typed}”.")
    if whole:
        known = PipelineId(account=parts[0], region=parts[1], name=parts[2])
        return known, parts[3] if len(parts) == 4 else ""
    return pipeline_named(parts[0], here=here, gates=gates, holds=holds), "".join(parts[1:])


def pipeline_named(
    name: str, *, here: PipelineId, gates: GateLedger, holds: HoldLedger
) -> PipelineId:
    """The pipeline of that name which waits at a gate or is held; else the one in ``here``.

    Raises UnknownNameError where there is one in more than one account or region.
    """
    known = {gate.release.pipeline for gate in gates.open_gates()}
    known |= {
        _pipeline(hold.scope.pipeline) for hold in holds.standing_holds() if hold.scope.pipeline
    }
    found = {one for one in known if one.name == name}
    if len(found) > 1:
        listed = ", ".join(sorted(one.key for one in found))
        raise UnknownNameError(f"More than one pipeline is called “{name}”: {listed}.")
    return found.pop() if found else PipelineId(account=here.account, region=here.region, name=name)


def _pipeline(key: str) -> PipelineId:
    account, region, name = key.split("/")
    return PipelineId(account=account, region=region, name=name)


def release_named(pipeline: PipelineId, which: str, *, releases: NotedReleases) -> ReleaseId:
    """The open release of a pipeline by the beginning of its execution or commit; without
    ``which`` the only one there is. Raises UnknownNameError where that is none or several.
    """
    running = [one for one in releases.open_releases() if one.pipeline == pipeline]
    found = [one for one in running if not which or _prefix(which, one.execution)]
    found = found or [one for one in running[-LOOKED_AT:] if _prefix(which, _commit(one, releases))]
    if len(found) == 1:
        return found[0]
    listed = _listed(one.execution[:8] for one in found or running)
    if found:
        raise UnknownNameError(f"More than one release of {pipeline.name} is meant: {listed}.")
    there = f" Running: {listed}." if listed else ""
    raise UnknownNameError(f"No running release of {pipeline.name} is called “{which}”.{there}")


def _commit(release: ReleaseId, releases: NotedReleases) -> str:
    noted = releases.notes(release).commit
    return noted.id if noted else ""


def _prefix(prefix: str, of: str) -> bool:
    return len(prefix) >= SHORTEST_PREFIX and of.lower().startswith(prefix.lower())


def _listed(names: Iterable[str]) -> str:
    kept: Sequence[str] = list(names)
    return ", ".join(kept[:10]) + (", …" if len(kept) > 10 else "")
