"""Gates of a deployed Signalbox beside other hands, holds, and executions side by side."""

import contextlib
import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.demo.steps import expect
from sandbox.demo.world import Release, World
from sandbox.preflight import ROOT
from sandbox.team import ACCOUNT, TEAM_ROLE

from .gatekeeping import AMIR, MARA, OLGA, Gatekeeping

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(240)]


@pytest.mark.case(21)
def test_an_approval_in_the_console_is_seen_and_told_as_a_bypass(gates: Gatekeeping) -> None:
    gates.policy(approvals=2)
    release = gates.release()
    _answer_in_the_console(gates, "Approved")
    gates.stage(release, "Approval", "Succeeded")
    gates.reconcile()
    gates.says(release, "outside Signalbox", "bypass")
    gates.seen("the card is closed", lambda: gates.closed(release))


def test_a_hold_keeps_a_release_out_and_lets_it_go_on_by_itself(gates: Gatekeeping) -> None:
    gates.policy(approvers=["sre"])
    release = gates.release()
    gates.command("hold env:production 1h load test", OLGA)
    gates.seen("the stage is closed", lambda: expect(gates.is_closed("Production"), "open"))
    gates.press(release, "approve_gate", AMIR)
    gates.stage(release, "Approval", "Succeeded")
    gates.seen(
        "it waits in front of production",
        lambda: expect(gates.waiting("Production") == [release.execution], "not there"),
    )
    gates.command("release env:production done", OLGA)
    gates.stage(release, "Production", "Succeeded")


def test_a_hold_by_date_ends_by_itself(gates: Gatekeeping) -> None:
    until = datetime.now(UTC) + timedelta(seconds=25)
    freeze = {
        "owner": OLGA,
        "reason": "holidays",
        "from": "2026-01-01T00:00:00Z",
        "until": until.isoformat(timespec="seconds"),
        "environments": ["production"],
    }
    gates.policy(approvers=["sre"], holds=[freeze])
    gates.reconcile()
    assert gates.is_closed("Production")
    release = gates.release()
    gates.press(release, "approve_gate", AMIR)
    gates.stage(release, "Approval", "Succeeded")
    gates.seen("it goes on when the freeze is over", lambda: _goes_on(gates, release), within=60)
    assert datetime.now(UTC) >= until


@pytest.mark.case(19)
def test_three_executions_side_by_side_have_a_gate_each(gates: Gatekeeping) -> None:
    gates.policy(approvers=["sre"])
    with _in_parallel(gates):
        releases = []
        for _ in range(3):
            releases.append(gates.push())
            # Two deployments to one alias at once are one too many, for Lambda and for us.
            gates.stage(releases[-1], "Staging", "Succeeded")
        for release in releases:
            gates.asked(release)
        values = [gates.button(release, "approve_gate")["value"] for release in releases]
        assert len(set(values)) == 3
        gates.press(releases[1], "approve_gate", AMIR)
        gates.stage(releases[1], "Approval", "Succeeded")
        for other in (releases[0], releases[2]):
            gates.stage(other, "Approval", "InProgress")
        answer = gates.press(releases[0], "reject_gate", MARA)
        gates.submit(answer["view"], MARA, reason="Not this one")
        gates.stage(releases[0], "Approval", "Failed")
        gates.press(releases[2], "approve_gate", OLGA)
        gates.stage(releases[2], "Production", "Succeeded")


def test_without_slack_the_same_decision_is_made_from_a_terminal(gates: Gatekeeping) -> None:
    gates.policy(approvers=["product"])
    release = gates.release()
    listed = _signalbox(gates, "gate", "list", who="nils")
    assert release.commit[:7] in listed
    gate = json.loads(gates.button(release, "approve_gate")["value"])["gate"]
    assert release.commit[:7] in _signalbox(gates, "gate", "show", gate, who="nils")
    assert "1" in _signalbox(gates, "drain", who="nils", status=1)
    _signalbox(gates, "gate", "approve", gate, "--yes", who="nils")
    gates.stage(release, "Approval", "Succeeded")
    assert "Nils" in gates.summary(release)
    stranger = _signalbox(gates, "gate", "list", who="stranger", status=1)
    assert "not" in stranger


def test_a_newer_release_takes_the_place_of_one_that_nobody_answered(gates: Gatekeeping) -> None:
    gates.policy(approvers=["sre"])
    older = gates.release()
    newer = gates.push()
    gates.stage(newer, "Staging", "Succeeded")
    gates.seen("the older one is rejected", lambda: _reconciled_to(gates, older, "Failed"))
    gates.says(older, "newer release")
    gates.asked(newer)
    gates.press(newer, "approve_gate", AMIR)
    gates.stage(newer, "Approval", "Succeeded")


def _answer_in_the_console(gates: Gatekeeping, status: str) -> None:
    codepipeline = gates.world.aws("codepipeline")
    state = codepipeline.get_pipeline_state(name=gates.service)
    stage = next(one for one in state["stageStates"] if one["stageName"] == "Approval")
    (action,) = stage["actionStates"]
    codepipeline.put_approval_result(
        pipelineName=gates.service,
        stageName="Approval",
        actionName=action["actionName"],
        token=action["latestExecution"]["token"],
        result={"status": status, "summary": "looks fine to me"},
    )


def _goes_on(gates: Gatekeeping, release: Release) -> str:
    gates.reconcile()
    return _status_of_stage(gates, release, "Production", "Succeeded")


def _reconciled_to(gates: Gatekeeping, release: Release, status: str) -> str:
    gates.reconcile()
    return _status_of_stage(gates, release, "Approval", status)


def _status_of_stage(gates: Gatekeeping, release: Release, stage: str, status: str) -> str:
    found = gates.world.aws("codepipeline").list_action_executions(
        pipelineName=gates.service, filter={"pipelineExecutionId": release.execution}
    )["actionExecutionDetails"]
    now = {one["stageName"]: one["status"] for one in found}
    expect(now.get(stage) == status, f"{stage} is {now.get(stage)}")
    return status


class _in_parallel:  # noqa: N801 - reads as the sentence it is
    """The pipeline's executions run side by side for a while."""

    def __init__(self, gates: Gatekeeping) -> None:
        self._gates = gates

    def __enter__(self) -> None:
        self._set("PARALLEL")

    def __exit__(self, *_: object) -> None:
        self._set("SUPERSEDED")

    def _set(self, mode: str) -> None:
        codepipeline = self._gates.world.aws("codepipeline")
        pipeline = codepipeline.get_pipeline(name=self._gates.service)["pipeline"]
        codepipeline.update_pipeline(pipeline={**pipeline, "executionMode": mode})


def _signalbox(gates: Gatekeeping, *words: str, who: str, status: int = 0) -> str:
    """The command as somebody types it, with a session of a role of the team."""
    done = subprocess.run(
        [str(ROOT / ".venv/bin/signalbox"), *words],
        env={**gates.world.box.environment(), **_session(gates.world, who)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def _session(world: World, who: str) -> Mapping[str, str]:
    """Credentials of a session of the team's role, or of one that may call nothing."""
    role = "Strangers" if who == "stranger" else TEAM_ROLE
    iam = world.aws("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    may = ["execute-api:Invoke", "cloudformation:DescribeStacks"]
    rights = {"Effect": "Allow", "Action": may if role == TEAM_ROLE else may[1:], "Resource": "*"}
    iam.put_role_policy(
        RoleName=role, PolicyName="calls", PolicyDocument=json.dumps({"Statement": [rights]})
    )
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    given = world.aws("sts").assume_role(RoleArn=arn, RoleSessionName=who)["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
