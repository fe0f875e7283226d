"""Opens a stage that no hold keeps closed any more, once the checks pass again for who waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Protocol

from signalbox.domain.errors import AwsRefusedError, PermanentError
from signalbox.domain.evidence import Evidence
from signalbox.domain.gates import Dossier, Gate, GateStatus
from signalbox.domain.holding import GO_IN_WITHIN, has_waited_too_long
from signalbox.domain.holds import ClosedStage, Transition
from signalbox.domain.identity import ReleaseId
from signalbox.domain.policy import Policy
from signalbox.domain.services import Service
from signalbox.notifications.text import plain_line
from signalbox.policies import no_hold
from signalbox.policies.judge import findings_of
from signalbox.policies.outcome import Case, Finding
from signalbox.usecases.compile_gate import CompilingPorts
from signalbox.usecases.effects_of_gates import announcement
from signalbox.usecases.effects_of_holds import StageNews, pipeline_subject, stage_news
from signalbox.usecases.gather_evidence import gather_evidence
from signalbox.usecases.needs import HasAudit, HasBells, HasEffects, HasPolicies
from signalbox.usecases.tell_once import tell_once

Objections = Mapping[ReleaseId, Sequence[Finding]]


class FreeingPorts(CompilingPorts, HasEffects, HasPolicies, HasBells, HasAudit, Protocol):
    """What opening a stage asks of the world."""


def free_stage(service: Service, way: Transition, known: ClosedStage, ports: FreeingPorts) -> bool:
    """Open it if every check passes for whoever waits in front; else say once why not.

    Whether it was opened. It stays noted where what waits may have waited too long to go on. Raises
    what keeps the checks from being looked at, or the stage from being opened; where only a person
    can mend that, it is said as well.
    """
    try:
        found = _objections_of_all(service, way, ports)
        if not any(found.values()):
            _open(service, way, known, ports)
            return True
    except PermanentError as error:
        cause = error.code if isinstance(error, AwsRefusedError) else type(error).__name__
        stay_closed(known, f"it cannot be opened: {plain_line(str(error), 200)}", [cause], ports)
        raise
    _say_who_objects(found, known, ports)
    return False


def _objections_of_all(service: Service, way: Transition, ports: FreeingPorts) -> Objections:
    waiting = [ReleaseId(pipeline=service.pipeline, execution=one) for one in way.waiting]
    policy = ports.policies.policy_for(service.pipeline, way.stage)
    return {one: tuple(_objections(one, service, way.stage, policy, ports)) for one in waiting}


def _open(service: Service, way: Transition, known: ClosedStage, ports: FreeingPorts) -> None:
    details = {"stage": way.stage, "waiting": list(way.waiting), "since": known.since.isoformat()}
    ports.audit.append(pipeline_subject(service.pipeline), "stage opened", details)
    ports.pipelines.open_stage(service, way.stage)


def stay_closed(known: ClosedStage, words: str, causes: Sequence[str], ports: FreeingPorts) -> str:
    """Note what a stage waits for that no hold keeps closed, in words that may change with each
    look; told is only which ``causes`` there are, once for each time that it was closed.

    Returns what names this news. The telling may be repeated where we died after the note.
    """
    once = sha256("\n".join((known.since.isoformat(), *causes)).encode()).hexdigest()[:16]
    if words != known.waiting_for:
        known = ports.holds.note_closed(replace(known, waiting_for=words))
    tell_once(stage_news(known, StageNews.BLOCKED, once, ports.clock.now()), ports)
    return once


def forget_stage(
    service: Service, way: Transition, known: ClosedStage, ports: FreeingPorts
) -> None:
    """Forget a stage that is open. What has waited too long to be resumed is started again first:
    the newest, since it holds all that the others do.
    """
    if has_waited_too_long(known, way):
        opened = way.changed_at or known.since
        if way.inside or ports.clock.now() - opened < GO_IN_WITHIN:
            return  # it may yet go in
        _start_again(service, way, known, ports)
    ports.holds.note_open(known.key)


def _objections(
    release: ReleaseId, service: Service, stage: str, policy: Policy, ports: FreeingPorts
) -> Iterator[Finding]:
    """Why it may not go in now. Holds on stages further on are not asked: it will wait there."""
    evidence = gather_evidence(release, service, policy, stage, ports).evidence
    case = Case(
        gate=_stand_in(release, stage, evidence),
        policy=policy,
        directory=ports.directory.in_force().directory,
        evidence=evidence,
    )
    for finding in findings_of(case):
        if finding.blocks and finding.check != no_hold.CHECK.name:
            yield finding


def _stand_in(release: ReleaseId, stage: str, evidence: Evidence) -> Gate:
    """Checks look at a gate; here is none, and nobody is asked."""
    return Gate(
        id="",
        release=release,
        stage=stage,
        action="",
        action_execution_id="",
        status=GateStatus.OPEN,
        opened_at=evidence.at,
        expires_at=evidence.at,
        dossier=Dossier(
            revision="", artifact_digest=evidence.artifact_digest, tests=evidence.tests
        ),
        shown_digest="",
    )


def _say_who_objects(found: Objections, known: ClosedStage, ports: FreeingPorts) -> None:
    words = "; ".join(
        f"{release.execution[:8]}: {finding.why}"
        for release, findings in found.items()
        for finding in findings
    )
    checks = sorted(
        f"{release.execution}/{finding.check}"
        for release, findings in found.items()
        for finding in findings
    )
    once, now = stay_closed(known, words, checks, ports), ports.clock.now()
    for release, findings in found.items():
        if findings:
            tell_once(announcement(release, f"held-{known.stage}-{once}", now), ports)


def _start_again(
    service: Service, way: Transition, known: ClosedStage, ports: FreeingPorts
) -> None:
    newest = ReleaseId(pipeline=service.pipeline, execution=way.waiting[-1])
    details = {"stage": way.stage, "execution": newest.execution, "since": known.since.isoformat()}
    subject, news = pipeline_subject(service.pipeline), StageNews.RESTARTED
    ports.audit.append(subject, "started again", details)
    try:
        key = f"{known.key}/{known.since}/{newest.execution}"
        ports.pipelines.start_again(service, newest, key)
    except AwsRefusedError as refused:
        ports.audit.append(subject, "not started again", {"code": refused.code, **details})
        news = StageNews.STUCK
    now, once = ports.clock.now(), newest.execution
    tell_once(stage_news(known, news, once, now, execution=newest.execution), ports)
