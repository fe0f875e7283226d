"""Payloads that are no business of Signalbox's inbox, named so that people see what came.

Slack's payloads are read where they are answered; here they are only recognised.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from signalbox.events.fields import mapping, text
from signalbox.events.reading import Reading, ignored
from signalbox.events.wrappers import json_object

_SLACK = "Slack's requests come through the HTTP API, not through the inbox"
_SLACK_TYPES = frozenset(
    [
        "block_actions",
        "block_suggestion",
        "event_callback",
        "interactive_message",
        "message",
        "message_action",
        "shortcut",
        "url_verification",
        "view_closed",
        "view_submission",
        "workflow_step_edit",
    ]
)
_BY_KEYS: tuple[tuple[str, str, frozenset[str]], ...] = (
    (
        "codepipeline.lambda_job",
        "a job for a Lambda action is answered by that function",
        frozenset({"CodePipeline.job"}),
    ),
    (
        "codecommit.lambda_trigger",
        "a push starts the pipeline by itself",
        frozenset({"codecommit", "eventTriggerName"}),
    ),
    (
        "codedeploy.lambda_hook",
        "a lifecycle hook is answered by its own function",
        frozenset({"DeploymentId", "LifecycleEventHookExecutionId"}),
    ),
    (
        "ecs.lambda_hook",
        "a lifecycle hook is answered by its own function",
        frozenset({"lifecycleStage", "resourceArn"}),
    ),
    (
        "github.push",
        "the connection starts the pipeline by itself",
        frozenset({"ref", "before", "after", "repository"}),
    ),
    ("slack.signature", _SLACK, frozenset({"timestamp", "body", "signature"})),
)


def recognise(payload: Mapping[str, Any]) -> Reading | None:
    """Name a payload by its shape; None where it is of no shape known here."""
    for kind, reason, keys in _BY_KEYS:
        if keys <= payload.keys():
            return ignored(kind, reason)
    if slack := _slack_kind(payload):
        return ignored(slack, _SLACK)
    if isinstance(payload.get("body"), str) and (slack := _slack_form(payload)):
        return ignored(slack, _SLACK)
    if "requestContext" in payload or {"httpMethod", "headers"} <= payload.keys():
        return ignored("http.request", "an HTTP request that is not from Slack")
    if payload.get("Type") in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        return ignored("sns.subscription", "a subscription is confirmed by whoever made it")
    origin = text(payload.get("eventSource")) or text(payload.get("EventSource"))
    if origin.startswith("aws:"):
        return ignored(f"lambda.{origin[4:]}", f"a Lambda record of {origin}")
    return None


def _slack_kind(payload: Mapping[str, Any]) -> str:
    said = text(payload.get("type"))
    from_slack = payload.keys() & {"team", "user", "ts", "token", "api_app_id", "bot_id", "event"}
    if said in _SLACK_TYPES and from_slack:
        return f"slack.{said}"
    if said in ("modal", "home") and "blocks" in payload:
        return "slack.view"
    if "text" in payload and payload.keys() & {"blocks", "attachments"}:
        return "slack.message"
    if "command" in payload and "response_url" in payload:
        return "slack.slash_command"
    return ""


def _slack_form(request: Mapping[str, Any]) -> str:
    body: str = request["body"]
    if request.get("isBase64Encoded") is True:
        try:
            body = base64.b64decode(body, validate=True).decode("utf-8")
        except ValueError:
            return ""
    try:
        form = {name: values[0] for name, values in parse_qs(body, max_num_fields=100).items()}
    except ValueError:
        return ""
    payload = form.get("payload")
    return _slack_kind(mapping(json_object(payload)) if payload else form)
