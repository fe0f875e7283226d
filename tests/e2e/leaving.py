"""Every token that a deployed sandbox has made, looked for in all that has left Signalbox."""

import json
from collections.abc import Iterator

from sandbox.demo.world import World


class Tokens:
    """Those that a sandbox's gates have had. A gate that is settled has none any more, so that they
    are looked up while it waits.
    """

    def __init__(self) -> None:
        self.seen: dict[str, str] = {}

    def look(self, world: World) -> None:
        """Remember the tokens that the ledger has now."""
        scan = world.aws("dynamodb").get_paginator("scan")
        ledger = world.deployment.outputs["LedgerTableName"]
        for page in scan.paginate(TableName=ledger):
            for item in page["Items"]:
                for name in ("approval_token", "task_token"):
                    if token := item.get(name, {}).get("S"):
                        self.seen[token] = name


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
