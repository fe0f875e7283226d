"""The demo is a proof only if it fails when something is wrong, at the step that shows it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.demo.diagnosis import troubles
from sandbox.demo.director import play
from sandbox.demo.narrator import Narrator
from sandbox.demo.scenes import SCENES
from sandbox.demo.steps import DemoFailedError
from sandbox.demo.world import World

from .stage import copy_of_the_checkout, deployed_sandbox, spoil

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(240)]

PATIENCE = 20.0
CARD = "The approval card is in Slack: commit, author, tests, changes"


def _without_the_action_rule(root: Path) -> None:
    template = root / "template.yaml"
    text = template.read_text(encoding="utf-8")
    spoiled, count = re.subn(r"  CodePipelineActionRule:\n(?:    .*\n|\n)+", "", text)
    assert count == 1
    template.write_text(spoiled, encoding="utf-8")


def _without_the_right_to_approve(root: Path) -> None:
    spoil(
        root / "pipelines" / "service.yaml",
        "Action: codepipeline:PutApprovalResult",
        "Action: codepipeline:GetPipelineState",
    )


def _without_the_right_to_roll_back(root: Path) -> None:
    spoil(
        root / "pipelines" / "service.yaml",
        "Action: codepipeline:RollbackStage",
        "Action: codepipeline:StopPipelineExecution",
    )


def _as_it_is(_: Path) -> None:
    """Nothing is spoiled in the checkout."""


def _no_channel(world: World) -> None:
    failure = {"method": "chat.postMessage", "error": "channel_not_found"}
    world.web("POST", "/_sandbox/slack/settings", {"fail_with": failure})


@pytest.mark.parametrize(
    ("spoiled", "prepared", "scene", "step", "causes"),
    [
        pytest.param(
            _without_the_action_rule, None, "A good release", CARD, [],
            id="the rule for action changes is missing",
        ),
        pytest.param(
            _without_the_right_to_approve, None, "A good release",
            "Amir presses Approve; the signed click opens the gate",
            ["AccessDeniedException.*PutApprovalResult"],
            id="the operator role may not put approval results",
        ),
        pytest.param(
            _without_the_right_to_roll_back, None, "A bad release, rolled back",
            "CodePipeline rolls the stage back to the good release",
            ["RollbackFailed", "incident#.*rollback refused"],
            id="the rollback call is refused",
        ),
        pytest.param(
            _as_it_is, _no_channel, "A good release", CARD,
            ["Slack refused chat.postMessage: channel_not_found"],
            id="Slack answers channel_not_found",
        ),
    ],
)  # fmt: skip
def test_the_demo_stops_at_the_step_that_is_broken(
    tmp_path: Path,
    silent: Narrator,
    spoiled: Callable[[Path], None],
    prepared: Callable[[World], None] | None,
    scene: str,
    step: str,
    causes: list[str],
) -> None:
    root = copy_of_the_checkout(tmp_path)
    spoiled(root)
    with deployed_sandbox(root) as world:
        if prepared is not None:
            prepared(world)
        with pytest.raises(DemoFailedError) as failure:
            play(world, SCENES, silent, patience=PATIENCE)
        told = list(troubles(world))
    print(f"{failure.value}", *told, sep="\n")
    assert (failure.value.scene, failure.value.step) == (scene, step)
    for cause in causes:
        assert any(re.search(cause, line) for line in told), f"{cause} in {told}"
    assert causes or told == []
