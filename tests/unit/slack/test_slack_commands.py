"""What ``/signalbox`` answers, reads and writes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from signalbox.adapters.slack_endpoint import answer_request
from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.effects import EffectKind
from signalbox.domain.errors import (
    AwsUnavailableError,
    SlackRefusedError,
    SlackUnavailableError,
)
from signalbox.domain.facts import PipelineChanged
from signalbox.domain.gates import Choice, Gate, GateKind, GateStatus, Verdict
from signalbox.domain.holds import Hold, Reach, Scope
from signalbox.domain.identity import ReleaseId
from signalbox.domain.states import ExecutionState

from tests.fakes import NOW, PIPELINE
from tests.gate_world import COMMIT, RELEASE, an_authors_approval
from tests.unit.slack.slack_world import SlackWorld, a_submission, command_form, post, signed, typed

OTHER = ReleaseId(
    pipeline=replace(PIPELINE, name="shop"), execution="99999999-aaaa-4bbb-8ccc-000000000009"
)


def another_gate(world: SlackWorld, **changes: Any) -> Gate:
    """A second gate that waits, of another pipeline unless it is told otherwise."""
    first = world.the_gate()
    dossier = replace(first.dossier, revision="abcdef0" + "0" * 33)
    own = {"id": "e" * 32, "release": OTHER, "dossier": dossier, "votes": ()}
    gate = replace(first, **own | changes)
    world.ledger.gates[gate.id] = gate
    return gate


def a_hold(**changes: Any) -> Hold:
    known: dict[str, Any] = {
        "id": "h1",
        "scope": Scope(reach=Reach.ENVIRONMENT, environment="production"),
        "owner": "Grace",
        "reason": "load test",
        "since": NOW,
        "until": NOW + timedelta(hours=2),
    }
    return Hold(**known | changes)


def the_command(world: SlackWorld) -> Command:
    [command] = world.ledger.commands.values()
    return command


# status


def test_status_tells_what_waits_for_the_one_who_asks_first() -> None:
    """By ``read_status``, from the ledger alone."""
    world = SlackWorld()
    world.opened_gate()
    mine = another_gate(world, asked=("U0GRACE",))
    world.ledger.gates[world.the_gate().id] = replace(world.the_gate(), asked=("U0LINUS",))
    world.ledger.add_hold(a_hold(), [])
    said = typed(world, "status")
    yours, others, held = said.split("\n\n")
    assert "*shop*" in yours
    assert mine.id[:12] in yours
    assert "*hello*" in others
    assert COMMIT.id[:7] in others
    assert "environment:production" in held
    assert "22 Nov 2026 14:00 UTC" in held


def test_a_gate_that_one_has_answered_waits_for_others() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    answered = replace(gate, asked=("U0ADA",), votes=(an_authors_approval(gate),))
    world.ledger.gates[gate.id] = answered
    assert "Nothing." in typed(world, "status", user_id="U0ADA")
    anew = replace(answered, shown_digest="f" * 64, round=2)
    world.ledger.gates[gate.id] = anew
    assert "Nothing." not in typed(world, "status", user_id="U0ADA")


def test_what_is_over_does_not_wait_any_more() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    world.ledger.decide(gate.id, Verdict.APPROVED, "", NOW)
    world.ledger.add_hold(a_hold(until=NOW - timedelta(minutes=1)), [])
    assert typed(world, "status") == "*Waiting for you*\nNothing."


# why


@pytest.mark.parametrize(
    "name",
    ["hello", "hello/Approval", "4f1c2d3", "4F1C2D3E", "11111111", "hello@4f1c2d3", PIPELINE.key],
)
def test_why_tells_what_a_gate_waits_for_and_who_said_what(name: str) -> None:
    """By ``read_why``."""
    world = SlackWorld()
    gate = world.opened_gate()
    another_gate(world)
    voted = replace(gate, standing=("Needs 1 more of sre",), votes=(an_authors_approval(gate),))
    world.ledger.gates[gate.id] = voted
    said = typed(world, f"why {name}")
    assert "Needs 1 more of sre" in said
    assert "ada approved" in said
    assert "shop" not in said


def test_why_tells_of_a_closed_gate_by_its_whole_id() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    settled = replace(gate, status=GateStatus.SETTLED, verdict=Verdict.REJECTED, reason="no tests")
    world.ledger.gates[gate.id] = settled
    assert "rejected: no tests" in typed(world, f"why {gate.id}")
    assert "Nothing that waits" in typed(world, "why hello")


@pytest.mark.parametrize("name", ["x", "4f1c2d", "hell", "<b>", "a" * 300, "f" * 32])
def test_why_of_nothing_says_so(name: str) -> None:
    world = SlackWorld()
    world.opened_gate()
    assert "Nothing that waits" in typed(world, f"why {name}")


# votes


@pytest.mark.parametrize(
    ("verb", "choice"),
    [
        ("approve", Choice.APPROVE),
        ("reject", Choice.REJECT),
        ("break-glass", Choice.BREAK_GLASS),
    ],
)
def test_a_vote_by_command_shows_what_it_is_about_and_counts_when_it_is_submitted(
    verb: str, choice: Choice
) -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    assert typed(world, f"{verb} hello") == ""
    [(trigger, view)] = world.modals.opened
    assert trigger == "1.2.abc"
    shown = json.dumps(view["blocks"])
    assert COMMIT.id[:12] in shown
    assert "Tidy" in shown
    assert not world.the_gate().votes
    post(world, a_submission(view, reason="looked at it", ticket="INC-1"))
    [vote] = world.the_gate().votes
    assert (vote.choice, vote.reason, vote.shown_digest) == (
        choice,
        "looked at it",
        gate.shown_digest,
    )


def test_a_name_that_may_mean_several_gates_lists_them_and_opens_nothing() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    another_gate(world, release=replace(RELEASE, execution=OTHER.execution))
    said = typed(world, "approve hello")
    assert gate.id[:12] in said
    assert "e" * 12 in said
    assert not world.modals.opened
    assert typed(world, "approve hello@4f1c2d3") == ""
    assert typed(world, f"approve {'e' * 12}") == ""


def test_what_is_only_observed_or_closed_cannot_be_approved() -> None:
    world = SlackWorld()
    gate = world.opened_gate()
    world.ledger.gates[gate.id] = replace(gate, kind=GateKind.OBSERVED)
    assert "only observes" in typed(world, "approve hello")
    world.ledger.gates[gate.id] = replace(gate, status=GateStatus.DECIDED)
    assert "Nothing that waits" in typed(world, "approve hello")
    assert not world.modals.opened


def test_a_window_that_opens_too_late_is_said() -> None:
    world = SlackWorld()
    world.opened_gate()
    world.modals.fail_with = SlackRefusedError("late", code="expired_trigger_id")
    assert "give the command again" in typed(world, "approve hello")
    world.modals.fail_with = SlackUnavailableError("no answer")
    event = signed(world, command_form("approve hello"))
    assert answer_request(event, world)["statusCode"] == 503


# hold and release


@pytest.mark.parametrize(
    ("scope", "key"),
    [
        ("everything", "everything"),
        ("env:production", "environment:production"),
        ("environment:staging", "environment:staging"),
        ("hello", f"pipeline:{PIPELINE.key}"),
        ("hello/Production", f"stage:{PIPELINE.key}/Production"),
        (PIPELINE.key, f"pipeline:{PIPELINE.key}"),
        (f"stage:{PIPELINE.key}/Production", f"stage:{PIPELINE.key}/Production"),
        ("unheard-of", "pipeline:123456789012/us-east-1/unheard-of"),
    ],
)
def test_a_hold_is_a_command_with_its_scope(scope: str, key: str) -> None:
    """By ``take_command``."""
    world = SlackWorld()
    said = typed(world, f"hold {scope} 2h load test")
    command = the_command(world)
    assert command.scope is not None
    assert command.scope.key == key
    assert key in said
    assert (command.kind, command.reason) == (CommandKind.HOLD, "load test")
    assert command.until == NOW + timedelta(hours=2)
    assert (command.principal, command.user) == ("slack:T0001:U0GRACE", "U0GRACE")
    assert command.channel == "C0001"
    [bell] = world.bells.rung
    assert (bell.kind, bell.subject) == (EffectKind.CARRY_OUT_COMMAND, command.subject)
    assert bell.payload == {"command": command.id}


def test_a_pipeline_is_the_one_that_waits_or_is_held_wherever_it_is() -> None:
    world = SlackWorld()
    world.opened_gate()
    far = replace(PIPELINE, account="999999999999", name="shop")
    another_gate(world, release=ReleaseId(pipeline=far, execution="e-1"))
    typed(world, "hold shop 2h load test")
    assert the_command(world).scope == Scope(reach=Reach.PIPELINE, pipeline=far.key)
    world.ledger.add_hold(a_hold(scope=Scope.of_stage(OTHER.pipeline, "Production")), [])
    said = typed(world, "hold shop 2h another test")
    assert far.key in said
    assert OTHER.pipeline.key in said
    assert len(world.ledger.commands) == 1


@pytest.mark.parametrize("scope", ["env:", "env:a/b", "a/b/c", "x:y", "123456789012/a/b/c/d", "ä"])
def test_a_scope_that_is_none_is_said_and_nothing_is_written(scope: str) -> None:
    world = SlackWorld()
    assert "There is no scope" in typed(world, f"hold {scope} 2h load test")
    assert not world.ledger.commands


def test_holds_are_released_by_command() -> None:
    world = SlackWorld()
    assert "Taken" in typed(world, "release env:production done")
    command = the_command(world)
    assert (command.kind, command.reason) == (CommandKind.RELEASE, "done")


def test_a_command_whose_bell_fails_is_taken_all_the_same() -> None:
    world = SlackWorld()
    world.bells.fail_with = AwsUnavailableError("no queue")
    assert "Taken" in typed(world, "release everything")
    assert the_command(world).subject in {
        effect.subject for effect in world.ledger.effects.values()
    }


@pytest.mark.case(28)
def test_a_reason_is_kept_clean_without_secrets_and_cut() -> None:
    world = SlackWorld()
    said = typed(world, "hold everything 2h \x1b[31m\u202eAKIAIOSFODNN7EXAMPLE " + "very " * 500)
    reason = the_command(world).reason
    assert "AKIA" not in reason + said
    assert not set("\x1b\u202e") & set(reason)
    assert len(reason) == 500


def test_markup_of_strangers_is_no_markup_in_an_answer() -> None:
    world = SlackWorld()
    said = typed(world, "hold everything 2h &lt;!channel&gt; `x`")
    assert "<!channel>" not in said
    assert "&lt;!channel&gt;" in said
    assert "<!here>" not in typed(world, "&lt;!here&gt;")


# hotfix


@pytest.mark.parametrize("which", ["hello@11111111", "hello 11111111", "hello@4f1c2d3", "hello"])
def test_a_hotfix_names_one_running_release(which: str) -> None:
    world = SlackWorld()
    world.ledger.write_notes(RELEASE, commit=COMMIT)
    said = typed(world, f"release {which} hotfix payments are down")
    command = the_command(world)
    assert (command.kind, command.release) == (CommandKind.HOTFIX, RELEASE.key)
    assert command.reason == "payments are down"
    assert "let" in said


def test_a_hotfix_of_several_releases_asks_which() -> None:
    world = SlackWorld()
    second = replace(RELEASE, execution="22222222-aaaa-4bbb-8ccc-000000000002")
    world.ledger.record(PipelineChanged(release=second, state=ExecutionState.STARTED, at=NOW), [])
    said = typed(world, "release hello hotfix now")
    assert "11111111" in said
    assert "22222222" in said
    assert "No running release" in typed(world, "release hello@abcdef0 hotfix now")
    assert not world.ledger.commands


# whatever else


def test_unknown_words_get_help_with_what_was_not_understood() -> None:
    said = typed(SlackWorld(), "dance `now`")
    assert said.startswith("I do not know “dance”.")
    assert "/signalbox status" in said


def test_a_command_without_a_person_is_unreadable() -> None:
    world = SlackWorld()
    event = signed(world, command_form("status", user_id=""))
    assert answer_request(event, world)["statusCode"] == 400
