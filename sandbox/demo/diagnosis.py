"""After a failure: what a person would look at first."""

import json
import time
from collections.abc import Iterator

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.demo.world import World

LINES = 12


def troubles(world: World) -> Iterator[str]:
    """Errors in the functions' logs, failed workflows, dead letters, refusals of Slack's."""
    for look in (_workflows, _dead_letters, _logs, _slack):
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
