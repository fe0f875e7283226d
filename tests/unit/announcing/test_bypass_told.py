"""What was done to a pipeline past Signalbox is told where its policy decides: announce_bypass."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import SlackRefusedError, SlackUnavailableError
from signalbox.domain.policy import Mode, Policy
from signalbox.notifications.bypass import DONE, bypass_message
from signalbox.usecases.announce import announce

from sandbox.slack.blocks import faults_of_blocks
from tests.fakes import PIPELINE
from tests.gate_world import GateWorld

ROOT = "arn:aws:iam::123456789012:user/root-of-all"
ABOUT = {
    "pipeline": PIPELINE.key,
    "call": "PutApprovalResult",
    "by": ROOT,
    "at": "2026-11-22T12:00:00+00:00",
    "stage": "Approval",
    "action": "Approve",
}
SUBJECT = f"pipeline#{PIPELINE.key}"

pytestmark = pytest.mark.case(21)


def tell(world: GateWorld, **about: str) -> EffectStatus:
    effect = Effect(
        kind=EffectKind.ANNOUNCE,
        subject=SUBJECT,
        key="bypass-1",
        created_at=world.clock.now(),
        payload={"bypass": ABOUT | about},
    )
    world.ledger.add([effect])
    announce({"subject": SUBJECT, "key": "bypass-1"}, world)
    known = world.ledger.effect(SUBJECT, "bypass-1")
    assert known
    return known.status


def test_it_is_posted_and_mailed_once_with_who_did_what_and_where() -> None:
    world = GateWorld()
    assert tell(world) is EffectStatus.DONE
    assert tell(world) is EffectStatus.DONE
    [message] = world.messenger.messages.values()
    assert message["channel"] == "#releases"
    assert "somebody answered an approval of hello (Approval/Approve)" in message["text"]
    assert ROOT in json.dumps(message["blocks"])
    [(subject, text)] = world.publisher.published
    assert subject == "Past Signalbox: PutApprovalResult on hello"
    assert "answered an approval" in text
    assert world.audit.said(SUBJECT) == ["bypass told", "e-mail published"]


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_where_no_policy_enforces_nothing_was_bypassed(mode: Mode) -> None:
    world = GateWorld()
    world.policies.default = Policy(mode=mode)
    assert tell(world) is EffectStatus.DONE
    assert not world.messenger.messages
    assert not world.publisher.published


def test_a_pipeline_that_nobody_has_registered_is_nobodys_news() -> None:
    world = GateWorld()
    world.services.listed.clear()
    assert tell(world) is EffectStatus.DONE
    assert not world.messenger.messages


def test_slack_that_is_away_gets_its_time_and_nothing_is_mailed_twice() -> None:
    world = GateWorld()
    world.messenger.fail_with = SlackUnavailableError("503")
    with pytest.raises(SlackUnavailableError):
        tell(world)
    world.messenger.fail_with = None
    assert tell(world) is EffectStatus.DONE
    assert len(world.publisher.published) == 1


def test_what_slack_refuses_goes_by_e_mail_all_the_same() -> None:
    world = GateWorld()
    world.messenger.fail_with = SlackRefusedError("no", code="channel_not_found")
    assert tell(world) is EffectStatus.REFUSED
    assert len(world.publisher.published) == 1
    assert world.counters.counted["SlackRefused"] == 1


@pytest.mark.parametrize("call", [*DONE, "SomethingNew"])
@pytest.mark.parametrize("text", ["x", "<!channel> `*_" + "&" * 4000])
def test_every_call_makes_a_message_that_slack_takes(call: str, text: str) -> None:
    about: dict[str, Any] = dict.fromkeys(ABOUT, text) | {"call": call}
    message = bypass_message(about)
    assert faults_of_blocks(message["blocks"]) == []
    assert "<!" not in json.dumps(message)
    assert "<!" not in message["text"]


def test_the_channel_of_the_service_hears_of_it() -> None:
    world = GateWorld()
    world.services.listed = [replace(world.services.listed[0], channel="#hello")]
    tell(world)
    [message] = world.messenger.messages.values()
    assert message["channel"] == "#hello"
