"""What a policy would have decided about releases that have been."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import botocore.session
from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.dynamodb_documents import from_document
from signalbox.adapters.policy_documents import policy_of, read_policy
from signalbox.adapters.ssm_people import parse_people
from signalbox.domain.errors import DocumentInvalidError
from signalbox.domain.gates import Gate, GateStatus, Verdict
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.people import Directory
from signalbox.domain.policy import CheckSettings, Meaning, Policy
from signalbox.policies.judge import asked_checks, judge, shown_now
from signalbox.policies.outcome import Case, Judgement

from cli.auditing import archive_of
from cli.recorded_evidence import WEIGHED, known_of
from cli.stacks import outputs_of


def try_policy(
    text: str, pipeline: str, recorded: Path | None, people: Path | None, last: int, stack: str
) -> Iterator[str]:
    """A line or more for each recorded gate, newest first.

    Raises DocumentInvalidError where a file is none of ours, AwsRefusedError where AWS does not let
    us read.
    """
    written = read_policy(text, "the policy")
    if recorded is not None:
        if people is None:
            raise DocumentInvalidError("with --recorded say who is who: --people FILE")
        gates: Iterable[Gate] = list(_gates_in(recorded))
    else:
        gates = list(_gates_of(pipeline, last, stack))
    directory = _directory(people, stack)
    found = False
    for gate in gates:
        found = True
        policy = policy_of(written, "the policy", stage=gate.stage)
        yield from told(gate, retried(gate, policy, directory))
    if not found:
        yield "No gate is recorded there."


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A gate judged again. ``unrecorded`` names the checks of which nobody can say what they would
    have found, and ``hinges`` those of them on which the verdict hangs.
    """

    judgement: Judgement
    unrecorded: tuple[str, ...] = ()
    hinges: tuple[str, ...] = ()


def retried(gate: Gate, policy: Policy, directory: Directory) -> Trial:
    """The gate judged again, as if it had been opened and voted on under this policy."""
    shown = shown_now(gate, policy)
    votes = tuple(
        replace(vote, shown_digest=shown if vote.shown_digest == gate.shown_digest else "")
        for vote in gate.votes
    )
    anew = replace(gate, shown_digest=shown, votes=votes, status=GateStatus.OPEN, verdict=None)
    known = known_of(gate, policy)
    judgement = judge(
        Case(
            gate=anew,
            policy=_without(policy, known.unrecorded),
            directory=directory,
            evidence=known.evidence,
        )
    )
    recorded = tuple(one for one in judgement.findings if one.check not in known.unrecorded)
    asked = [(check.name, told) for check, told in asked_checks(policy)]
    unsure = [(name, told) for name, told in asked if name in known.unrecorded]
    return Trial(
        judgement=replace(judgement, findings=recorded),
        unrecorded=tuple(name for name, _ in unsure),
        hinges=tuple(name for name, told in unsure if _decides(told, judgement)),
    )


def _without(policy: Policy, unrecorded: Collection[str]) -> Policy:
    """The policy without these checks, so that they are neither a block nor a pass."""
    ignored = {"on_fail": Meaning.IGNORE, "on_warn": Meaning.IGNORE}
    checks = (
        replace(told, **ignored) if check.name in unrecorded else told
        for check, told in asked_checks(policy)
    )
    return replace(policy, checks=tuple(checks))


def _decides(told: CheckSettings, judgement: Judgement) -> bool:
    """Whether a check of which nothing was recorded might have kept the gate from its approval."""
    if judgement.verdict is not Verdict.APPROVED or judgement.broken_glass:
        return False
    meanings = {told.on_fail, told.on_warn}
    return Meaning.BLOCK in meanings or (
        not judgement.weighed.enough and meanings != {Meaning.IGNORE}
    )


def told(gate: Gate, trial: Trial) -> Iterator[str]:
    """What was decided, what would have been, and why."""
    judgement = trial.judgement
    was = gate.verdict.value if gate.verdict else "OPEN"
    would = judgement.verdict.value if judgement.verdict else "WAIT"
    if trial.hinges:
        passes = "passes" if len(trial.hinges) == 1 else "pass"
        would += f" if {' and '.join(trial.hinges)} {passes}"
    commit = gate.dossier.revision[:7] or gate.release.execution[:8]
    when = f"{gate.opened_at:%Y-%m-%d %H:%M}"
    yield f"{_mark(gate, trial)} {commit} at {gate.stage}, {when}: was {was}, would {would}"
    for why in (judgement.reason, *judgement.waits):
        if why:
            yield f"    {why}"
    for refused in judgement.weighed.refused:
        yield f"    {refused.vote.name}'s vote would not count: {refused.why}"
    for finding in judgement.findings:
        if finding.meaning is not None:
            yield f"    {finding.check} {finding.meaning.value}: {finding.why}"
    for name in trial.unrecorded:
        yield f"    {name} unknown: not recorded"


def _mark(gate: Gate, trial: Trial) -> str:
    """Whether it would have gone as it went, as far as policies go: no policy decides that nobody
    answers, or that somebody answers elsewhere.
    """
    if trial.hinges:
        return "?"
    was = gate.verdict if gate.verdict in WEIGHED else None
    return "=" if was == trial.judgement.verdict else "≠"


def _gates_in(file: Path) -> Iterator[Gate]:
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))
        for document in listed if isinstance(listed, list) else [listed]:
            yield from_document(Gate, document)
    except (ValueError, KeyError, TypeError) as wrong:
        raise DocumentInvalidError(f"{file}: holds no gates: {wrong!r}") from None


def _gates_of(pipeline: str, last: int, stack: str) -> Iterator[Gate]:
    """The gates of the newest releases of a pipeline."""
    archive = archive_of(stack)
    client: Any = archive.client("codepipeline")
    with aws_call(f"list the executions of {pipeline}"):
        listed = client.list_pipeline_executions(pipelineName=pipeline, maxResults=last)
    caller = archive.client("sts").get_caller_identity()
    place = PipelineId(
        account=str(caller["Account"]), region=client.meta.region_name, name=pipeline
    )
    for one in listed["pipelineExecutionSummaries"]:
        release = ReleaseId(pipeline=place, execution=one["pipelineExecutionId"])
        yield from archive.releases.gates_of(release)


def _directory(people: Path | None, stack: str) -> Directory:
    if people is not None:
        return parse_people(people.read_text(encoding="utf-8"), str(people))
    client: Any = botocore.session.get_session().create_client
    (prefix,) = outputs_of(stack, client("cloudformation"), "ParameterPrefix")
    with aws_call(f"read {prefix}/people"):
        text = client("ssm").get_parameter(Name=f"{prefix}/people")["Parameter"]["Value"]
    return parse_people(text, f"{prefix}/people")
