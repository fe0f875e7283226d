"""A burst of events through the functions and their real adapters, with moto in AWS's place.

Says how many events a second were worked off, what each cost in calls and in items read, where
the time went, and whether anything was lost. The floor is moto's own: as many bare `put_item` calls
as the burst made calls of all kinds. Only ratios of one run compare; seconds are this machine's.
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import io
import pstats
import sys
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FLOOR_CALLS = 500
PROFILED = 300
"""Events under the profiler, which slows everything down and says only where time goes."""

SHARES = {
    "moto, which stands in for AWS": ("site-packages/moto/", "site-packages/werkzeug/"),
    "botocore": ("site-packages/botocore/",),
    "Slack's client": ("site-packages/slack_sdk/",),
    "logs and metrics": ("aws_lambda_powertools/", "/logging/"),
    "reading events (pydantic)": ("site-packages/pydantic", "/signalbox/events/"),
    "Signalbox's own code": ("/signalbox/signalbox/", "/functions/"),
    "the bench": ("/tests/", "/sandbox/", "/tools/"),
}


class _Log(io.StringIO):
    """Standard output that is only counted."""

    written = 0

    def write(self, text: str) -> int:
        """Count the characters."""
        self.written += len(text)
        return len(text)


def main() -> int:
    """Run the burst and print what it cost; 1 where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    events: int = parser.parse_args().events
    sys.path[:0] = [str(ROOT / "layers" / "signalbox"), str(ROOT)]
    lost = _run(events)
    _profile(min(events, PROFILED))
    return 1 if lost else 0


def _run(events: int) -> bool:
    # By name: the tests are no part of what the type checker calls the project.
    losses = import_module("tests.burst.losses")
    said = import_module("tests.burst.traffic").traffic(events)
    with import_module("tests.burst.works").works_for(said) as works:
        log = _Log()
        cpu, wall = time.process_time(), time.monotonic()
        with contextlib.redirect_stdout(log):
            works.work_off(said.bodies)
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        calls: Counter[str] = works.tally.calls
        floor = _floor(works) * calls.total()
        statuses = losses.effects_by_status(works)
        print(
            f"{events} events of {len(said.releases)} releases: {events / wall:.0f} events/s,"
            f" {events / cpu:.0f} a second of CPU, {cpu / floor:.2f} of the floor"
        )
        print(
            f"{calls.total() / events:.2f} calls an event, {works.tally.items_read / events:.2f}"
            f" items read, {log.written / events:.0f} bytes logged"
        )
        for operation, number in calls.most_common():
            print(f"  {operation:32} {number / events:6.3f}")
        lost = list(losses.losses(works, said))
        ended = ", ".join(f"{number} {status}" for status, number in statuses.items())
        print(f"effects: {ended}; dead letters: {len(works.dead)}, all with a reason")
    for line in lost[:20]:
        print(f"LOST: {line[:300]}")
    print("nothing lost, nothing doubled" if not lost else f"{len(lost)} things lost or doubled")
    return bool(lost)


def _floor(works: Any) -> float:
    """CPU seconds of one bare call that puts an item."""
    dynamodb = works.world.clients.own("dynamodb")
    begun = time.process_time()
    for number in range(FLOOR_CALLS):
        item = {"pk": {"S": "floor"}, "sk": {"S": str(number)}}
        dynamodb.put_item(TableName="ledger", Item=item)
    return (time.process_time() - begun) / FLOOR_CALLS


def _profile(events: int) -> None:
    said = import_module("tests.burst.traffic").traffic(events, seed=2)
    profile = cProfile.Profile()
    with import_module("tests.burst.works").works_for(said) as works:
        works.work_off(said.bodies[:10])  # imports and clients, once per environment
        with contextlib.redirect_stdout(_Log()):
            profile.runcall(works.work_off, said.bodies[10:])
    stats: dict[Any, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    whole = sum(own for _, _, own, _, _ in stats.values())
    print(f"\nwhere the time went, {events} events under the profiler")
    for name, seconds in _shares(stats).most_common():
        print(f"  {seconds / whole:6.1%}  {name}")
    print("the costliest of our functions, with all they call")
    ours = {
        f"{Path(file).name}:{function}": total
        for (file, _, function), (_, _, _, total, _) in stats.items()
        if "/signalbox/signalbox/" in file and "/runtime/" not in file and "<" not in function
    }
    for name, total in Counter(ours).most_common(12):
        print(f"  {total / whole:6.1%}  {name}")


def _shares(stats: dict[Any, Any]) -> Counter[str]:
    """Own seconds by whose code it is; what C does counts for whoever called it."""
    shares: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, callers) in stats.items():
        if file != "~" or not callers:
            shares[_whose(file)] += own
            continue
        for (caller, _, _), (_, _, seconds, _) in callers.items():
            shares[_whose(caller)] += seconds
    return shares


def _whose(file: str) -> str:
    for name, marks in SHARES.items():
        if any(mark in file for mark in marks):
            return name
    return "the standard library and others"


if __name__ == "__main__":
    sys.exit(main())
