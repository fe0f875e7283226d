"""What a demo is made of: scenes of steps, each with something to do and something to see."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.demo.world import World

SECONDS_TO_SEE = 60.0
"""Below the reconciler's period of five minutes: a lost event must show as a failure."""


class NotYetError(Exception):
    """What a step wants to see is not there; the message says what is there instead."""


class NeverError(Exception):
    """What a step wants to see cannot come any more; the message says why."""


class DemoFailedError(Exception):
    """A step's doing failed, or its evidence did not come in time."""

    def __init__(self, scene: str, step: str, reason: str) -> None:
        super().__init__(f"{scene} / {step}: {reason}")
        self.scene = scene
        self.step = step
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One sentence of the story.

    `do` runs once; then `see` is asked again and again until it returns the evidence in words.
    It looks only at the sandbox's AWS or Slack, and raises `NotYetError` while it sees nothing,
    `NeverError` when waiting is in vain.
    """

    what: str
    see: Callable[[World], str]
    do: Callable[[World], None] | None = None
    within: float = SECONDS_TO_SEE


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A part of the story with a title."""

    title: str
    steps: Sequence[Step]


def expect(condition: object, otherwise: str) -> None:
    """Raise `NotYetError(otherwise)` unless the condition holds."""
    if not condition:
        raise NotYetError(otherwise)
