"""What every payload of the corpus becomes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from signalbox.events.reader import readings

from cli.explain import explanation
from tests.contract.corpus import ABSENT, CORPUS, events, needs_the_corpus

BECOMES: dict[str, set[str]] = {
    "cloudwatch.event.alarm_config": {"cloudwatch.alarm_configuration: Ignored"},
    "cloudwatch.event.alarm_state": {"cloudwatch.alarm: AlarmChanged"},
    "cloudwatch.event.contributor": {"cloudwatch.alarm_contributor: Ignored"},
    "cloudwatch.lambda_direct": {"cloudwatch.alarm: AlarmChanged"},
    "cloudwatch.sns_alarm": {"cloudwatch.alarm: AlarmChanged"},
    "codebuild.event.phase": {"codebuild.phase: BuildChanged"},
    "codebuild.event.state": {"codebuild.state: BuildChanged"},
    "codebuild.notification": {"codebuild.state: BuildChanged"},
    "codecommit.event.pull_request": {"codecommit.event: Ignored"},
    "codecommit.event.repository": {"codecommit.event: Ignored"},
    "codecommit.lambda_trigger": {"codecommit.lambda_trigger: Ignored"},
    "codedeploy.event.deployment": {"codedeploy.deployment: DeploymentChanged"},
    "codedeploy.event.instance": {"codedeploy.instance: DeploymentChanged"},
    "codedeploy.lambda_hook": {"codedeploy.lambda_hook: Ignored"},
    "codedeploy.sns_trigger": {"codedeploy.trigger: DeploymentChanged"},
    "codepipeline.approval_sns": {"codepipeline.approval: ApprovalAsked"},
    "codepipeline.event.action": {"codepipeline.action: ActionChanged"},
    "codepipeline.event.pipeline": {"codepipeline.pipeline: PipelineChanged"},
    "codepipeline.event.stage": {"codepipeline.stage: StageChanged"},
    "codepipeline.lambda_job": {"codepipeline.lambda_job: Ignored"},
    "codepipeline.notification": {
        "codepipeline.action: ActionChanged",
        "codepipeline.pipeline: PipelineChanged",
        "codepipeline.stage: StageChanged",
    },
    "codepipeline.sequence": {
        "codepipeline.action: ActionChanged",
        "codepipeline.pipeline: PipelineChanged",
        "codepipeline.stage: StageChanged",
    },
    "ecr.event.image_action": {"ecr.image_action: Ignored"},
    "ecr.event.image_scan": {"ecr.image_scan: ImageScanned"},
    "ecr.event.other": {"ecr.replication: Ignored", "ecr.scan_resource: Ignored"},
    "ecs.event.container_instance": {"ecs.container_instance: Ignored"},
    "ecs.event.deployment": {"ecs.deployment: DeploymentChanged"},
    "ecs.event.service_action": {"ecs.service_action: Ignored"},
    "ecs.event.task": {"ecs.task: Ignored"},
    "ecs.lambda_hook": {"ecs.lambda_hook: Ignored"},
    "eks.event": {"eks.event: Ignored"},
    "eventbridge.generic": {"eventbridge.other: Ignored"},
    "eventbridge.scheduled": {"eventbridge.scheduled: Ignored"},
    "github.push": {"github.push: Ignored"},
    "health.event": {"health.event: Ignored"},
    "health.put_events": {"eventbridge.other: Ignored"},
    "http.apigw_v2": {"http.request: Ignored"},
    "http.function_url": {"http.request: Ignored"},
    "http.slack_body": {"slack.block_actions: Ignored", "slack.slash_command: Ignored"},
    "inspector2.event": {"inspector2.scan: ImageScanned"},
    "slack.block_actions": {"slack.block_actions: Ignored"},
    "slack.message": {"slack.message: Ignored"},
    "slack.shortcut": {"slack.message_action: Ignored"},
    "slack.signature": {"slack.signature: Ignored"},
    "slack.slash_command": {"slack.slash_command: Ignored"},
    "slack.view": {"slack.view_closed: Ignored", "slack.view_submission: Ignored"},
    "stepfunctions.event": {"stepfunctions.event: Ignored"},
    "wrapper.eventbridge_recorded": {"eventbridge.other: Ignored"},
    "wrapper.sns_lambda": {"codepipeline.pipeline: PipelineChanged", "sns.text: Ignored"},
    "wrapper.sns_sqs": {"sns.message: Ignored"},
    "wrapper.sqs_lambda": {"sqs.text: Ignored"},
}
"""What the payloads of each kind in the index become: our kind, and the fact."""


def test_the_corpus_is_there_in_ci() -> None:
    """Elsewhere its absence is said; in CI nothing may skip."""
    if not CORPUS and os.environ.get("CI") == "true":
        pytest.fail(ABSENT)


@needs_the_corpus
def test_each_kind_becomes_what_the_table_says() -> None:
    became: dict[str, set[str]] = {}
    for kind, file in events():
        for reading in readings(json.loads(file.read_text())):
            became.setdefault(kind, set()).add(f"{reading.kind}: {type(reading.fact).__name__}")
    assert became == BECOMES


@needs_the_corpus
@pytest.mark.parametrize(("kind", "file"), events(), ids=lambda value: Path(value).stem)
def test_every_event_is_explained(kind: str, file: Path) -> None:
    line = explanation(file)
    assert "error" not in line
    assert line["kind"]
    assert line["would"]
    for fact in line["facts"]:
        assert fact["fact"] != "Ignored" or fact["reason"]


@needs_the_corpus
def test_none_of_its_payloads_is_among_our_samples() -> None:
    theirs = {json.dumps(json.loads(file.read_text()), sort_keys=True) for _, file in events()}
    for ours in (Path(__file__).resolve().parents[2] / "events").glob("*.json"):
        assert json.dumps(json.loads(ours.read_text()), sort_keys=True) not in theirs
