"""A release half-way: what the panes show in the browser tests and on the screenshots."""

import json
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

EXECUTION = "3f1c9a52-7d0e-4b1c-9a55-2f6f1f0d9b11"
VALUE = json.dumps({"gate": "g-1", "digest": "d-1"})


def _stage(name: str, status: str | None, *actions: tuple[str, str], reason: str = "") -> Json:
    return {
        "name": name,
        "transition": {"enabled": not reason, "reason": reason},
        "status": status or "NotStarted",
        "execution": EXECUTION if status else None,
        "actions": [{"name": action, "status": state, "summary": ""} for action, state in actions],
    }


def _execution(execution: str, status: str, message: str) -> Json:
    """As `ListPipelineExecutions` has it, with CodeConnections' summary of the commit."""
    summary = json.dumps({"ProviderType": "GitHub", "CommitMessage": f"{message}\n\nAnd why."})
    return {
        "pipelineExecutionId": execution,
        "status": status,
        "startTime": 1795381692.0,
        "sourceRevisions": [{"actionName": "Source", "revisionSummary": summary}],
        "trigger": {"triggerType": "WebhookV2", "triggerDetail": ""},
    }


def pipelines() -> Json:
    """The service's pipeline, waiting at its gate, production held after an incident."""
    stages = [
        _stage("Source", "Succeeded", ("Source", "Succeeded")),
        _stage("Build", "Succeeded", ("BuildAndTest", "Succeeded")),
        _stage("Staging", "Succeeded", ("Deploy", "Succeeded")),
        _stage("Approval", "InProgress", ("Approve", "WaitingForApproval")),
        _stage("Production", None, reason="Held by Signalbox: incident 41 was rolled back"),
    ]
    executions = [
        _execution(EXECUTION, "InProgress", "Greet people by name"),
        _execution("0b9c77aa-5f4d-4e9a-8f5e-6a2b1c3d4e5f", "Succeeded", "Say hello"),
    ]
    return {"pipelines": [{"name": "hello", "stages": stages, "executions": executions}]}


def alarms() -> list[Json]:
    """One alarm in each state."""
    at = "2026-11-22T21:14:03+00:00"
    return [
        {
            "name": "hello-production-errors",
            "state": "OK",
            "reason": "Threshold Crossed: 1 datapoint [0.0] was not greater than or equal to 1.0.",
            "metric": "Errors",
            "updated": at,
        },
        {
            "name": "hello-production-error-rate",
            "state": "INSUFFICIENT_DATA",
            "reason": "Unchecked: Initial alarm creation",
            "metric": "errors / invocations",
            "updated": at,
        },
        {
            "name": "hello-staging-errors",
            "state": "ALARM",
            "reason": "Threshold Crossed: 1 datapoint [3.0] was greater than or equal to 1.0.",
            "metric": "Errors",
            "updated": at,
        },
    ]


def facts() -> list[Json]:
    """The ledger's facts of the release so far, newest first."""
    told = [
        ("action", "Approval/Approve", "STARTED"),
        ("stage", "Approval", "STARTED"),
        ("stage", "Staging", "SUCCEEDED"),
        ("action", "Staging/Deploy", "SUCCEEDED"),
        ("action", "Staging/Deploy", "STARTED"),
        ("stage", "Staging", "STARTED"),
        ("stage", "Build", "SUCCEEDED"),
        ("action", "Build/BuildAndTest", "SUCCEEDED"),
        ("action", "Build/BuildAndTest", "STARTED"),
        ("stage", "Source", "SUCCEEDED"),
        ("action", "Source/Source", "SUCCEEDED"),
        ("pipeline", "pipeline", "STARTED"),
    ]
    return [
        {
            "key": f"{kind} {what} {state}",
            "release": f"123456789012/us-east-1/hello/{EXECUTION}",
            "kind": kind,
            "what": what,
            "attempt": "1",
            "state": state,
            "at": f"2026-11-22T21:{14 - number // 2:02d}:{59 - number * 3:02d}+00:00",
        }
        for number, (kind, what, state) in enumerate(told)
    ]


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def _marked(text: str) -> Json:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def card() -> tuple[str, list[Json]]:
    """A card as Signalbox sends it, with a stranger's hostile commit message."""
    title = "✋ hello · 4be1f07 · waiting for approval"
    confirm = {
        "title": _plain("Approve this release?"),
        "text": _plain("4be1f07 of hello goes on after Approval."),
        "confirm": _plain("Approve"),
        "deny": _plain("Not yet"),
    }
    stages = [
        "✅ *Source*  21:08:12 · 2 s",
        "✅ *Build*  21:08:15 · 31 s",
        "✅ *Staging*  21:08:47 · 9 s",
        "🔵 *Approval*  21:08:57",
    ]
    approve = {
        **{"type": "button", "action_id": "approve_gate", "text": _plain("Approve")},
        **{"style": "primary", "value": VALUE, "confirm": confirm},
    }
    reject = {
        **{"type": "button", "action_id": "reject_gate", "text": _plain("Reject")},
        **{"style": "danger", "value": VALUE},
    }
    subject = "Greet people by name &lt;img src=x onerror=document.title='owned'&gt;"
    changes = (
        "2 commits since 9c2a6d1, the last good release:\n"
        "• 4be1f07 Dana Author: Greet people by name\n"
        "• 77e0c35 Dana Author: Say how long a greeting took"
    )
    blocks: list[Json] = [
        {"type": "header", "text": _plain(title)},
        {"type": "section", "text": _plain(subject)},
        {
            "type": "context",
            "elements": [
                _marked("Dana Author · example/hello@main · <https://example.com/p|pipeline hello>")
            ],
        },
        {"type": "section", "text": _marked("\n".join(stages))},
        {"type": "context", "elements": [_marked("🧪 14 tests passed, 0 failed")]},
        {"type": "divider"},
        {
            "type": "section",
            "text": _marked("✋ *May `4be1f07` go on to the stage after `Approval`?*"),
        },
        {"type": "section", "text": _plain(changes)},
        {
            "type": "section",
            "fields": [
                _marked("*Checks*\n✅ All tests passed\n⚠️ Outside working hours"),
                _marked("*Way back*\nRollback to 9c2a6d1 is possible"),
                _marked("*Revision*\n`4be1f07a92c4`"),
                _marked("*Artifact (SHA-256)*\n`c1d20ab5f7e3`"),
            ],
        },
        {
            "type": "context",
            "elements": [
                _marked("Needs 1 approval · authors may not approve their own change · "
                        "no answer by Mon 23 Nov 21:08 UTC means no")
            ],
        },
        {"type": "actions", "block_id": "gate:g-1", "elements": [approve, reject]},
    ]  # fmt: skip
    return title, blocks


def modal(channel: str, ts: str) -> Mapping[str, Any]:
    """The modal that asks why."""
    metadata = {"gate": "g-1", "digest": "d-1", "channel": channel, "ts": ts}
    element = {
        **{"type": "plain_text_input", "action_id": "reason", "multiline": True},
        **{"min_length": 1, "max_length": 500},
    }
    return {
        "type": "modal",
        "callback_id": "reject_gate_reason",
        "private_metadata": json.dumps(metadata),
        "title": _plain("Reject this release"),
        "submit": _plain("Reject"),
        "close": _plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": "reason",
                "label": _plain("Why?"),
                "hint": _plain("Kept in the audit and told to CodePipeline and the channel."),
                "element": element,
            }
        ],
    }
