"""Plays scenes: does, looks until it sees, and stops at the first step that does not come true."""

import time
from collections.abc import Sequence

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.demo.narrator import Narrator
from sandbox.demo.steps import DemoFailedError, NeverError, NotYetError, Scene, Step
from sandbox.demo.world import World

SECONDS_BETWEEN_LOOKS = 0.25


def play(world: World, scenes: Sequence[Scene], narrator: Narrator) -> None:
    """Play the scenes in order; raises `DemoFailedError` at the first step that fails."""
    for scene in scenes:
        narrator.scene(scene.title)
        for step in scene.steps:
            _play(world, scene, step, narrator)


def _play(world: World, scene: Scene, step: Step, narrator: Narrator) -> None:
    begun = time.monotonic()
    with narrator.step(step.what):
        evidence, reason = _attempt(world, step)
    if evidence is None:
        narrator.failed(step.what, reason)
        raise DemoFailedError(scene.title, step.what, reason)
    narrator.seen(step.what, evidence, time.monotonic() - begun)


def _attempt(world: World, step: Step) -> tuple[str | None, str]:
    """The evidence, or `None` and why there is none."""
    if step.do is not None:
        try:
            step.do(world)
        except Exception as error:
            return None, f"{type(error).__name__}: {error}"
    deadline = time.monotonic() + step.within
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
            return None, f"not seen within {step.within:.0f} s: {reason}"
        time.sleep(SECONDS_BETWEEN_LOOKS)
