"""Events that somebody else made up, and genuine ones of somebody else's account."""

from __future__ import annotations

import pytest
from signalbox.domain.errors import ForeignAccountError, UnreadableEventError
from signalbox.domain.facts import Ignored
from signalbox.events.reader import ACTED_ON, READ_SOURCES, read
from signalbox.usecases.record_fact import record_fact

from tests.fakes import ACCOUNT, FakeWorld
from tests.unit.events.samples import FILES, sample

OURS = {ACCOUNT}
ACTED_ON_EVENTS = [
    file.stem
    for file in FILES
    if (sample(file.stem).get("source"), sample(file.stem).get("detail-type")) in ACTED_ON
]


def nothing_happened(world: FakeWorld) -> bool:
    ledger = world.ledger
    return not (ledger.facts or ledger.observed or ledger.effects or world.bells.rings)


@pytest.mark.case(47)
@pytest.mark.parametrize("name", ACTED_ON_EVENTS)
@pytest.mark.parametrize("source", ["shop", "aws.codepipelines", "our.codepipeline", "AWS.ECS"])
def test_an_event_of_a_custom_source_is_ignored_whatever_it_looks_like(
    name: str, source: str
) -> None:
    world = FakeWorld()
    (fact,) = read(sample(name) | {"source": source})
    assert isinstance(fact, Ignored)
    assert not record_fact(fact, world, allowed_accounts=OURS)
    assert nothing_happened(world)


@pytest.mark.case(47)
def test_a_custom_event_cannot_carry_another_one_inside() -> None:
    """Only what wraps events as SNS and SQS do is opened; the detail of an event is not."""
    genuine = sample("codepipeline_stage_failed")
    detail = {"Records": [genuine], "Message": genuine, "TopicArn": "arn", "body": genuine}
    (fact,) = read({"source": "shop", "detail-type": "Order", "detail": detail})
    assert isinstance(fact, Ignored)


@pytest.mark.case(48)
@pytest.mark.parametrize("name", [*ACTED_ON_EVENTS, "cloudwatch_alarm_calls_function"])
def test_a_genuine_event_of_a_strange_account_is_refused_and_leaves_no_trace(name: str) -> None:
    (fact,) = read(sample(name) | {"account": "999988887777", "accountId": "999988887777"})
    if isinstance(fact, Ignored):
        return
    world = FakeWorld()
    with pytest.raises(ForeignAccountError, match="999988887777"):
        record_fact(fact, world, allowed_accounts=OURS)
    assert nothing_happened(world)


@pytest.mark.case(48)
def test_the_resources_of_an_event_do_not_speak_for_its_account() -> None:
    """The envelope is EventBridge's own; an ARN in it may name anything."""
    event = sample("codepipeline_stage_failed") | {"account": "999988887777"}
    assert ACCOUNT in event["resources"][0]
    (fact,) = read(event)
    with pytest.raises(ForeignAccountError):
        record_fact(fact, FakeWorld(), allowed_accounts=OURS)


@pytest.mark.case(45)
@pytest.mark.parametrize("source", sorted(READ_SOURCES))
def test_a_detail_type_that_is_new_is_refused_for_people_to_see(source: str) -> None:
    with pytest.raises(UnreadableEventError, match="is not one that Signalbox knows"):
        read({"source": source, "detail-type": "Dreams State Change", "detail": {}})
