"""Slack refuses, is away or was never set up: it is told by e-mail, and what can wait waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from signalbox.domain.effects import EffectStatus
from signalbox.domain.errors import SettingMissingError, SlackRefusedError, SlackUnavailableError
from signalbox.domain.sweeps import Sweep
from signalbox.usecases.announce import announce
from signalbox.usecases.open_gate import open_gate

from tests.fakes import NOW
from tests.gate_world import GateWorld, a_request
from tests.unit.announcing.telling import SUBJECT, fail_the_build, tell, vote_of_ada


@pytest.mark.case(38)
@pytest.mark.parametrize("code", ["channel_not_found", "invalid_auth", "is_archived"])
def test_a_refusal_of_slack_goes_to_e_mail_once_and_is_not_retried(code: str) -> None:
    world = GateWorld()
    world.messenger.fail_with = SlackRefusedError("no", code=code)
    assert tell(world, "one") is EffectStatus.REFUSED
    assert tell(world, "two") is EffectStatus.REFUSED
    [(_, text)] = world.publisher.published
    assert code in text


@pytest.mark.case(36)
def test_slack_being_away_is_retried_by_the_queue_and_then_told_by_e_mail() -> None:
    world = GateWorld()
    world.messenger.fail_with = SlackUnavailableError("503")
    with pytest.raises(SlackUnavailableError):
        tell(world, "one")
    assert not world.publisher.published
    world.clock.advance(timedelta(minutes=4))
    announce({"subject": SUBJECT, "key": "one"}, world)
    assert len(world.publisher.published) == 1
    world.messenger.fail_with = None
    tell(world, "two")
    assert len(world.messenger.messages) == 1


def test_a_message_somebody_deleted_is_posted_anew() -> None:
    world = GateWorld()
    tell(world, "one")
    world.messenger.messages.clear()
    open_gate(a_request(), world)
    tell(world, "two")
    assert len(world.messenger.messages) == 1


@pytest.mark.case(38)
def test_without_slacks_secret_the_news_goes_by_e_mail() -> None:
    world = GateWorld()
    missing = SettingMissingError("Slack's secret has an empty signingSecret")
    world.messenger.fail_with = missing

    def nobody(email: str) -> str | None:
        raise missing

    world.people.id_of_email = nobody  # type: ignore[method-assign]
    vote_of_ada(world)
    assert tell(world) is EffectStatus.REFUSED
    [(_, text)] = world.publisher.published
    assert "no_secret" in text


def test_a_sweep_is_mailed_where_slack_has_no_secret() -> None:
    world = GateWorld()
    world.messenger.fail_with = SettingMissingError("empty")
    world.ledger.save_sweep(Sweep(id="s1", service="hello", at=NOW, judgements=()), [])
    assert tell(world, "one", sweep="s1") is EffectStatus.REFUSED
    assert len(world.publisher.published) == 1


@pytest.mark.case(38)
def test_a_missing_scope_for_looking_people_up_does_not_hold_the_message_up() -> None:
    world, asked = GateWorld(), list[str]()

    def refuse(email: str) -> str | None:
        asked.append(email)
        raise SlackRefusedError("no", code="missing_scope")

    world.people.id_of_email = refuse  # type: ignore[method-assign]
    fail_the_build(world)
    assert tell(world) is EffectStatus.DONE
    assert len(world.messenger.messages) == 1
    assert asked


@pytest.mark.case(36)
def test_people_who_cannot_be_looked_up_for_long_do_not_block_the_queue() -> None:
    world = GateWorld()

    def away(email: str) -> str | None:
        raise SlackUnavailableError("503")

    world.people.id_of_email = away  # type: ignore[method-assign]
    fail_the_build(world)
    with pytest.raises(SlackUnavailableError):
        tell(world)
    world.clock.advance(timedelta(minutes=4))
    announce({"subject": SUBJECT, "key": "one"}, world)
    assert len(world.messenger.messages) == 1
