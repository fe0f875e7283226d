"""The demo's story, and what happens when the control plane changes in the middle of one."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.demo.director import play
from sandbox.demo.narrator import Narrator
from sandbox.demo.scenes import SCENES
from sandbox.demo.scenes.shared import approved, asked, pushed
from sandbox.demo.steps import Scene
from sandbox.demo.world import World
from sandbox.deploy import deploy_control_plane
from sandbox.preflight import ROOT

from .stage import copy_of_the_checkout, spoil

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(240)]


def test_the_demos_story_comes_true(world: World, narrator: Narrator) -> None:
    play(world, SCENES, narrator)


def test_a_changed_control_plane_keeps_an_open_gate_alive(
    world: World, narrator: Narrator, tmp_path: Path
) -> None:
    play(
        world,
        [Scene(title="A gate is open", steps=(pushed("good", "push"), asked("good", "asked")))],
        narrator,
    )
    before = _code_of_settle_gate(world)
    root = copy_of_the_checkout(tmp_path)
    spoil(
        root / "functions" / "settle_gate" / "app.py",
        "from __future__ import annotations\n",
        "from __future__ import annotations\n\nVERSION = 'N+1'\n",
    )
    deploy_control_plane(
        world.box, world.deployment.slack, root, changes={"RollbackWaitSeconds": "20"}
    )
    assert _code_of_settle_gate(world) != before
    play(
        world,
        [Scene(title="The new control plane settles it", steps=(approved("good", "approve"),))],
        narrator,
    )


def test_two_sandboxes_do_not_share_a_port(world: World) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "demo"],
        cwd=ROOT,
        env=world.box.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"Port {world.box.port} is in use" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def _code_of_settle_gate(world: World) -> str:
    functions = world.aws("lambda").list_functions()["Functions"]
    (found,) = [each for each in functions if "-SettleGateFunction-" in each["FunctionName"]]
    return str(found["CodeSha256"])
