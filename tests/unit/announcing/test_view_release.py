"""The message is rendered from the ledger and the documents in force; Slack's users are looked up
only for the mention of an author."""

from __future__ import annotations

import json

import pytest
from signalbox.domain.facts import PipelineChanged
from signalbox.domain.failures import Failure
from signalbox.domain.gates import Choice
from signalbox.domain.releases import fold
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.notifications.messages import release_message
from signalbox.notifications.thread import replies
from signalbox.notifications.view import ReleaseView
from signalbox.usecases.view_release import view_release

from tests.fakes import NOW
from tests.gate_world import (
    COMMIT,
    RELEASE,
    GateWorld,
    KnownPeople,
    a_build,
    an_authors_approval,
    say,
)


class CountedPeople(KnownPeople):
    """Slack's users, counting the look-ups."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def id_of_email(self, email: str) -> str | None:
        self.asked.append(email)
        return super().id_of_email(email)


def viewed(world: GateWorld, people: CountedPeople) -> ReleaseView:
    release = world.ledger.release(RELEASE)
    assert release is not None
    return view_release(
        release,
        world.notes(),
        service_name="hello",
        ports=world,
        people=people,
    )


def test_nobody_is_looked_up_in_slack_while_all_is_well() -> None:
    world, people = GateWorld(), CountedPeople()
    gate = world.opened_gate()
    world.ledger.vote(gate.id, an_authors_approval(gate), [])
    view = viewed(world, people)
    assert [shown.gate.id for shown in view.gates] == [gate.id]
    assert people.asked == []


@pytest.mark.case(13)
@pytest.mark.parametrize("author", ["U0ADA", "U0ALAN"])
def test_a_vote_is_weighed_against_everybody_who_wrote_what_would_ship(author: str) -> None:
    world, people = GateWorld(), CountedPeople()
    world.opened_gate()
    assert say(world, Choice.APPROVE, author)
    assert say(world, Choice.APPROVE, "U0GRACE")
    weighed = viewed(world, people).gates[0].weighed
    assert [one.person for one in weighed.counted] == ["grace"]
    assert [one.why for one in weighed.refused] == ["own change"]


def fail(world: GateWorld) -> None:
    world.ledger.record(a_build(ActionState.FAILED), [])
    ended = PipelineChanged(release=RELEASE, state=ExecutionState.FAILED, at=NOW)
    world.ledger.record(ended, [])
    world.ledger.write_notes(RELEASE, commit=COMMIT)


def test_the_author_is_looked_up_once_a_release_has_failed() -> None:
    world, people = GateWorld(), CountedPeople()
    fail(world)
    assert viewed(world, people).author_user == "U0ADA"
    assert people.asked == [COMMIT.author_email]


@pytest.mark.case(29)
@pytest.mark.parametrize("odd", ["U1> <!channel", "u0ada", "U0 ADA", "S0GROUP", "U0ADA\n", "U٣"])
def test_only_an_id_as_slack_writes_them_becomes_a_mention(odd: str) -> None:
    world, people = GateWorld(), CountedPeople()
    fail(world)
    people.ids[COMMIT.author_email] = odd
    assert viewed(world, people).author_user == ""


def test_the_reason_of_a_failure_that_a_retry_has_overcome_is_gone() -> None:
    world, people = GateWorld(), CountedPeople()
    failure = Failure(stage="Build", action="BuildAndTest", why="boom")
    world.ledger.write_notes(RELEASE, failure=failure.line, failures=(failure,))
    assert viewed(world, people).failure == ""
    fail(world)
    assert viewed(world, people).failure == failure.line


def test_the_message_is_rebuilt_from_the_ledger_byte_for_byte() -> None:
    world, people = GateWorld(), CountedPeople()
    gate = world.opened_gate()
    world.ledger.vote(gate.id, an_authors_approval(gate), [])
    fail(world)

    def rendered() -> bytes:
        view = viewed(world, people)
        told = [(one.key, one.broadcast, one.message) for one in replies(view)]
        return json.dumps([release_message(view), told]).encode()

    first = rendered()
    world.ledger.write_notes(RELEASE, messages=())
    facts = list(world.ledger.heard(RELEASE))
    assert fold(RELEASE, reversed(facts)) == world.ledger.release(RELEASE)
    assert rendered() == first
