"""What a release hangs together with: its commit, builds, artifacts, deployments and alarms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from signalbox.domain.facts import ArtifactLocation, Commit
from signalbox.domain.gates import Gate
from signalbox.domain.identity import AlarmId, ReleaseId
from signalbox.domain.incidents import Incident
from signalbox.domain.releases import Action, Release, Stage
from signalbox.domain.services import Service
from signalbox.domain.states import ActionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One deploy action. ``environment`` is empty where no service registered the stage;
    ``id`` is what the provider calls the deployment, or empty where it has no word for one.
    """

    stage: str
    action: str
    state: ActionState
    environment: str = ""
    provider: str = ""
    id: str = ""
    url: str = ""
    action_execution_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Everything a release is linked with, each kind in the order in which it came about.

    ``builds`` are ids as CodeBuild has them (``project:uuid``), ``artifacts`` where the actions
    put their outputs, ``artifact_digests`` the SHA-256 of what the gates showed, ``environments``
    the names of those it entered, ``alarms`` those that blame it.
    """

    release: ReleaseId
    commit: Commit | None = None
    builds: tuple[str, ...] = ()
    artifacts: tuple[ArtifactLocation, ...] = ()
    artifact_digests: tuple[str, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    environments: tuple[str, ...] = ()
    alarms: tuple[AlarmId, ...] = ()
    rollbacks: tuple[str, ...] = ()


def links_of(
    release: Release,
    *,
    commit: Commit | None = None,
    artifact_digest: str = "",
    gates: Iterable[Gate] = (),
    incidents: Iterable[Incident] = (),
    service: Service | None = None,
) -> Links:
    """The links of a release, out of what the ledger holds of it.

    ``commit`` and ``artifact_digest`` are what the release's notes say (read from the APIs);
    without a commit there, the one of the events counts. Without ``service`` no environment is
    known.
    """
    actions = [(stage, action) for stage in release.stages for action in stage.actions]
    deployments = tuple(_deployments(actions, service))
    digests = [gate.dossier.artifact_digest for gate in gates]
    blamed_by = [one for one in incidents if one.release == release.id]
    return Links(
        release=release.id,
        commit=commit or release.commit,
        builds=_once(action.external_id for _, action in actions if _is_build(action)),
        artifacts=tuple(
            dict.fromkeys(output for _, action in actions for output in action.outputs)
        ),
        artifact_digests=_once([artifact_digest, *digests]),
        deployments=deployments,
        environments=_once(one.environment for one in deployments),
        alarms=tuple(dict.fromkeys(one.alarm for one in blamed_by)),
        rollbacks=_once(one.rollback_execution for one in blamed_by),
    )


def _deployments(
    actions: Iterable[tuple[Stage, Action]], service: Service | None
) -> Iterable[Deployment]:
    named = {one.stage: one.name for one in service.environments} if service else {}
    for stage, action in actions:
        if action.category == "Deploy" and action.provider != "Manual":
            yield Deployment(
                stage=stage.name,
                action=action.name,
                state=action.state,
                environment=named.get(stage.name, ""),
                provider=action.provider,
                id=action.external_id,
                url=action.external_url,
                action_execution_id=action.action_execution_id,
            )


def _is_build(action: Action) -> bool:
    return action.provider == "CodeBuild"


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
