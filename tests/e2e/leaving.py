"""Every token that a deployed sandbox has made, looked for in all that has left Signalbox."""

import json
from collections.abc import Iterator
from typing import Any

from sandbox.demo.pipeline import executions
from sandbox.demo.world import World
from sandbox.deploy import SERVICE


def tokens_of(world: World) -> dict[str, str]:
    """By the token: what it is. CodePipeline's of its approvals, Step Functions' of its waits."""
    found: dict[str, str] = {}
    codepipeline = world.aws("codepipeline")
    for execution in executions(world):
        told = codepipeline.list_action_executions(
            pipelineName=SERVICE,
            filter={"pipelineExecutionId": execution["pipelineExecutionId"]},
        )
        for action in told["actionExecutionDetails"]:
            result = action.get("output", {}).get("executionResult", {})
            if action["input"]["actionTypeId"]["category"] == "Approval":
                found |= {result.get("externalExecutionId", ""): "token of an approval"}
    states = world.aws("stepfunctions")
    machine = world.deployment.outputs["ApprovalStateMachineArn"]
    for execution in states.list_executions(stateMachineArn=machine)["executions"]:
        history = states.get_execution_history(executionArn=execution["executionArn"])
        found |= dict.fromkeys(_task_tokens(history["events"]), "token of a task")
    return {token: what for token, what in found.items() if token}


def outputs_of(world: World) -> Iterator[tuple[str, str]]:
    """All that people, auditors and operators can read: where, and what stands there."""
    for what in ("messages", "ephemerals", "calls"):
        yield f"Slack's {what}", json.dumps(world.web("GET", f"/_sandbox/slack/{what}"))
    logs = world.aws("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
        said = [event["message"] for page in pages for event in page["events"]]
        yield f"log {group['logGroupName']}", "\n".join(said)
    scan = world.aws("dynamodb").get_paginator("scan")
    audit = world.deployment.outputs["AuditTableName"]
    entries = [entry for page in scan.paginate(TableName=audit) for entry in page["Items"]]
    yield "the audit", json.dumps(entries, default=repr)
    sqs = world.aws("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        left = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
        )
        yield f"queue {url}", json.dumps(left.get("Messages", []))


def _task_tokens(value: Any) -> Iterator[str]:
    """What stands in a history under the name of a task token, however deep."""
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            value = json.loads(value)
        except ValueError:
            return
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in {":token", "TaskToken", "taskToken", "task_token"}:
                yield inner["S"] if isinstance(inner, dict) else str(inner)
            else:
                yield from _task_tokens(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _task_tokens(inner)
