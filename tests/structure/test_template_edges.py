"""Every edge between services: allowed by the receiver, to one sender, never lost in silence."""

import itertools
from typing import Any

import pytest
from signalbox.adapters.api_endpoint import ROUTES

from tests.structure.event_patterns import matches
from tests.structure.templates import (
    as_list,
    every,
    points_at,
    resources,
    samples,
    statements,
    template,
    text_of,
)

RULES = resources("cfn.json", "AWS::Events::Rule")
PATTERNS = {key: rule["EventPattern"] for key, rule in RULES.items() if "EventPattern" in rule}
ALARMS = resources("cfn.json", "AWS::CloudWatch::Alarm")
QUEUES = resources("cfn.json", "AWS::SQS::Queue")
WATCHED = {
    "CodePipelinePipelineRule",
    "CodePipelineStageRule",
    "CodePipelineActionRule",
    "CodeBuildRule",
    "CodeDeployRule",
    "EcsDeploymentRule",
    "EcrScanRule",
    "PipelineCallRule",
    "AlarmRule",
}


def allowed(kind: str, receiver: str, service: str, template_name: str = "cfn.json") -> list[Any]:
    """The statements by which a service may write to a receiver."""
    holders = resources(template_name, kind)
    return [
        statement
        for key, statement in statements(template_name)
        if key in holders
        and statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": service}
        and points_at(statement["Resource"]) == receiver
    ]


def test_every_source_of_the_design_has_its_rule() -> None:
    assert set(PATTERNS) == WATCHED


@pytest.mark.parametrize("rule", sorted(PATTERNS))
def test_every_rule_matches_a_sample_event(rule: str) -> None:
    assert any(matches(PATTERNS[rule], event) for event in samples())


def test_no_event_is_delivered_by_two_rules() -> None:
    for one, other in itertools.combinations(PATTERNS.values(), 2):
        assert not any(matches(one, event) and matches(other, event) for event in samples())


def test_our_own_alarms_do_not_come_back_to_us_as_events() -> None:
    (but,) = PATTERNS["AlarmRule"]["detail"]["alarmName"]
    assert {points_at(name) for name in but["anything-but"]} == set(ALARMS)


@pytest.mark.parametrize(("name", "rule", "properties"), every("AWS::Events::Rule"))
def test_every_rule_retries_and_has_a_dead_letter_queue(
    name: str, rule: str, properties: dict[str, Any]
) -> None:
    for target in properties["Targets"]:
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] >= 300
        queue = points_at(target["DeadLetterConfig"]["Arn"])
        assert queue in resources(name, "AWS::SQS::Queue")
        assert_may_write("AWS::SQS::QueuePolicy", queue, rule, name)


@pytest.mark.parametrize("rule", sorted(PATTERNS))
def test_the_inbox_takes_events_from_every_rule_and_says_from_which(rule: str) -> None:
    assert_may_write("AWS::SQS::QueuePolicy", "InboxQueue", rule)
    (target,) = RULES[rule]["Targets"]
    assert points_at(target["Arn"]) == "InboxQueue"


def assert_may_write(kind: str, queue: str, rule: str, template_name: str = "cfn.json") -> None:
    senders = [
        points_at(arn)
        for statement in allowed(kind, queue, "events.amazonaws.com", template_name)
        for arn in as_list(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
    ]
    assert rule in senders


def test_nothing_but_a_listed_rule_may_write_to_a_queue() -> None:
    for key, statement in statements("cfn.json"):
        if key.endswith("QueuePolicy") and statement["Effect"] == "Allow":
            assert set(statement["Condition"]) == {"ArnEquals"}


def test_the_topic_takes_alarms_of_this_stack_only() -> None:
    (statement,) = allowed(
        "AWS::SNS::TopicPolicy", "NotificationsTopic", "cloudwatch.amazonaws.com"
    )
    assert "alarm:${AWS::StackName}-*" in text_of(statement["Condition"]["ArnLike"])
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"}
    }


def test_every_call_of_a_function_from_outside_names_its_source() -> None:
    permissions = resources("cfn.json", "AWS::Lambda::Permission")
    assert {p["Principal"] for p in permissions.values()} == {
        "events.amazonaws.com",
        "apigateway.amazonaws.com",
    }
    assert all(p.get("SourceArn") for p in permissions.values())


@pytest.mark.parametrize("queue", sorted(q for q in QUEUES if "DeadLetter" not in q))
def test_every_queue_gives_up_into_a_dead_letter_queue_of_its_kind(queue: str) -> None:
    redrive = QUEUES[queue]["RedrivePolicy"]
    dead = QUEUES[points_at(redrive["deadLetterTargetArn"])]
    assert dead.get("FifoQueue") == QUEUES[queue].get("FifoQueue")
    assert redrive["maxReceiveCount"] >= 5


@pytest.mark.parametrize(
    ("name", "queue", "_"), [q for q in every("AWS::SQS::Queue") if "DeadLetter" in q[1]]
)
def test_every_dead_letter_queue_has_an_alarm(name: str, queue: str, _: object) -> None:
    alarms = resources(name, "AWS::CloudWatch::Alarm").values()
    watching = [a for a in alarms if a.get("MetricName") == "ApproximateNumberOfMessagesVisible"]
    assert queue in [points_at(d["Value"]) for a in watching for d in a["Dimensions"]]


@pytest.mark.parametrize("alarm", sorted(ALARMS))
def test_every_alarm_of_ours_tells_the_topic(alarm: str) -> None:
    assert [points_at(a) for a in ALARMS[alarm]["AlarmActions"]] == ["NotificationsTopic"]


def test_silence_of_the_reconciler_is_an_alarm() -> None:
    assert ALARMS["ReconcileSilentAlarm"]["TreatMissingData"] == "breaching"


def test_every_failed_workflow_is_an_alarm() -> None:
    machines = resources("cfn.json", "AWS::StepFunctions::StateMachine")
    text = text_of([a.get("Metrics") for a in ALARMS.values()])
    assert all(text_of({"Ref": machine}) in text for machine in machines)


def test_consumers_report_single_failures_and_have_time_to_finish() -> None:
    functions = resources("cfn.json", "AWS::Lambda::Function")
    mappings = resources("cfn.json", "AWS::Lambda::EventSourceMapping").values()
    assert len(mappings) == 3
    for mapping in mappings:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
        timeout = functions[points_at(mapping["FunctionName"])]["Timeout"]
        queue = QUEUES[points_at(mapping["EventSourceArn"])]
        assert queue["VisibilityTimeout"] >= 6 * timeout


def test_a_failed_call_of_the_reconciler_is_not_lost() -> None:
    (config,) = resources("cfn.json", "AWS::Lambda::EventInvokeConfig").values()
    destination = config["DestinationConfig"]["OnFailure"]["Destination"]
    assert points_at(destination) == "ReconcileDeadLetterQueue"


def test_the_slack_endpoint_is_throttled_and_logged() -> None:
    (stage,) = resources("cfn.json", "AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert points_at(stage["AccessLogSettings"]["DestinationArn"]) == "SlackApiLogGroup"
    routes = resources("cfn.json", "AWS::ApiGatewayV2::Route").values()
    open_to_all = {r["RouteKey"] for r in routes if r["AuthorizationType"] == "NONE"}
    assert open_to_all == {"POST /slack/interactions", "POST /slack/commands"}


def test_every_other_route_takes_the_identity_from_aws_and_is_answered() -> None:
    routes = resources("cfn.json", "AWS::ApiGatewayV2::Route").values()
    signed = {r["RouteKey"] for r in routes if r["AuthorizationType"] == "AWS_IAM"}
    assert {r["AuthorizationType"] for r in routes} == {"NONE", "AWS_IAM"}
    assert signed == set(ROUTES)


def test_a_push_to_codecommit_starts_the_pipeline_and_one_to_github_does_by_trigger() -> None:
    rule = template("service.json")["Resources"]["SourceRule"]
    assert rule["Condition"] == "UsesCodeCommit"
    pipeline = resources("service.json", "AWS::CodePipeline::Pipeline")["Pipeline"]
    condition, github, codecommit = pipeline["Triggers"]["Fn::If"]
    assert condition == "UsesGitHub"
    assert github[0]["GitConfiguration"]["Push"][0]["Branches"]["Includes"] == [
        {"Ref": "BranchName"}
    ]
    assert codecommit == {"Ref": "AWS::NoValue"}
