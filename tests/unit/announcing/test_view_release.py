"""The message is rendered from the ledger; Slack is asked for people only once somebody voted."""

from __future__ import annotations

from signalbox.notifications.view import ReleaseView
from signalbox.usecases.view_release import view_release

from tests.gate_world import COMMIT, RELEASE, GateWorld, KnownPeople, an_authors_approval


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
        policy=world.policies.policy_for(RELEASE.pipeline),
        releases=world.ledger,
        people=people,
    )


def test_nobody_is_looked_up_before_a_vote() -> None:
    world, people = GateWorld(), CountedPeople()
    gate = world.opened_gate()
    view = viewed(world, people)
    assert [shown.gate.id for shown in view.gates] == [gate.id]
    assert people.asked == []


def test_a_vote_is_judged_against_everybody_who_wrote_what_would_ship() -> None:
    world, people = GateWorld(), CountedPeople()
    gate = world.opened_gate()
    world.ledger.vote(gate.id, an_authors_approval(gate), [])
    view = viewed(world, people)
    assert COMMIT.author_email in people.asked
    assert "alan@example.com" in people.asked
    assert view.gates[0].judgement.verdict is None
