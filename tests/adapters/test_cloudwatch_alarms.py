"""What CloudWatch says of alarms, metric and composite ones, as far as they may be read."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from ministack.services import cloudwatch
from signalbox.adapters.cloudwatch_alarms import AT_ONCE, CloudWatchAlarms
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError
from signalbox.domain.services import Service
from signalbox.domain.states import AlarmState

from tests.adapters.stubbed import StubbedClients
from tests.fakes import REGION, a_service

COMPOSITE = {"AlarmTypes": ["CompositeAlarm"]}


@pytest.fixture
def clients() -> StubbedClients:
    return StubbedClients()


def answers(
    clients: StubbedClients, *names: str, composite: bool = False, **alarms: list[dict[str, str]]
) -> None:
    asked = {"AlarmNames": list(names), "MaxRecords": AT_ONCE, **(COMPOSITE if composite else {})}
    clients.answers("cloudwatch").add_response("describe_alarms", alarms, asked)


def denies(clients: StubbedClients, code: str) -> None:
    clients.answers("cloudwatch").add_client_error("describe_alarms", code, "no")


def alarm(name: str, state: str = "OK") -> dict[str, str]:
    return {"AlarmName": name, "StateValue": state}


def states(clients: Any, *names: str) -> dict[str, AlarmState]:
    return dict(CloudWatchAlarms(clients).state(a_service(), names))


def test_composite_alarms_are_asked_for_and_read(clients: StubbedClients) -> None:
    answers(clients, "errors", "all", MetricAlarms=[alarm("errors")])
    answers(clients, "all", composite=True, CompositeAlarms=[alarm("all", "ALARM")])
    assert states(clients, "errors", "all") == {"errors": AlarmState.OK, "all": AlarmState.ALARM}


def test_an_alarm_that_was_deleted_or_renamed_is_absent(clients: StubbedClients) -> None:
    answers(clients, "errors", "gone", MetricAlarms=[alarm("errors", "INSUFFICIENT_DATA")])
    answers(clients, "gone", composite=True, CompositeAlarms=[])
    assert states(clients, "errors", "gone") == {"errors": AlarmState.INSUFFICIENT_DATA}


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_where_composite_alarms_may_not_be_read_metric_alarms_are_and_the_rest_is_unknown(
    clients: StubbedClients, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    answers(clients, "errors", "all", MetricAlarms=[alarm("errors", "ALARM")])
    denies(clients, code)
    found = states(clients, "errors", "all")
    assert found == {"errors": AlarmState.ALARM, "all": AlarmState.UNKNOWN}
    assert "composite alarms of hello cannot be read" in caplog.text


def test_where_metric_alarms_may_not_be_read_nothing_is_known(clients: StubbedClients) -> None:
    denies(clients, "AccessDenied")
    with pytest.raises(AwsRefusedError, match="read the alarms of hello"):
        states(clients, "errors")


@pytest.mark.parametrize(
    ("code", "error"),
    [("ValidationError", AwsRefusedError), ("Throttling", AwsUnavailableError)],
)
def test_what_is_no_want_of_a_right_is_not_asked_again(
    clients: StubbedClients, code: str, error: type[Exception]
) -> None:
    answers(clients, "all", MetricAlarms=[])
    denies(clients, code)
    with pytest.raises(error, match=code):
        states(clients, "all")


def test_more_names_than_one_call_takes_are_asked_for_in_turn(clients: StubbedClients) -> None:
    names = [f"a{n}" for n in range(AT_ONCE + 1)]
    answers(clients, *names[:AT_ONCE], MetricAlarms=[alarm(one) for one in names[:AT_ONCE]])
    answers(clients, names[AT_ONCE], MetricAlarms=[alarm(names[AT_ONCE])])
    assert list(states(clients, *names)) == names


def test_a_state_that_nobody_knows_yet_is_unknown(clients: StubbedClients) -> None:
    answers(clients, "all", MetricAlarms=[{"AlarmName": "all"}])
    assert states(clients, "all") == {"all": AlarmState.UNKNOWN}


class InTheSandbox:
    """A client of MiniStack's CloudWatch, which keeps the sandbox's alarms."""

    def __init__(self) -> None:
        self.client: Any = botocore.session.Session().create_client(
            "cloudwatch", region_name=REGION, aws_access_key_id="t", aws_secret_access_key="t"
        )
        self.client.meta.events.register("before-send", self._send)

    def for_service(self, service: Service, name: str) -> Any:
        return self.client

    def _send(self, request: Any, **_: Any) -> AWSResponse:
        said = {
            key.lower(): value.decode() if isinstance(value, bytes) else value
            for key, value in request.headers.items()
        }
        body = request.body or b""
        path = urlsplit(request.url).path
        body = body if isinstance(body, bytes) else body.encode()
        asked = cloudwatch.handle_request(request.method, path, said, body, {})
        status, headers, answer = asyncio.run(asked)
        return AWSResponse(request.url, status, headers, _Raw(answer))


class _Raw(io.BytesIO):
    def __init__(self, answer: bytes | str) -> None:
        super().__init__(answer if isinstance(answer, bytes) else answer.encode())

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture
def sandbox() -> Iterator[InTheSandbox]:
    cloudwatch.reset()
    yield InTheSandbox()
    cloudwatch.reset()


def test_the_sandbox_answers_as_aws_does(sandbox: InTheSandbox) -> None:
    sandbox.client.put_metric_alarm(
        AlarmName="errors",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    sandbox.client.put_composite_alarm(AlarmName="all", AlarmRule="ALARM(errors)")
    sandbox.client.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    assert states(sandbox, "errors", "all", "gone") == {
        "errors": AlarmState.ALARM,
        "all": AlarmState.ALARM,
    }
