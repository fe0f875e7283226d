"""The endpoints write votes and commands: IAM allows what their adapters write, and no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import cache

import pytest
from signalbox.domain.commands import Command
from signalbox.domain.gates import Gate, Vote

from tests.structure.endpoint_rights import (
    Asked,
    Call,
    allows,
    asked_of,
    calls_of,
    everything_a_terminal_does,
    everything_slack_does,
    policy_of,
)
from tests.structure.templates import as_list
from tests.unit.slack.endpoint_on_aws import EndpointOnAws

SLACK, TERMINAL = "AnswerSlackFunctionRole", "AnswerApiFunctionRole"
ROLES = (SLACK, TERMINAL)
DOES: dict[str, Callable[[EndpointOnAws], None]] = {
    SLACK: everything_slack_does,
    TERMINAL: everything_a_terminal_does,
}
OF_A_VOTE = frozenset({field.name for field in fields(Vote)} | {"pk", "sk", "nonce"})
OF_A_COMMAND = frozenset({field.name for field in fields(Command)} | {"pk", "sk", "nonce"})
OF_AN_EFFECT = frozenset(
    {"pk", "sk", "kind", "key", "status", "payload", "created_at", "gsi1pk", "gsi1sk"}
)
OF_A_REQUEST = frozenset({"pk", "sk", "nonce", "expires"})
ONLY_A_GATES = sorted(
    {field.name for field in fields(Gate)} - OF_A_VOTE - OF_A_COMMAND - OF_AN_EFFECT
)
GATE, COMMAND, REQUEST = (frozenset({f"{kind}#1"}) for kind in ("gate", "command", "request"))


@cache
def calls(role: str) -> list[Call]:
    return calls_of(DOES[role])


def puts(role: str) -> list[Asked]:
    return [asked for call in calls(role) for asked in asked_of(call) if asked.attributes]


@pytest.mark.parametrize("role", ROLES)
def test_iam_lets_an_endpoint_do_all_that_its_adapters_do(role: str) -> None:
    for call in calls(role):
        parts = list(asked_of(call))
        for asked in parts:
            assert allows(role, asked), asked
        # Whether IAM sees a transaction's parts one by one or all at once.
        keys = frozenset().union(*(asked.keys for asked in parts))
        attributes = frozenset().union(*(asked.attributes for asked in parts))
        (action,) = {asked.action for asked in parts}
        assert allows(role, Asked(action, keys, attributes, parts[0].index)), call


@pytest.mark.parametrize("role", ROLES)
def test_an_endpoint_writes_by_put_alone_and_only_in_transactions(role: str) -> None:
    assert {operation for operation, _ in calls(role)} == {
        *("GetItem", "Query", "TransactWriteItems"),
    }
    assert {asked.action for call in calls(role) for asked in asked_of(call)} == {
        *("GetItem", "Query", "PutItem"),
    }
    assert len(puts(role)) > 10, "the scenario writes"


@pytest.mark.parametrize("role", ROLES)
def test_the_attributes_that_iam_allows_are_those_that_are_written(role: str) -> None:
    """A new field of a vote, a command or an effect must be allowed; one that went, must go."""
    allowed = {
        statement["Sid"]: frozenset(
            statement["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"]
        )
        for statement in policy_of(role)
        if "dynamodb:PutItem" in as_list(statement["Action"])
    }
    assert allowed == {
        "Votes": OF_A_VOTE | OF_AN_EFFECT | (OF_A_REQUEST if role == SLACK else frozenset()),
        "Commands": OF_A_COMMAND | OF_AN_EFFECT,
    }
    written = {"gate": set[str](), "command": set[str]()}
    for asked in puts(role):
        (key,) = asked.keys
        written["command" if key.startswith("command#") else "gate"] |= asked.attributes
    assert written["gate"] == allowed["Votes"]
    of_slack = {"channel", "user"}
    assert written["command"] | of_slack == allowed["Commands"]


def test_what_makes_a_gate_or_its_verdict_is_known_to_this_test() -> None:
    assert set(ONLY_A_GATES) >= {
        *("verdict", "decided_at", "settled_at", "settlement", "task_token", "approval_token"),
        *("stage", "dossier", "opened_at", "expires_at", "broken_glass", "reviewed_by"),
    }


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("attribute", [*ONLY_A_GATES, "anything"])
@pytest.mark.parametrize("keys", [GATE, COMMAND, REQUEST, GATE | COMMAND])
def test_no_endpoint_puts_a_part_of_a_gate(role: str, attribute: str, keys: frozenset[str]) -> None:
    for beside in (frozenset({"pk", "sk"}), OF_A_VOTE, OF_A_COMMAND):
        assert not allows(role, Asked("PutItem", keys, beside | {attribute}))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "action", ["UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem", "Scan",
               "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete", "BatchGetItem"],
)  # fmt: skip
def test_an_endpoint_changes_and_deletes_nothing(role: str, action: str) -> None:
    for keys in (GATE, COMMAND, REQUEST):
        assert not allows(role, Asked(action, keys, frozenset({"pk", "sk"})))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "partition",
    ["release#1", "hold#1", "closed#1", "sweep#1", "incident#1", "document#1", "effects", "gate",
     "GATE#1", "xgate#1"],
)  # fmt: skip
def test_an_endpoint_puts_nothing_elsewhere(role: str, partition: str) -> None:
    for attributes in (OF_A_VOTE, OF_A_COMMAND, OF_AN_EFFECT, OF_A_REQUEST):
        assert not allows(role, Asked("PutItem", frozenset({partition}), attributes))
        assert not allows(role, Asked("PutItem", GATE | {partition}, attributes))


def test_votes_and_commands_are_not_written_over_each_other() -> None:
    for role in ROLES:
        assert allows(role, Asked("PutItem", GATE, OF_A_VOTE))
        assert allows(role, Asked("PutItem", COMMAND, OF_A_COMMAND))
        assert not allows(role, Asked("PutItem", GATE, OF_A_COMMAND))
        assert not allows(role, Asked("PutItem", COMMAND, OF_A_VOTE))
    assert allows(SLACK, Asked("PutItem", REQUEST, OF_A_REQUEST))
    assert not allows(TERMINAL, Asked("PutItem", REQUEST, OF_A_REQUEST)), "Slack's alone"


@pytest.mark.parametrize("role", ROLES)
def test_an_endpoint_reads_what_it_shows(role: str) -> None:
    read = {asked for call in calls(role) for asked in asked_of(call) if not asked.attributes}
    kinds = {asked.action: set[str]() for asked in read}
    for asked in read:
        if not asked.index:
            kinds[asked.action] |= {key.partition("#")[0] for key in asked.keys}
    for kind in ("gate", "release", "hold", "command", "closed", "sweep", "incident", "request"):
        for action, known in kinds.items():
            asked = Asked(action, frozenset({f"{kind}#1"}))
            assert allows(role, asked) is (kind in known), f"{action} of {kind}"
    assert {asked.index for asked in read} == {"", "index1"}
    assert not allows(role, Asked("GetItem", GATE, index="index1"))
