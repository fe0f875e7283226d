"""The document in Parameter Store: strict, and never a reason for silence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.adapters.ssm_routes import SsmRoutes, parse_routes
from signalbox.domain.errors import AwsUnavailableError, DocumentInvalidError
from signalbox.domain.routes import RouteTable, Rule, To, When

NAME = "/signalbox/x/routes"
GOOD = '{"contract": 1, "channel": "#releases"}'
TOPIC = "arn:aws:sns:us-east-1:123456789012:pagers"


class ScriptedParameters:
    def __init__(self, text: str, code: str = "") -> None:
        self.text, self.code, self.reads = text, code, 0

    def get_parameter(self, **_: Any) -> dict[str, Any]:
        self.reads += 1
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "GetParameter")
        return {"Parameter": {"Value": self.text}}


class Elapsed:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def a_rule(when: dict[str, Any], to: dict[str, Any]) -> str:
    rule = {"when": when, "to": to}
    return json.dumps({"contract": 1, "channel": "#releases", "routes": [rule]})


def test_a_document_with_nothing_but_a_channel_is_enough() -> None:
    assert parse_routes(GOOD, NAME) == RouteTable(channel="#releases")


def test_a_whole_document_is_read() -> None:
    text = a_rule(
        {"pipelines": ["web-*"], "kinds": ["failure"]},
        {"channels": ["C012AB3CD"], "topics": [TOPIC]},
    )
    rule = Rule(
        when=When(pipelines=("web-*",), kinds=("failure",)),
        to=To(channels=("C012AB3CD",), topics=(TOPIC,)),
    )
    assert parse_routes(text, NAME).rules == (rule,)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("{", "no JSON"),
        ("[]", "the document"),
        ('{"contract": 2, "channel": "#a"}', "contract"),
        ('{"contract": 1, "channel": ""}', "channel"),
        ('{"contract": 1, "channel": "releases"}', "channel"),
        ('{"contract": 1, "channel": "#a", "chanel": 1}', "chanel"),
        (a_rule({"pipeline": ["a"]}, {"channels": ["#a"]}), "routes.0.when.pipeline"),
        (a_rule({"kinds": ["failures"]}, {"channels": ["#a"]}), "routes.0.when.kinds"),
        (a_rule({}, {"topics": ["pagers"]}), "routes.0.to.topics"),
        (a_rule({}, {}), "routes.0.to"),
        (a_rule({}, {"channels": []}), "routes.0.to"),
    ],
)
def test_what_is_wrong_with_a_document_is_named(text: str, field: str) -> None:
    with pytest.raises(DocumentInvalidError, match=f"{NAME}: {field}"):
        parse_routes(text, NAME)


def test_a_document_is_read_once_a_minute(table: LedgerTable) -> None:
    parameters, elapsed = ScriptedParameters(GOOD), Elapsed()
    routes = SsmRoutes(parameters, "/signalbox/x", table, elapsed)
    for elapsed.seconds in (0, 59, 60):
        assert routes.in_force().table.channel == "#releases"
    assert parameters.reads == 2


@pytest.mark.parametrize("broken", ["{", '{"contract": 1}'])
def test_the_last_good_routes_survive_a_broken_document_and_a_new_start(
    table: LedgerTable, broken: str
) -> None:
    SsmRoutes(ScriptedParameters(GOOD), "/signalbox/x", table).in_force()
    found = SsmRoutes(ScriptedParameters(broken), "/signalbox/x", table).in_force()
    assert found.table.channel == "#releases"
    assert NAME in found.fault


def test_a_deleted_document_is_a_fault_and_no_end(table: LedgerTable) -> None:
    gone = ScriptedParameters("", code="ParameterNotFound")
    found = SsmRoutes(gone, "/signalbox/x", table).in_force()
    assert found.table == RouteTable()
    assert found.fault


def test_a_throttled_read_keeps_what_is_known_and_else_comes_again(table: LedgerTable) -> None:
    parameters, elapsed = ScriptedParameters(GOOD), Elapsed()
    routes = SsmRoutes(parameters, "/signalbox/x", table, elapsed)
    routes.in_force()
    elapsed.seconds, parameters.code = 100, "ThrottlingException"
    assert routes.in_force().table.channel == "#releases"
    with pytest.raises(AwsUnavailableError):
        SsmRoutes(parameters, "/signalbox/x", table).in_force()
