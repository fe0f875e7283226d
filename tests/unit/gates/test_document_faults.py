"""A document that cannot be read is told of, once a day, while the last good one holds.

``tell_document_faults`` writes the effect, ``announce_fault`` mails it.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from signalbox.usecases.tell_document_faults import tell_document_faults

from tests.gate_world import GateWorld
from tests.unit.gates.carrying import carry_on

WRONG = "/signalbox/box/policy/hello: aprovals: Extra inputs are not permitted"


def test_what_is_good_is_not_told(world: GateWorld) -> None:
    assert tell_document_faults(world) == 0
    assert not world.ledger.effects


@pytest.mark.parametrize("document", ["policy", "people", "waivers"])
def test_what_is_wrong_is_mailed_once_a_day(world: GateWorld, document: str) -> None:
    match document:
        case "policy":
            world.policies.fault = WRONG
        case "people":
            world.directory.fault = WRONG
        case _:
            world.waivers.wrong = WRONG
    for _ in range(3):
        assert tell_document_faults(world) == 1
        carry_on(world)
        world.clock.advance(timedelta(minutes=5))
    [(subject, text)] = world.publisher.published
    assert subject == "Signalbox cannot read one of its documents"
    assert WRONG in text
    assert "signalbox policy put" in text
    assert world.audit.said("documents") == ["e-mail published"]
    world.clock.advance(timedelta(days=1))
    tell_document_faults(world)
    carry_on(world)
    assert len(world.publisher.published) == 2


@pytest.fixture
def world() -> GateWorld:
    return GateWorld()
