"""The demo's steps: done once, seen in time or not, and what is said of them."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from sandbox.demo.director import play
from sandbox.demo.narrator import Narrator
from sandbox.demo.scenes import SCENES
from sandbox.demo.steps import DemoFailedError, NeverError, NotYetError, Scene, Step
from sandbox.demo.world import World

RECONCILES_EVERY_SECONDS = 300
WORLD: Any = None


def told(*steps: Step, patience: float = 60.0) -> str:
    written = io.StringIO()
    narrator = Narrator(Console(file=written, width=120))
    play(WORLD, [Scene(title="A scene", steps=steps)], narrator, patience=patience)
    return written.getvalue()


def test_a_step_is_done_once_and_looked_at_until_it_is_seen() -> None:
    done: list[str] = []
    looks = iter([NotYetError("nothing"), NotYetError("nothing"), None])

    def see(_: World) -> str:
        if (look := next(looks)) is not None:
            raise look
        return "there it is"

    story = told(Step(what="It comes", do=lambda _: done.append("once"), see=see))
    assert done == ["once"]
    assert "✓ It comes" in story
    assert "there it is" in story


def test_a_step_that_is_not_seen_fails_with_what_was_seen_instead() -> None:
    def see(_: World) -> str:
        raise NotYetError("the stage is InProgress")

    with pytest.raises(DemoFailedError) as failure:
        told(Step(what="It ends", see=see), patience=0.1)
    assert (failure.value.scene, failure.value.step) == ("A scene", "It ends")
    assert "the stage is InProgress" in failure.value.reason


def test_what_cannot_come_any_more_is_not_waited_for() -> None:
    def see(_: World) -> str:
        raise NeverError("the stage is Failed")

    with pytest.raises(DemoFailedError, match="the stage is Failed"):
        told(Step(what="It ends", see=see))


def test_a_doing_that_fails_fails_the_step() -> None:
    def push(_: World) -> None:
        raise RuntimeError("refused")

    with pytest.raises(DemoFailedError, match="RuntimeError: refused"):
        told(Step(what="Dana pushes", do=push, see=lambda _: "never asked"))


def test_a_mistake_in_a_check_is_not_taken_for_waiting() -> None:
    def see(_: World) -> str:
        empty: dict[str, str] = {}
        return empty["no such key"]

    with pytest.raises(KeyError):
        told(Step(what="It is well", see=see))


def test_every_step_ends_before_the_reconciler_could_help() -> None:
    limits = [step.within for scene in SCENES for step in scene.steps]
    assert max(limits) < RECONCILES_EVERY_SECONDS


def test_the_demo_never_invokes_the_reconciler() -> None:
    demo = Path(__file__).parents[3] / "sandbox" / "demo"
    texts = [path.read_text(encoding="utf-8") for path in demo.rglob("*.py")]
    assert not [text for text in texts if "ReconcileFunction" in text]


def test_plain_lines_have_no_control_characters() -> None:
    assert "\x1b" not in told(Step(what="It comes", see=lambda _: "seen"))
