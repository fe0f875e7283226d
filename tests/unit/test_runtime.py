"""Settings, logs, batches and the inbox: what stands between Lambda and the use cases."""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime, timedelta
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import pytest
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, SettingMissingError
from signalbox.runtime import logging as logs
from signalbox.runtime.batches import handle_batch
from signalbox.runtime.clients import Clients
from signalbox.runtime.inbox import handle_inbox
from signalbox.runtime.reconciling import reported_run
from signalbox.runtime.settings import Settings
from signalbox.runtime.wiring import World

from tests.fakes import ACCOUNT, NOW, FakeWorld, FixedClock, a_service, release_id

ENVIRON = {
    "LEDGER_TABLE": "ledger",
    "AUDIT_TABLE": "audit",
    "ANCHOR_BUCKET": "anchors",
    "MESSAGES_QUEUE_URL": "https://sqs/m.fifo",
    "WORK_QUEUE_URL": "https://sqs/w",
    "INBOX_DLQ_URL": "https://sqs/dlq",
    "NOTIFICATIONS_TOPIC_ARN": f"arn:aws:sns:us-east-1:{ACCOUNT}:t",
    "SLACK_SECRET_ARN": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:s",
    "SLACK_API_URL": "https://slack.com/api/",
    "PARAMETER_PREFIX": "/signalbox/signalbox",
    "APPROVAL_MACHINE_ARN": "arn:1",
    "ROLLBACK_MACHINE_ARN": "arn:2",
    "CLEANUP_MACHINE_ARN": "arn:3",
    "ALLOWED_ACCOUNTS": f"{ACCOUNT}, 210987654321",
}


@pytest.fixture(autouse=True)
def _fresh_loggers(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    # Powertools keeps a logger, and the stdout it found, for each name of a service.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", request.node.name)
    logs.logger.cache_clear()
    logs.metrics.cache_clear()


def messages(*bodies: Any, groups: str = "") -> dict[str, Any]:
    """An SQS batch as Lambda hands it over; ``groups`` gives each message its group's letter."""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"MessageGroupId": groups[number]} if groups else {},
            }
            for number, body in enumerate(bodies)
        ]
    }


def failed(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.mark.parametrize("name", ENVIRON)
def test_a_missing_setting_is_named(name: str) -> None:
    settings = Settings({key: value for key, value in ENVIRON.items() if key != name})
    accessor = {"INBOX_DLQ_URL": "inbox_dlq_url"}.get(name, name.lower())
    with pytest.raises(SettingMissingError, match=name):
        getattr(settings, accessor)
    assert getattr(Settings(ENVIRON), accessor)


def test_allowed_accounts_are_a_set() -> None:
    assert Settings(ENVIRON).allowed_accounts == {ACCOUNT, "210987654321"}


def test_every_port_has_its_adapter_and_making_it_calls_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    stack = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/signalbox/1"
    world = World(Settings(ENVIRON | {"STACK_ID": stack}))
    world.__dict__["clients"] = SimpleNamespace(own=lambda name: SimpleNamespace(name=name))
    ports = [
        name
        for name, member in inspect.getmembers(World)
        if isinstance(member, cached_property | property)
    ]
    assert {name for name in vars(FakeWorld()) if name != "ledger"} <= set(ports)
    for name in ports:
        assert getattr(world, name) is getattr(world, name), f"{name} is made once"


def test_a_message_that_fails_does_not_take_its_batch_along() -> None:
    seen: list[Any] = []

    def handle(body: Any) -> None:
        seen.append(body)
        if body == {"n": 1}:
            raise AwsUnavailableError("away")
        if body == {"n": 2}:
            raise ZeroDivisionError

    answer = handle_batch(messages({"n": 0}, {"n": 1}, {"n": 2}, {"n": 3}, "no json"), handle)
    assert failed(answer) == ["m1", "m2", "m4"]
    assert len(seen) == 4


def test_a_failure_stops_its_own_group_and_no_other() -> None:
    seen: list[int] = []

    def handle(body: Any) -> None:
        seen.append(body)
        if body == 1:
            raise AwsUnavailableError("away")

    answer = handle_batch(messages(0, 1, 2, 3, 4, groups="AABAB"), handle, fifo=True)
    assert failed(answer) == ["m1", "m3"], "what follows in group A waits its turn"
    assert seen == [0, 1, 2, 4]


def test_logs_are_one_line_of_json_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    token = "xoxb-" + "1234567890-abcdefghijkl"
    logs.logger().error(f"token {token}", extra={"nested": {"list": [f"again {token}"]}})
    try:
        raise AwsRefusedError(f"with {token}", code="X")
    except AwsRefusedError:
        logs.logger().exception("failed")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(json.loads(line)["level"] == "ERROR" for line in lines)
    assert token not in "".join(lines)
    assert "AwsRefusedError" in lines[1]


def test_what_use_cases_log_leaves_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    import logging

    logs.logger()
    logging.getLogger("signalbox.usecases.reconcile").error("could not %s", "read")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["message"] == "could not read"


def test_a_handler_lets_errors_escape_logs_them_and_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    @logs.reported
    def handler(event: Any, context: Any) -> None:
        logs.count("Things", 2)
        raise AwsUnavailableError("away")

    with pytest.raises(AwsUnavailableError):
        handler({"secret": "never logged"}, SimpleNamespace(aws_request_id="r1"))
    error, counts = map(json.loads, capsys.readouterr().out.splitlines())
    assert (error["function_request_id"], error["error"]) == ("r1", "AwsUnavailableError")
    assert "never logged" not in json.dumps(error)
    assert counts["Things"] == [2.0]
    assert counts["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]


class Inbox(FakeWorld):
    """A world with settings and a client that remembers what was sent."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.settings = Settings(ENVIRON)
        self.sent: list[dict[str, Any]] = []

        def send_message(**request: Any) -> None:
            if error:
                raise error
            self.sent.append(request)

        sqs = SimpleNamespace(send_message=send_message)
        self.clients = SimpleNamespace(own=lambda name: {"sqs": sqs}[name])


def an_event(account: str = ACCOUNT) -> dict[str, Any]:
    release = release_id()
    return {
        "version": "0",
        "id": "e1",
        "source": "aws.codepipeline",
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "account": account,
        "region": "us-east-1",
        "time": "2026-11-22T12:00:00Z",
        "resources": [release.pipeline.arn],
        "detail": {
            "pipeline": "hello",
            "execution-id": release.execution,
            "state": "STARTED",
            "version": 1.0,
            "pipeline-execution-attempt": 1.0,
            "start-time": "2026-11-22T12:00:00.000Z",
        },
    }


def test_unreadable_events_go_aside_with_their_reason_and_the_rest_goes_on() -> None:
    world = Inbox()
    unknown = {**an_event(), "detail-type": "CodePipeline Dance"}
    batch = messages("no json", unknown, an_event("999999999999"), an_event())
    assert failed(handle_inbox(batch, world)) == []  # type: ignore[arg-type]
    assert world.ledger.release(release_id())
    reasons = [one["MessageAttributes"]["reason"]["StringValue"] for one in world.sent]
    assert [one["QueueUrl"] for one in world.sent] == ["https://sqs/dlq"] * 3
    assert world.sent[0]["MessageBody"] == "no json"
    assert "not JSON" in reasons[0]
    assert "CodePipeline Dance" in reasons[1]
    assert reasons[2].startswith("ForeignAccountError: account '999999999999'")


def test_an_unreadable_event_that_cannot_go_aside_comes_again() -> None:
    world = Inbox(error=AwsUnavailableError("away"))
    assert failed(handle_inbox(messages("no json", an_event()), world)) == ["m0"]  # type: ignore[arg-type]


def test_a_readable_event_that_cannot_be_written_comes_again() -> None:
    world = Inbox()

    def refuse(*_: Any) -> bool:
        raise AwsRefusedError("no", code="AccessDeniedException")

    world.ledger.record = refuse  # type: ignore[method-assign, assignment]
    assert failed(handle_inbox(messages(an_event()), world)) == ["m0"]  # type: ignore[arg-type]
    assert world.sent == [], "it can be read, so a retry may help"


def test_a_run_of_the_reconciler_is_counted_and_fails_where_it_was_blind(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = Inbox()
    handler = logs.reported(lambda *_: reported_run(world))  # type: ignore[arg-type]
    assert handler({}, None) == {
        "UnheardFacts": 0,
        "PendingEffects": 0,
        "ClosedGates": 0,
        "ClosedIncidents": 0,
        "RestartedWorkflows": 0,
        "AnchoredChains": 0,
        "ThrottledReads": 0,
        "LeftForTheNextRun": 0,
    }
    counted = json.loads(capsys.readouterr().out)
    assert counted["UnheardFacts"] == [0.0]
    (metrics,) = counted["_aws"]["CloudWatchMetrics"]
    assert metrics["Dimensions"] == [["service"]], "a dimension more would cost more than all else"
    world.pipelines.fail_with = AwsUnavailableError("away")
    with pytest.raises(AwsUnavailableError):
        reported_run(world)  # type: ignore[arg-type]


class FakeSession:
    """botocore's session, counting clients and assumed roles."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []
        self.assumed: list[dict[str, Any]] = []
        self.expires = NOW + timedelta(hours=1)

    def create_client(self, name: str, **options: Any) -> Any:
        self.made.append({"name": name, **options})
        return SimpleNamespace(name=name, assume_role=self._assume, options=options)

    def _assume(self, **request: Any) -> Any:
        self.assumed.append(request)
        number = len(self.assumed)
        given = {
            "AccessKeyId": f"key{number}",
            "SecretAccessKey": "hidden-secret",
            "SessionToken": "hidden-token",
            "Expiration": self.expires,
        }
        return {"Credentials": given}


def test_an_operator_role_is_assumed_once_until_it_is_about_to_expire(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session, clock = FakeSession(), FixedClock()
    monkeypatch.setattr("botocore.session.Session", lambda: session)
    clients = Clients(function="settle_gate", clock=clock)
    assert session.made == [], "nothing is made before it is asked for"
    service = a_service()
    first = clients.for_service(service, "codepipeline")
    assert clients.for_service(service, "codepipeline") is first
    clients.for_service(service, "lambda")
    assert [one["RoleSessionName"] for one in session.assumed] == ["signalbox-settle_gate"]
    assert first.options["region_name"] == service.pipeline.region
    clock.moment = session.expires - timedelta(minutes=5)
    session.expires = datetime(2026, 11, 22, 14, tzinfo=UTC)
    renewed = clients.for_service(service, "codepipeline")
    assert renewed is not first
    assert renewed.options["aws_access_key_id"] == "key2"
    assert "hidden" not in repr(vars(clients)["_roles"])
