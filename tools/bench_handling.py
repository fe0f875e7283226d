"""Warm handling without I/O: an event's text to the facts in it and the effects that follow.

Measured on the samples of CodePipeline and CodeBuild in `events/`. The goal, 15,000 events a second
of an idle core, is 15 times what `json.loads` alone takes for the same texts; that ratio is what
compares between machines.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLES = ("codepipeline_action", "codepipeline_stage", "codepipeline_pipeline", "codebuild_state")
GOAL = 15_000
ROUNDS = 5
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


def main() -> int:
    """Print events per second of CPU, and each part as a multiple of decoding JSON."""
    sys.path[:0] = [str(ROOT / "layers" / "signalbox")]
    from signalbox.events.reader import decode, read
    from signalbox.usecases.record_fact import effects_of

    texts = [
        path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "events").glob("*.json"))
        if path.name.startswith(SAMPLES)
    ]

    def decided(text: str) -> object:
        return [effects_of(fact, NOW) for fact in read(decode(text))]

    floor, reading, whole = (
        _seconds_of(work, texts) for work in (json.loads, lambda text: read(decode(text)), decided)
    )
    print(f"{1 / whole:.0f} events/s of CPU read and decided (the goal is {GOAL})")
    print(f"  {reading / floor:5.2f} times json.loads to read, {whole / floor:5.2f} to decide too")
    return 0


def _seconds_of(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """CPU seconds for one text: the least of several rounds, for noise only ever adds."""
    least = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(30):
            for text in texts:
                work(text)
        least = min(least, time.process_time() - begun)
    return least / (30 * len(texts))


if __name__ == "__main__":
    sys.exit(main())
