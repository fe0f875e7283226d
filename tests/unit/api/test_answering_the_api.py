"""The API behind the terminal: who it is comes from AWS, and nothing secret leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from signalbox.adapters.api_endpoint import ROUTES, answer_api
from signalbox.domain.commands import CommandKind
from signalbox.domain.effects import EffectKind
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError
from signalbox.domain.gates import Choice, GateKind, GateStatus
from signalbox.domain.holds import ClosedStage, Hold, HoldSource, Reach, Scope
from signalbox.domain.spans import span_of
from signalbox.usecases.read_unfinished import read_unfinished

from tests.fakes import NOW, PIPELINE
from tests.gate_world import APPROVAL_TOKEN, COMMIT, RELEASE, TASK_TOKEN, a_voter
from tests.unit.api.api_world import GRACE, ApiWorld
from tests.unit.events.samples import SAMPLES

VOTES = "POST /gates/{gate}/votes"


@pytest.fixture
def world() -> ApiWorld:
    return ApiWorld()


def test_a_gate_is_listed_and_shown_whole_but_for_its_tokens(world: ApiWorld) -> None:
    gate = world.opened_gate()
    status, listed = world.ask("GET /gates")
    assert (status, [one["id"] for one in listed["gates"]]) == (200, [gate.id])
    status, shown = world.ask("GET /gates/{gate}", gate=gate.id)
    assert (status, shown["dossier"]["revision"]) == (200, COMMIT.id)
    assert shown["shown_digest"] == gate.shown_digest
    for said in (listed, shown):
        assert APPROVAL_TOKEN not in json.dumps(said)
        assert TASK_TOKEN not in json.dumps(said)


def test_a_vote_is_written_for_whom_aws_names_whatever_the_body_says(world: ApiWorld) -> None:
    gate = world.opened_gate()
    body = {"choice": "approve", "digest": gate.shown_digest, "principal": "slack:T1:U0LINUS"}
    status, said = world.ask(VOTES, {**body, "name": "linus", "userArn": "arn:x"}, gate=gate.id)
    assert (status, said["gate"]) == (202, gate.id)
    (vote,) = world.the_gate().votes
    assert (vote.principal, vote.name, vote.choice) == (f"aws:{GRACE}", "grace", Choice.APPROVE)
    assert vote.shown_digest == gate.shown_digest
    assert EffectKind.DECIDE_GATE in {effect.kind for effect in world.bells.rung}


@pytest.mark.parametrize("route", sorted(ROUTES))
@pytest.mark.parametrize("caller", [None, "", "grace", "slack:T1:U0GRACE"])
def test_without_an_identity_of_aws_nothing_is_answered(
    world: ApiWorld, route: str, caller: str | None
) -> None:
    gate = world.opened_gate()
    before = dict(world.ledger.gates)
    body = {"choice": "approve", "digest": gate.shown_digest, "scope": "everything", "reason": "r"}
    status, said = world.ask(route, body, caller=caller, gate=gate.id, command="1")
    assert (status, set(said)) == (403, {"message"})
    assert (world.ledger.gates, world.ledger.commands) == (before, {})


@pytest.mark.case(23)
def test_a_vote_on_what_is_shown_no_more_changes_nothing(world: ApiWorld) -> None:
    gate = world.opened_gate()
    for digest in ("", "d" * 64, gate.shown_digest[:-1], "ü"):
        status, said = world.ask(VOTES, {"choice": "approve", "digest": digest}, gate=gate.id)
        assert (status, "look at it again" in said["message"]) == (409, True)
    assert world.the_gate().votes == ()


def test_a_closed_or_observed_gate_takes_no_vote(world: ApiWorld) -> None:
    gate = world.opened_gate()
    body = {"choice": "approve", "digest": gate.shown_digest}
    for changed in ({"status": GateStatus.DECIDED}, {"kind": GateKind.OBSERVED}):
        world.ledger.gates[gate.id] = replace(gate, **changed)
        assert world.ask(VOTES, body, gate=gate.id)[0] == 409
    assert world.ask(VOTES, body, gate="0" * 32)[0] == 409


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"choice": "reject"}, "why"),
        ({"choice": "reject", "reason": "  "}, "why"),
        ({"choice": "break-glass", "reason": "down"}, "ticket"),
        ({"choice": "APPROVE"}, "choice is one of"),
        ({}, "choice is one of"),
        ({"choice": ["approve"]}, "choice is text"),
        ({"choice": "reject", "reason": "x" * 2001}, "2,000"),
        ("[]", "no JSON object"),
        ("{", "no JSON"),
        ("[" * 9000, "no JSON"),
        ('"' + "x" * 20000 + '"', "sensible size"),
    ],
)
def test_what_is_wrong_with_a_vote_is_one_sentence(
    world: ApiWorld, body: object, word: str
) -> None:
    gate = world.opened_gate()
    if isinstance(body, dict):
        body = {"digest": gate.shown_digest, **body}
    status, said = world.ask(VOTES, body, gate=gate.id)
    assert (status, word in said["message"]) == (400, True), said
    assert world.the_gate().votes == ()


def test_broken_glass_comes_with_its_ticket(world: ApiWorld) -> None:
    gate = world.opened_gate()
    body = {"choice": "break-glass", "reason": "shop is down", "ticket": "INC-4711"}
    world.ask(VOTES, {**body, "digest": gate.shown_digest}, gate=gate.id)
    (vote,) = world.the_gate().votes
    assert (vote.choice, vote.reason, vote.ticket) == (
        Choice.BREAK_GLASS,
        "shop is down",
        "INC-4711",
    )


def test_a_hold_is_asked_for_and_its_answer_is_fetched(world: ApiWorld) -> None:
    until = "2026-12-24T18:00:00+01:00"
    body = {"scope": "env:production", "reason": "holidays", "until": until}
    status, said = world.ask("POST /holds", body)
    command = world.ledger.commands[said["command"]]
    assert (status, command.kind, command.principal) == (202, CommandKind.HOLD, f"aws:{GRACE}")
    assert command.scope == Scope(reach=Reach.ENVIRONMENT, environment="production")
    assert command.until is not None
    assert command.until.isoformat() == until
    assert [effect.kind for effect in world.bells.rung] == [EffectKind.CARRY_OUT_COMMAND]
    fetched = world.ask("GET /commands/{command}", command=command.id)[1]
    assert (fetched["answer"], fetched["kind"]) == ("", "hold")
    world.ledger.answer(command.id, "Not held.", [], denied=True)
    fetched = world.ask("GET /commands/{command}", command=command.id)[1]
    assert (fetched["answer"], fetched["denied"]) == ("Not held.", True)


@pytest.mark.parametrize(
    ("route", "body"),
    [
        ("POST /holds", {"scope": "everything"}),
        ("POST /holds", {"reason": "r"}),
        ("POST /holds", {"scope": "moon:full", "reason": "r"}),
        ("POST /holds", {"scope": "hello/a/b", "reason": "r"}),
        ("POST /holds", {"scope": "everything", "reason": "r", "until": "tomorrow"}),
        ("POST /holds", {"scope": "everything", "reason": "r", "until": "2026-12-24T18:00:00"}),
        ("POST /holds/release", {}),
        ("POST /hotfixes", {"release": "hello"}),
        ("POST /hotfixes", {"release": "nothing@4f1c2d3", "reason": "r"}),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_and_not_written(
    world: ApiWorld, route: str, body: Any
) -> None:
    status, said = world.ask(route, body)
    assert (status, bool(said["message"])) == (400, True)
    assert world.ledger.commands == {}


def test_releasing_a_hold_a_hotfix_and_a_review_are_commands(world: ApiWorld) -> None:
    gate = world.opened_gate()
    world.ask("POST /holds/release", {"scope": "hello/Production", "reason": "done"})
    world.ask("POST /hotfixes", {"release": f"hello@{RELEASE.execution[:8]}", "reason": "outage"})
    world.ask("POST /gates/{gate}/review", gate=gate.id)
    released, hotfix, review = world.ledger.commands.values()
    assert released.scope == Scope.of_stage(PIPELINE, "Production")
    assert (hotfix.kind, hotfix.release) == (CommandKind.HOTFIX, RELEASE.key)
    assert (review.kind, review.gate) == (CommandKind.REVIEW, gate.id)
    assert world.ask("POST /gates/{gate}/review", gate="0" * 32)[0] == 404


def test_only_holds_in_force_are_listed(world: ApiWorld) -> None:
    everything = Scope(reach=Reach.EVERYTHING)
    ends = {"now": NOW + timedelta(hours=1), "over": NOW - timedelta(hours=1)}
    for name, until in ends.items():
        since = NOW - timedelta(hours=2)
        world.ledger.add_hold(
            Hold(id=name, scope=everything, owner="O", reason=name, since=since, until=until), []
        )
    listed = world.ask("GET /holds")[1]["holds"]
    assert [(one["scope"], one["reason"]) for one in listed] == [("everything", "now")]


def test_closed_stages_and_the_windows_that_hold_them_are_listed(world: ApiWorld) -> None:
    """By ``read_holds``, from the ledger alone."""
    window = Hold(
        id="window-abc",
        scope=Scope(reach=Reach.EVERYTHING),
        owner="U0",
        reason="holidays",
        since=NOW,
        source=HoldSource.WINDOW,
    )
    world.ledger.add_hold(span_of(window, "2026-11-22", "production"), [])
    stage = ClosedStage(pipeline=PIPELINE, stage="Production", since=NOW, confirmed=True)
    world.ledger.note_closed(replace(stage, holds=("window-abc",), reason="why"))
    failing = replace(stage, stage="Staging", waiting_for="e1: 1 failing test")
    world.ledger.note_closed(failing)
    said = world.ask("GET /holds")[1]
    assert [(one["scope"], one["source"]) for one in said["holds"]] == [
        ("window:production", "window")
    ]
    held, waits = said["closed_stages"]
    assert (held["stage"], held["condition"], held["reason"]) == (
        f"{PIPELINE.key}/Production",
        "held",
        "why",
    )
    assert [one["reason"] for one in held["holds"]] == ["holidays"]
    assert (waits["condition"], waits["waiting_for"]) == ("waits", "e1: 1 failing test")
    assert waits["why"] == ["e1: 1 failing test"]
    unfinished = world.ask("GET /unfinished")[1]
    assert unfinished["holds"] == [], "a window is the policies', and nobody can end it"
    assert [one["waiting_for"] for one in unfinished["closed_stages"]] == ["", "e1: 1 failing test"]


def test_what_is_unfinished_is_told_kind_by_kind(world: ApiWorld) -> None:
    empty = world.ask("GET /unfinished")[1]
    assert {name: things for name, things in empty.items() if things} == {}
    gate = world.opened_gate()
    world.ledger.note_closed(ClosedStage(pipeline=PIPELINE, stage="Production", since=NOW))
    world.clock.advance(timedelta(minutes=5))
    found = read_unfinished(world)
    assert [one["id"] for one in found["gates"]] == [gate.id]
    assert found["closed_stages"][0]["stage"] == f"{PIPELINE.key}/Production"
    assert found["effects"]
    assert world.ask("GET /unfinished")[1] == found


@pytest.mark.parametrize("error", [AwsUnavailableError("x"), AwsRefusedError("x", code="Y")])
def test_a_ledger_that_is_away_is_answered_as_such(
    world: ApiWorld, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(world.ledger, "open_gates", away)
    status, said = world.ask("GET /gates")
    assert (status, "ask again" in said["message"]) == (503, True)


def test_the_sample_of_api_gateways_event_is_a_vote_of_its_caller(world: ApiWorld) -> None:
    event = json.loads((SAMPLES / "terminal_vote_http_api.json").read_text())
    gate = world.opened_gate()
    event["pathParameters"]["gate"] = gate.id
    event["body"] = json.dumps({"choice": "approve", "digest": gate.shown_digest})
    assert answer_api(event, world)["statusCode"] == 202
    assert world.the_gate().votes[0].principal == f"aws:{GRACE}"


def test_a_vote_from_a_terminal_is_the_same_persons_as_one_from_slack(world: ApiWorld) -> None:
    directory = world.directory.in_force().directory
    from_slack = directory.of_principal(a_voter().principal)
    assert directory.of_principal(f"aws:{GRACE}") == from_slack is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = ("choice", "digest", "reason", "ticket", "scope", "until", "release")


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    route=st.sampled_from(sorted(ROUTES)),
    body=JSON | st.dictionaries(st.sampled_from(FIELDS), JSON),
    path=st.dictionaries(st.sampled_from(["gate", "command"]), JSON, max_size=2),
)
def test_no_request_makes_it_stumble(route: str, body: Any, path: Any) -> None:
    event = {
        "routeKey": route,
        "pathParameters": path,
        "body": json.dumps(body),
        "requestContext": {"authorizer": {"iam": {"userArn": GRACE}}},
    }
    answer = answer_api(event, ApiWorld())
    assert answer["statusCode"] in {200, 202, 400, 404, 409}
    assert json.loads(answer["body"]) is not None
