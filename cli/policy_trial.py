"""What a policy would have decided about releases that have been."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.dynamodb_documents import from_document
from signalbox.adapters.policy_documents import policy_of, read_policy
from signalbox.adapters.ssm_people import parse_people
from signalbox.domain.errors import DocumentInvalidError
from signalbox.domain.evidence import Evidence
from signalbox.domain.gates import Gate, GateStatus
from signalbox.domain.identity import PipelineId, ReleaseId
from signalbox.domain.people import Directory
from signalbox.domain.policy import Policy
from signalbox.policies.judge import judge, shown_now
from signalbox.policies.outcome import Case, Judgement

from cli.auditing import archive_of
from cli.stacks import outputs_of

STAGED = "the artifact is the one that was staged"


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


def retried(gate: Gate, policy: Policy, directory: Directory) -> Judgement:
    """The gate judged again, as if it had been opened and voted on under this policy."""
    shown = shown_now(gate, policy)
    votes = tuple(
        replace(vote, shown_digest=shown if vote.shown_digest == gate.shown_digest else "")
        for vote in gate.votes
    )
    anew = replace(gate, shown_digest=shown, votes=votes, status=GateStatus.OPEN, verdict=None)
    case = Case(gate=anew, policy=policy, directory=directory, evidence=evidence_of(gate))
    return judge(case)


def evidence_of(gate: Gate) -> Evidence:
    """What the card of the gate had shown, as evidence. What it did not show is unknown."""
    dossier = gate.dossier
    lines = [line.partition(" ")[2] for line in dossier.checks]
    staged = dossier.artifact_digest if STAGED in lines else ""
    return Evidence(
        at=gate.decided_at or gate.expires_at,
        tests=dossier.tests,
        firing_alarms=dossier.firing_alarms,
        artifact_digest=dossier.artifact_digest,
        has_staging=bool(staged),
        staged_digest=staged,
    )


def told(gate: Gate, judgement: Judgement) -> Iterator[str]:
    """What was decided, what would have been, and why."""
    was = gate.verdict.value if gate.verdict else "OPEN"
    would = judgement.verdict.value if judgement.verdict else "WAIT"
    mark = "=" if was == would else "≠"
    commit = gate.dossier.revision[:7] or gate.release.execution[:8]
    when = f"{gate.opened_at:%Y-%m-%d %H:%M}"
    yield f"{mark} {commit} at {gate.stage}, {when}: was {was}, would {would}"
    for why in (judgement.reason, *judgement.waits):
        if why:
            yield f"    {why}"
    for refused in judgement.weighed.refused:
        yield f"    {refused.vote.name}'s vote would not count: {refused.why}"
    for finding in judgement.findings:
        if finding.meaning is not None:
            yield f"    {finding.check} {finding.meaning.value}: {finding.why}"


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
