"""The demo's story, and what happens when the control plane changes in the middle of one."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.demo.director import play
from sandbox.demo.narrator import Narrator
from sandbox.demo.scenes import SCENES
from sandbox.demo.world import World
from sandbox.deploy import deploy_control_plane
from sandbox.preflight import ROOT

from .gatekeeping import AMIR, MARA, OLGA, Gatekeeping
from .stage import copy_of_the_checkout, deployed_sandbox, spoil

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(240)]


def test_the_demos_story_comes_true(narrator: Narrator) -> None:
    with deployed_sandbox() as world:  # one without a past: the story begins with the service
        play(world, SCENES, narrator)


def test_a_changed_control_plane_keeps_an_open_gate_and_its_votes_alive(
    world: World, gates: Gatekeeping, tmp_path: Path
) -> None:
    gates.policy(approvals=2)
    release = gates.release()
    gates.press(release, "approve_gate", AMIR)
    gates.says(release, "1 of 2")
    before = _shipped(world)
    deploy_control_plane(
        world.box,
        world.deployment.slack,
        _next_version(tmp_path),
        changes={"RollbackWaitSeconds": "20"},
    )
    after = _shipped(world)
    assert not [name for name, digest in after.items() if before[name] == digest]
    gates.press(release, "approve_gate", MARA)
    gates.stage(release, "Production", "Succeeded")
    assert all(name in gates.summary(release) for name in ("Amir", "Mara"))
    gates.policy(colour="green")
    another = gates.release()
    gates.press(another, "approve_gate", OLGA)
    gates.stage(another, "Approval", "Succeeded")


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


def _next_version(folder: Path) -> Path:
    """A Signalbox with another function, another machine and another policy schema."""
    root = copy_of_the_checkout(folder)
    future = "from __future__ import annotations\n"
    spoil(root / "functions/settle_gate/app.py", future, f"{future}\nVERSION = 'N+1'\n")
    spoil(root / "statemachines/approval.asl.json", '"IsAnybodyAsked"', '"WhoIsAsked"')
    package = root / "layers/signalbox/signalbox"
    field = "    keep_releases: "
    spoil(package / "adapters/policy_schema.py", field, f'    colour: str = "grey"\n{field}')
    spoil(package / "domain/policy.py", field, f'    colour: str = "grey"\n{field}')
    return root


def _shipped(world: World) -> dict[str, str]:
    """By what was changed: what of it is deployed."""
    client = world.aws("lambda")
    functions = client.list_functions()["Functions"]
    (settle,) = [each for each in functions if "-SettleGateFunction-" in each["FunctionName"]]
    (layer,) = [each["Arn"] for each in settle["Layers"] if "SignalboxLayer" in each["Arn"]]
    machines = world.aws("stepfunctions")
    (approval,) = [
        each["stateMachineArn"]
        for each in machines.list_state_machines()["stateMachines"]
        if "Approval" in each["name"]
    ]
    return {
        "the function": str(settle["CodeSha256"]),
        "the layer": str(layer),
        "the machine": str(machines.describe_state_machine(stateMachineArn=approval)["definition"]),
    }
