"""What `signalbox doctor` looks at: one function each, in the order in which it says it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError

from cli.checkup_documents import operators, people, policies, routes, waivers
from cli.control_api import FORBIDDEN
from cli.examined import Finding, Level, Patient

RUNS_WITHIN = timedelta(minutes=15)
"""The reconciler is called every five minutes; its alarm fires after as many."""

DEAD_LETTERS = (
    "InboxDeadLetterQueueUrl",
    "MessagesDeadLetterQueueUrl",
    "WorkDeadLetterQueueUrl",
    "ReconcileDeadLetterQueueUrl",
)


def api(patient: Patient) -> Iterator[Finding]:
    """The API answers, and the caller may call it."""
    try:
        waiting = len(patient.api().get("/gates").get("gates", []))
    except AwsRefusedError as refused:
        if refused.code == "403":
            yield Finding(Level.WARN, "the API refuses you", FORBIDDEN)
            return
        yield Finding(Level.FAIL, f"the API refuses: {refused}", "deploy the stack anew")
    except AwsUnavailableError as away:
        yield Finding(Level.FAIL, str(away), "look at the log of AnswerApiFunction")
    else:
        yield Finding(Level.OK, f"the API answers; {waiting} gate(s) wait for people")


def reconciler(patient: Patient) -> Iterator[Finding]:
    """It has run lately, and well."""
    function = patient.outputs["ReconcileFunctionName"]
    runs, errors = (_sum(patient, function, metric) for metric in ("Invocations", "Errors"))
    minutes = int(RUNS_WITHIN.total_seconds() // 60)
    if runs > errors:
        yield Finding(Level.OK, f"the reconciler has run {runs:.0f} times in {minutes} minutes")
    elif runs:
        yield Finding(
            Level.FAIL,
            f"the reconciler fails each time ({errors:.0f})",
            f"look at {function}'s log",
        )
    else:
        yield Finding(
            Level.FAIL,
            f"the reconciler has not run in {minutes} minutes: what events lose stays lost",
            "see whether its schedule is enabled; `signalbox reconcile` runs it now",
        )


def trail(patient: Patient) -> Iterator[Finding]:
    """A trail logs management events, so that calls past Signalbox are told at once."""
    client = patient.client("cloudtrail")
    with aws_call("list the trails"):
        trails = client.describe_trails(includeShadowTrails=True).get("trailList", [])
    region = client.meta.region_name
    for one in trails:
        here = one.get("IsMultiRegionTrail") or one.get("HomeRegion") == region
        if here and _logs_writes(client, str(one["TrailARN"])):
            yield Finding(Level.OK, f"the trail {one['Name']} logs management events")
            return
    yield Finding(
        Level.FAIL,
        "no trail logs management events: approvals, transitions and rollbacks past Signalbox"
        " are not told",
        "create a CloudTrail trail that logs management events (write events are enough)",
    )


def secret(patient: Patient) -> Iterator[Finding]:
    """Slack's secret is filled; what is in it is never said."""
    name = patient.outputs["SlackSecretArn"]
    with aws_call("read Slack's secret"):
        text = patient.client("secretsmanager").get_secret_value(SecretId=name).get("SecretString")
    try:
        held = json.loads(text or "")
        empty = [key for key in ("botToken", "signingSecret") if not held.get(key)]
    except (ValueError, AttributeError):
        yield Finding(Level.FAIL, "Slack's secret is no JSON object", f"fill {name} anew")
        return
    if empty:
        what = f"Slack's secret lacks {' and '.join(empty)}: Slack is left out"
        yield Finding(Level.WARN, what, "deploy with SlackBotToken and SlackSigningSecret")
    else:
        yield Finding(Level.OK, "Slack's secret is filled")


def mail(patient: Patient) -> Iterator[Finding]:
    """Somebody gets what the topic says."""
    with aws_call("list the topic's subscriptions"):
        found = patient.client("sns").list_subscriptions_by_topic(
            TopicArn=patient.outputs["NotificationsTopicArn"]
        )["Subscriptions"]
    pending = [one for one in found if one["SubscriptionArn"] == "PendingConfirmation"]
    if pending:
        what = f"{len(pending)} subscription(s) of the topic are not confirmed"
        yield Finding(Level.WARN, what, "follow the link in the e-mail that SNS has sent")
    elif not found:
        what = "nobody subscribes to the topic: alarms, and news while Slack is down, go nowhere"
        yield Finding(Level.WARN, what, "deploy with NotificationEmail, or subscribe to it")
    else:
        yield Finding(Level.OK, f"{len(found)} subscription(s) of the topic")


def dead_letters(patient: Patient) -> Iterator[Finding]:
    """No queue has given anything up."""
    left = {name: _letters(patient, name) for name in DEAD_LETTERS}
    for name, number in left.items():
        if number:
            queue = name.removesuffix("DeadLetterQueueUrl").lower()
            again = "reconcile" if queue == "reconcile" else f"redrive {queue}"
            do = f"see docs/runbooks/dead-letters.md; then: signalbox {again}"
            yield Finding(Level.WARN, f"{number} dead letter(s) of {queue}", do)
    if not any(left.values()):
        yield Finding(Level.OK, "no dead letters")


CHECKUPS: Mapping[str, Callable[[Patient], Iterator[Finding]]] = {
    "API": api,
    "reconciler": reconciler,
    "CloudTrail": trail,
    "people": people,
    "policies": policies,
    "waivers": waivers,
    "routes": routes,
    "operator roles": operators,
    "Slack": secret,
    "e-mail": mail,
    "dead letters": dead_letters,
}


def _sum(patient: Patient, function: str, metric: str) -> float:
    with aws_call("read the reconciler's metrics"):
        points = patient.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": function}],
            StartTime=patient.now - RUNS_WITHIN,
            EndTime=patient.now,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


def _logs_writes(client: Any, trail_arn: str) -> bool:
    with aws_call(f"read {trail_arn}"):
        if not client.get_trail_status(Name=trail_arn).get("IsLogging"):
            return False
        said = client.get_event_selectors(TrailName=trail_arn)
    plain, advanced = said.get("EventSelectors", []), said.get("AdvancedEventSelectors", [])
    return any(
        one.get("IncludeManagementEvents", True) and one.get("ReadWriteType", "All") != "ReadOnly"
        for one in plain
    ) or any(_admits_writes(one.get("FieldSelectors", [])) for one in advanced)


def _admits_writes(fields: list[Mapping[str, Any]]) -> bool:
    """Whether an advanced selector takes management events that write, of CodePipeline too."""
    said = {one["Field"]: one for one in fields}
    category = said.get("eventCategory", {}).get("Equals", [])
    read_only = said.get("readOnly", {}).get("Equals", ["false"])
    source = said.get("eventSource", {})
    excluded = "codepipeline.amazonaws.com" in source.get("NotEquals", [])
    return "Management" in category and "false" in read_only and not excluded


def _letters(patient: Patient, output: str) -> int:
    with aws_call("count dead letters"):
        answer = patient.client("sqs").get_queue_attributes(
            QueueUrl=patient.outputs[output], AttributeNames=["ApproximateNumberOfMessages"]
        )
    return int(answer.get("Attributes", {}).get("ApproximateNumberOfMessages", 0))
