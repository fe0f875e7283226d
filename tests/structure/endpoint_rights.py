"""What IAM says to the two endpoints, by the template's own policies and MiniStack's evaluator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document
from signalbox.adapters.api_endpoint import answer_api
from signalbox.domain.facts import PipelineChanged
from signalbox.domain.holds import ClosedStage, Hold, Reach, Scope
from signalbox.domain.states import ExecutionState

from tests.fakes import ACCOUNT, NOW, PIPELINE, REGION
from tests.gate_world import COMMIT, RELEASE
from tests.structure.templates import as_list, points_at, statements, text_of
from tests.unit.slack.endpoint_on_aws import EndpointOnAws, endpoint_on_aws
from tests.unit.slack.slack_world import a_click, a_submission, post, typed

Call = tuple[str, Mapping[str, Any]]
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ledger"
MEMBERS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
VOTES = "POST /gates/{gate}/votes"


@dataclass(frozen=True, slots=True)
class Asked:
    """What IAM is asked: an action, the partitions, the attributes that are put, and the index."""

    action: str
    keys: frozenset[str]
    attributes: frozenset[str] = frozenset()
    index: str = ""


def policy_of(role: str) -> list[dict[str, Any]]:
    """The statements of a role about DynamoDB, with the ledger by its ARN."""
    found = [statement for key, statement in statements("cfn.json") if key == role]
    return [
        {**statement, "Resource": [_arn(one) for one in as_list(statement["Resource"])]}
        for statement in found
        if any(action.startswith("dynamodb:") for action in as_list(statement.get("Action", [])))
    ]


def _arn(resource: Any) -> str:
    if points_at(resource) == "LedgerTable":
        return TABLE
    text = text_of(resource)
    assert "${LedgerTable.Arn}/index/index1" in text, text
    return f"{TABLE}/index/index1"


def allows(role: str, asked: Asked) -> bool:
    """What IAM answers about the ledger."""
    context: dict[str, Any] = {"dynamodb:leadingkeys": sorted(asked.keys)}
    if asked.attributes:
        context["dynamodb:attributes"] = sorted(asked.attributes)
    request = EvalContext(
        principal_arn=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=f"dynamodb:{asked.action}",
        resource_arn=f"{TABLE}/index/{asked.index}" if asked.index else TABLE,
        region=REGION,
        service_context=context,
    )
    document = {"Version": "2012-10-17", "Statement": policy_of(role)}
    return bool(evaluate(request, [parse_policy_document(document)]).decision == "Allow")


def calls_of(scenario: Callable[[EndpointOnAws], None]) -> list[Call]:
    """Every call to DynamoDB that the real adapters make, as (operation, parameters)."""
    made: list[Call] = []

    def note(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        made.append((model.name, params))

    with endpoint_on_aws() as endpoint:
        endpoint.opened_gate()
        world = endpoint.world
        world.releases.record(
            PipelineChanged(release=RELEASE, state=ExecutionState.STARTED, at=NOW), []
        )
        world.releases.write_notes(RELEASE, commit=COMMIT)
        everything = Scope(reach=Reach.EVERYTHING)
        world.holds.add_hold(Hold(id="1", scope=everything, owner="O", reason="r", since=NOW), [])
        world.holds.note_closed(ClosedStage(pipeline=PIPELINE, stage="Prod", since=NOW, reason="r"))
        events = world.clients.own("dynamodb").meta.events
        events.register("provide-client-params.dynamodb", note)
        scenario(endpoint)
    return made


def asked_of(call: Call) -> Iterator[Asked]:
    """What IAM is asked about a call, part by part where it is a transaction."""
    operation, request = call
    if operation != "TransactWriteItems":
        yield Asked(operation, _keys(request), _attributes(request), request.get("IndexName", ""))
        return
    for part in request["TransactItems"]:
        ((member, inner),) = part.items()
        yield Asked(MEMBERS[member], _keys(inner), _attributes(inner))


def _keys(request: Mapping[str, Any]) -> frozenset[str]:
    given = {**request.get("Key", {}), **request.get("Item", {})}
    values = request.get("ExpressionAttributeValues", {})
    found = given.get("pk") or values.get(":pk") or values.get(":group")
    return frozenset({found["S"]})


def _attributes(request: Mapping[str, Any]) -> frozenset[str]:
    if "Item" not in request:
        return frozenset()
    assert request.get("ConditionExpression", "") in {"", "attribute_not_exists(pk)"}
    return frozenset({*request["Item"], "pk"})


def everything_slack_does(endpoint: EndpointOnAws) -> None:
    """Every button, form and command that the Slack endpoint knows."""
    world = endpoint.world
    (gate,) = world.gates.open_gates()
    for action in ("approve_gate", "approve_gate", "review_gate", "reject_gate"):
        assert post(world, a_click(gate, action))["statusCode"] == 200
    _, form = endpoint.modals.opened[-1]
    assert post(world, a_submission(form, reason="No."))["statusCode"] == 200
    assert post(world, a_click(gate, message={"ts": "1.1"}))["statusCode"] == 200
    for words, said in (
        ("status", "hello"),
        ("why hello", "hello"),
        (f"why {gate.id}", "hello"),
        ("approve hello", ""),
        ("hold env:production 2h load test", "Taken"),
        ("hold hello for good", "Taken"),
        ("release env:production over", "Taken"),
        (f"release hello {COMMIT.id} hotfix the shop is down", "Taken"),
    ):
        assert said.lower() in typed(world, words).lower(), words


def everything_a_terminal_does(endpoint: EndpointOnAws) -> None:
    """Every route of the API."""
    (gate,) = endpoint.world.gates.open_gates()
    known, here = {"digest": gate.shown_digest}, {"gate": gate.id}
    broken = {"choice": "break-glass", "reason": "r", "ticket": "T-1"}
    until = {"until": (endpoint.clock.now() + timedelta(days=1)).isoformat()}
    hotfix = {"release": f"hello@{COMMIT.id}", "reason": "r"}
    for route, body, path in (
        ("GET /gates", None, {}),
        ("GET /gates/{gate}", None, here),
        (VOTES, {"choice": "approve", **known}, here),
        (VOTES, {"choice": "reject", "reason": "no", **known}, here),
        (VOTES, {**broken, **known}, here),
        ("POST /gates/{gate}/review", None, here),
        ("GET /holds", None, {}),
        ("POST /holds", {"scope": "env:production", "reason": "r", **until}, {}),
        ("POST /holds", {"scope": "hello", "reason": "r"}, {}),
        ("POST /holds/release", {"scope": "everything", "reason": "r"}, {}),
        ("POST /hotfixes", hotfix, {}),
        ("GET /unfinished", None, {}),
    ):
        said = _ask(endpoint, route, body, path)
        if "command" in said:
            _ask(endpoint, "GET /commands/{command}", None, {"command": said["command"]})


def _ask(endpoint: EndpointOnAws, route: str, body: Any, path: Mapping[str, str]) -> dict[str, Any]:
    event = {
        "routeKey": route,
        "pathParameters": path,
        "body": None if body is None else json.dumps(body),
        "requestContext": {"authorizer": {"iam": {"userArn": "arn:aws:iam::1:user/grace"}}},
    }
    answer = answer_api(event, endpoint.world)
    assert answer["statusCode"] in {200, 202}, f"{route}: {answer}"
    said: dict[str, Any] = json.loads(answer["body"])
    return said
