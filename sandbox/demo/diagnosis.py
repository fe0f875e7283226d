"""After a failure: what a person would look at first."""

import json
import time
from collections.abc import Iterator

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.demo.world import World

LINES = 12


def troubles(world: World) -> Iterator[str]:
    """Failed workflows, what was done about alarms, dead letters, errors in the functions' logs,
    refusals of Slack's.
    """
    for look in (_workflows, _incidents, _dead_letters, _logs, _slack):
        try:
            yield from dict.fromkeys(look(world))
        except (BotoCoreError, ClientError, httpx.HTTPError, KeyError) as error:
            yield f"(could not look further: {error})"


def _workflows(world: World) -> Iterator[str]:
    states = world.aws("stepfunctions")
    for name in ("ApprovalStateMachineArn", "RollbackStateMachineArn", "CleanupStateMachineArn"):
        found = states.list_executions(stateMachineArn=world.deployment.outputs[name])
        for execution in found["executions"]:
            if execution["status"] not in ("RUNNING", "SUCCEEDED"):
                told = states.describe_execution(executionArn=execution["executionArn"])
                yield (
                    f"{name.removesuffix('StateMachineArn')} {execution['status']}: "
                    f"{told.get('error', '')} {told.get('cause', '')}"[:600]
                )


def _incidents(world: World) -> Iterator[str]:
    table = world.deployment.outputs["AuditTableName"]
    scan = world.aws("dynamodb").get_paginator("scan")
    entries = [entry for page in scan.paginate(TableName=table) for entry in page["Items"]]
    for entry in sorted(entries, key=lambda entry: entry["at"]["S"]):
        if entry["pk"]["S"].startswith("incident#"):
            at, what, details = (entry[name]["S"] for name in ("at", "what", "details"))
            yield f"{entry['pk']['S'][:17]} {at}: {what} {details}"[:600]


def _dead_letters(world: World) -> Iterator[str]:
    sqs = world.aws("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        if "DeadLetter" not in url:
            continue
        found = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=5, MessageAttributeNames=["All"]
        )
        for message in found.get("Messages", []):
            reason = message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")
            yield f"{url.rsplit('/', 1)[-1]}: {reason} {message['Body']}"[:600]


def _logs(world: World) -> Iterator[str]:
    logs, since = world.aws("logs"), int((time.time() - 600) * 1000)
    for group in logs.describe_log_groups()["logGroups"]:
        found = logs.filter_log_events(logGroupName=group["logGroupName"], startTime=since)
        bad = [each["message"] for each in found["events"] if _is_trouble(each["message"])]
        for message in bad[-LINES:]:
            yield f"{group['logGroupName']}: {message.strip()}"[:1500]


def _is_trouble(message: str) -> bool:
    try:
        level = json.loads(message).get("level", "")
    except (ValueError, AttributeError):
        return any(word in message for word in ("Error", "Traceback", "Exception", "timed out"))
    return level in ("ERROR", "CRITICAL")


def _slack(world: World) -> Iterator[str]:
    for call in world.web("GET", "/_sandbox/slack/calls"):
        if not call["ok"]:
            yield f"Slack refused {call['method']}: {call['error']}"
