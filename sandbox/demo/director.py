"""Plays scenes: does, looks until it sees, and stops at the first step that does not come true."""

import time
from collections.abc import Sequence

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.demo.narrator import Narrator
from sandbox.demo.steps import (
    SECONDS_TO_SEE,
    DemoFailedError,
    NeverError,
    NotYetError,
    Scene,
    Step,
)
from sandbox.demo.world import World

SECONDS_BETWEEN_LOOKS = 0.25


def play(
    world: World,
    scenes: Sequence[Scene],
    narrator: Narrator,
    *,
    patience: float = SECONDS_TO_SEE,
) -> None:
    """Play the scenes in order; raises `DemoFailedError` at the first step that fails.

    No step is waited for longer than `patience` seconds.
    """
    for scene in scenes:
        narrator.scene(scene.title)
        for step in scene.steps:
            _play(world, scene, step, narrator, patience)


def _play(world: World, scene: Scene, step: Step, narrator: Narrator, patience: float) -> None:
    begun = time.monotonic()
    with narrator.step(step.what):
        evidence, reason = _attempt(world, step, min(step.within, patience))
    if evidence is None:
        narrator.failed(step.what, reason)
        raise DemoFailedError(scene.title, step.what, reason)
    narrator.seen(step.what, evidence, time.monotonic() - begun)


def _attempt(world: World, step: Step, within: float) -> tuple[str | None, str]:
    """The evidence, or `None` and why there is none."""
    if step.do is not None:
        try:
            step.do(world)
        except Exception as error:
            return None, f"{type(error).__name__}: {error}"
    deadline = time.monotonic() + within
    while True:
        try:
            return step.see(world), ""
        except NotYetError as error:
            reason = str(error)
        except NeverError as error:
            return None, str(error)
        except (BotoCoreError, ClientError, httpx.HTTPError) as error:
            reason = f"{type(error).__name__}: {error}"
        if time.monotonic() >= deadline:
            return None, f"not seen within {within:.0f} s: {reason}"
        time.sleep(SECONDS_BETWEEN_LOOKS)
