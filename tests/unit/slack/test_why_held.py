"""`/signalbox why` and `status` tell what holds a stage, until when, and what else it waits for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from signalbox.domain.facts import PipelineChanged
from signalbox.domain.gates import GateStatus, Verdict
from signalbox.domain.holds import ClosedStage, Hold, HoldSource, Reach, Scope
from signalbox.domain.identity import ReleaseId
from signalbox.domain.spans import span_of
from signalbox.domain.states import ExecutionState
from signalbox.notifications.answers import LIMIT, status_answer, why_answer
from signalbox.usecases.read_holds import read_holds

from tests.fakes import NOW, PIPELINE
from tests.gate_world import COMMIT, RELEASE
from tests.unit.slack.endpoint_on_aws import endpoint_on_aws
from tests.unit.slack.slack_world import SlackWorld, command_form, signed, typed

SHOP = replace(PIPELINE, name="shop")
HOLD = Hold(
    id="h1",
    scope=Scope(reach=Reach.ENVIRONMENT, environment="production"),
    owner="Grace",
    reason="load test",
    since=NOW,
    until=NOW + timedelta(hours=2),
)
WINDOW = span_of(
    replace(HOLD, id="window-abc", owner="U0", reason="holidays", source=HoldSource.WINDOW),
    "2026-11-22",
    "production",
)


def closed(**changes: Any) -> ClosedStage:
    known: dict[str, Any] = {
        "pipeline": PIPELINE,
        "stage": "Production",
        "since": NOW,
        "reason": "Signalbox holds: load test by Grace",
        "confirmed": True,
        "holds": ("h1",),
    }
    return ClosedStage(**known | changes)


@pytest.fixture
def world() -> SlackWorld:
    """A release waits in front of a held stage: at no gate, since it has passed all of them."""
    world = SlackWorld()
    world.ledger.add_hold(HOLD, [])
    world.ledger.note_closed(closed())
    world.ledger.write_notes(RELEASE, commit=COMMIT)
    return world


@pytest.mark.parametrize(
    "name",
    [
        "hello",
        "hello/Production",
        "Production",
        PIPELINE.key,
        f"{PIPELINE.key}/Production",
        f"stage:{PIPELINE.key}/Production",
        "pipeline:hello",
        "4f1c2d3",
        "4F1C2D3E",
        "11111111",
        "hello@4f1c2d3",
        f"{PIPELINE.key}@11111111",
    ],
)
def test_why_of_a_pipeline_a_stage_or_a_release_tells_what_holds_it(
    world: SlackWorld, name: str
) -> None:
    """By ``read_why_held``."""
    world.ledger.note_closed(closed(pipeline=SHOP, stage="Canary"))
    said = typed(world, f"why {name}")
    assert said.splitlines() == [
        "• *hello* `Production` is closed",
        "    Grace: load test, until 22 Nov 2026 14:00 UTC",
    ]


@pytest.mark.parametrize(
    "name", ["shop", "hello/Staging", "4f1c2d4", "4f1c", "shop@4f1c2d3", "hell", "", "@", "x:hello"]
)
def test_why_of_what_nothing_holds_says_so(world: SlackWorld, name: str) -> None:
    said = typed(world, f"why {name}")
    assert "is closed" not in said


def test_a_release_that_has_ended_waits_in_front_of_nothing(world: SlackWorld) -> None:
    ended = PipelineChanged(release=RELEASE, state=ExecutionState.SUCCEEDED, at=NOW)
    world.ledger.record(ended, [])
    assert "Nothing that waits" in typed(world, "why 4f1c2d3")


def test_why_tells_every_hold_with_its_end_and_the_window_among_them(world: SlackWorld) -> None:
    world.ledger.add_hold(WINDOW, [])
    world.ledger.add_hold(replace(HOLD, id="h2", reason="outage", until=None), [])
    known = world.ledger.closed_stages()[0]
    world.ledger.note_closed(replace(known, holds=("h1", "window-abc", "h2")))
    assert typed(world, "why hello").splitlines()[1:] == [
        "    Grace: load test, until 22 Nov 2026 14:00 UTC",
        "    U0: holidays, until 22 Nov 2026 14:00 UTC",
        "    Grace: outage, until somebody releases it",
    ]


def test_why_tells_what_else_a_stage_waits_for_once_no_hold_is_left(world: SlackWorld) -> None:
    known = world.ledger.closed_stages()[0]
    world.ledger.note_closed(replace(known, waiting_for="11111111: 2 failing tests"))
    world.ledger.end_hold("h1", "Grace", NOW, [])
    for said in (typed(world, "why 4f1c2d3"), typed(world, "status")):
        assert "*hello* `Production` stays closed although no hold is left:" in said
        assert "    11111111: 2 failing tests" in said


def test_why_tells_of_the_gate_and_of_the_stage_behind_it(world: SlackWorld) -> None:
    gate = world.opened_gate()
    for name in ("hello", "hello/Approval", "4f1c2d3", gate.id[:12]):
        said = typed(world, f"why {name}")
        assert "may it go on?" in said
        assert "`Production` is closed" in said
    settled = replace(gate, status=GateStatus.SETTLED, verdict=Verdict.APPROVED)
    world.ledger.gates[gate.id] = settled
    assert "`Production` is closed" in typed(world, f"why {gate.id}")


def test_status_tells_closed_stages_and_windows_with_reason_and_end(world: SlackWorld) -> None:
    world.ledger.add_hold(WINDOW, [])
    _, held, stages = typed(world, "status").split("\n\n")
    assert held.splitlines() == [
        "*Held*",
        "• `environment:production` until 22 Nov 2026 14:00 UTC, by Grace: load test",
        "• `window:production` until 22 Nov 2026 14:00 UTC, by U0: holidays",
    ]
    assert stages.splitlines() == [
        "*Closed stages*",
        "• *hello* `Production` is closed",
        "    Grace: load test, until 22 Nov 2026 14:00 UTC",
    ]


def test_what_strangers_wrote_about_a_hold_is_no_markup(world: SlackWorld) -> None:
    evil = "<!channel> `x` & <https://evil|Approve>\n*bold*"
    world.ledger.add_hold(replace(HOLD, id="h2", owner=evil, reason=evil), [])
    known = world.ledger.closed_stages()[0]
    world.ledger.note_closed(replace(known, holds=("h2",), reason=evil))
    world.ledger.note_closed(closed(pipeline=SHOP, waiting_for=evil))
    world.ledger.note_closed(closed(stage="Staging", holds=(), reason=evil))
    for said in (typed(world, "status"), typed(world, "why hello"), typed(world, "why shop")):
        assert "&lt;!channel&gt; 'x' &amp;" in said
        assert not {"<!channel>", "<https"} & set(said.split())
        assert "\n*bold*" not in said


def test_a_freeze_of_everything_fits_and_no_part_crowds_out_another(world: SlackWorld) -> None:
    gate = world.opened_gate()
    for number in range(40):
        pipeline = replace(PIPELINE, name=f"service-{number}-{'x' * 60}")
        release = ReleaseId(pipeline=pipeline, execution=f"{number:08d}-aaaa")
        own = {"id": f"{number:032x}", "release": release, "asked": ("U0GRACE",)[: number % 2]}
        world.ledger.gates[f"{number:032x}"] = replace(gate, **own)
        many = "; ".join(f"e{one}: {'fails ' * 40}" for one in range(20))
        world.ledger.note_closed(closed(pipeline=pipeline, waiting_for=many))
        world.ledger.add_hold(replace(HOLD, id=f"x{number}", reason="because " * 30), [])
    said = typed(world, "status")
    assert len(said) <= LIMIT
    for part in ("*Waiting for you*", "*Waiting for others*", "*Held*", "*Closed stages*"):
        assert said.count(part) == 1
    assert "stays closed" in said
    assert "and 18 more" in said
    assert len(typed(world, "why Production")) <= LIMIT


def test_what_is_short_leaves_its_room_to_what_is_long(world: SlackWorld) -> None:
    for number in range(12):
        world.ledger.add_hold(replace(HOLD, id=f"x{number}", reason="r" * 100), [])
    held = read_holds(holds=world.holds, clock=world.clock)
    assert status_answer([], [], held.holds, held.stages).count("• `environment") == 13
    assert why_answer("hello", []).startswith("Nothing that waits")


def test_the_endpoint_gets_and_queries_the_ledger_and_nothing_else() -> None:
    """It has no right to read policies or pipelines, and must answer within three seconds: what it
    reads does not grow with the stages that are closed.
    """
    with endpoint_on_aws() as endpoint:
        endpoint.world.holds.add_hold(HOLD, [])
        endpoint.world.holds.add_hold(WINDOW, [])
        asked: list[dict[str, int]] = []
        for number in range(2, 12, 9):
            for one in range(number):
                stage = closed(stage=f"s{number}-{one}", holds=("h1", "window-abc"))
                endpoint.world.holds.note_closed(stage)
            endpoint.calls.clear()
            for text in ("status", "why hello", "why 4f1c2d3", "why hello@4f1c2d3"):
                answer = endpoint.answer(signed(endpoint, command_form(text)))
                assert answer["statusCode"] == 200
                assert ("is closed" in answer["body"]) is ("4f1c2d3" not in text)
            ledger = {name for name in endpoint.calls if name.startswith("dynamodb.")}
            assert ledger == {"dynamodb.GetItem", "dynamodb.Query"}
            assert set(endpoint.calls) - ledger <= {"secrets-manager.GetSecretValue"}
            asked.append({name: endpoint.calls[name] for name in ledger})
        assert asked[0] == asked[1]
