"""What got lost or doubled in a burst: compares what is left in the account with the traffic."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from signalbox.adapters.dynamodb_items import to_item

from tests.burst.traffic import Told, Traffic
from tests.burst.works import Works


def losses(works: Works, traffic: Traffic) -> Iterator[str]:
    """One line for each thing that is not as it must be; none when nothing was lost."""
    items = [to_item(item) for item in works.account.items("ledger")]
    if works.again["inbox"] or works.again["work"]:
        yield f"messages failed: {works.again}"
    yield from _of_dead_letters(works, traffic)
    yield from _of_facts(items, traffic)
    yield from _of_effects(items)
    for told in traffic.releases.values():
        yield from _of_release(works, told)
    yield from _of_approvals(works, traffic)
    yield from _of_messages(items, works, traffic)


def effects_by_status(works: Works) -> Counter[str]:
    """How many effects of the outbox ended how."""
    items = (to_item(item) for item in works.account.items("ledger"))
    return Counter(item["status"] for item in items if item["sk"].startswith("effect#"))


def _of_dead_letters(works: Works, traffic: Traffic) -> Iterator[str]:
    bodies = [body for body, _ in works.dead]
    if Counter(map(_id, bodies)) != Counter(map(_id, traffic.dead)):
        yield f"{len(bodies)} dead letters for {len(traffic.dead)}"
    for body, reason in works.dead:
        if not reason.startswith(("UnreadableEventError: ", "ForeignAccountError: ")):
            yield f"{reason!r} is no reason for {body}"


def _id(body: str) -> str:
    """The event's id, which stands at the front even where the rest is cut off."""
    found = re.search(r'"id": ?"([0-9a-f-]{36})"', body)
    return found[1] if found else body


def _of_facts(items: list[dict[str, Any]], traffic: Traffic) -> Iterator[str]:
    kept = sum(i["sk"].startswith("fact#") or i["pk"].startswith("observation#") for i in items)
    said = sum(len(told.events) for told in traffic.releases.values())
    if kept != said:
        yield f"{kept} facts for {said} different events"


def _of_effects(items: list[dict[str, Any]]) -> Iterator[str]:
    for item in items:
        if item["sk"].startswith("effect#") and item["status"] not in {"DONE", "REFUSED"}:
            yield f"{item['pk']} {item['sk']} is {item['status']}"


def _of_release(works: Works, told: Told) -> Iterator[str]:
    release = works.world.releases.release(told.id)
    if release is None:
        yield f"{told.id.key} is lost"
        return
    state = "STARTED" if told.state == "STARTED" else told.state
    stages = {stage.name: stage.state.value for stage in release.stages}
    actions = {f"{s.name}/{a.name}": a.state.value for s in release.stages for a in s.actions}
    if (release.state.value, stages, actions) != (state, told.stages, told.actions):
        yield f"{told.id.key} is {release.state}, {stages}, {actions}; it should be {told}"


def _of_messages(items: list[dict[str, Any]], works: Works, traffic: Traffic) -> Iterator[str]:
    """A message of its own for each release, unless the summary of a storm tells of it."""
    top = [ts for ts, each in works.slack.messages.items() if "thread_ts" not in each]
    own = [one["ts"] for item in items if item["sk"] == "notes" for one in item.get("messages", ())]
    if len(own) != len(set(own)) or not set(own) <= set(top):
        yield f"{len(own)} messages are known, of {len(top)}"
    shared = {item["sk"] for item in items if item["pk"].startswith("storm#")}
    for told in traffic.releases.values():
        known = works.world.releases.notes(told.id).messages
        if len(known) != 1 and not any(told.id.key in name for name in shared):
            yield f"{len(known)} messages tell of {told.id.key}"


def _of_approvals(works: Works, traffic: Traffic) -> Iterator[str]:
    asked = Counter(run for told in traffic.releases.values() for run in told.approvals)
    started = Counter(payload for machine, _, payload in works.account.started())
    if started.total() != asked.total() or not all(
        any(f'"{run}"' in payload for payload in started) for run in asked
    ):
        yield f"{started.total()} workflows for {asked.total()} approvals"
