"""A release that fails its tests: it stops at the build, and Slack names the test."""

from sandbox.demo.pipeline import actions_of, execution_of, status_of
from sandbox.demo.scenes.shared import pushed
from sandbox.demo.slack import see_in_thread, see_words
from sandbox.demo.steps import Scene, Step, expect
from sandbox.demo.world import World

TEST = "test_a_greeting_ends_with_an_exclamation_mark"


def _stops_at_the_build(world: World) -> str:
    execution = execution_of(world, world.releases["failing"])
    status = status_of(world, execution)
    expect(status == "Failed", f"the execution is {status}")
    actions = actions_of(world, execution)
    expect(actions["Build"]["status"] == "Failed", f"the build is {actions['Build']['status']}")
    expect("Staging" not in actions, "it went on to staging")
    return f"execution {execution[:8]} failed at Build; Staging never began"


FAILING_RELEASE = Scene(
    title="A release whose tests fail",
    steps=(
        pushed("failing", "Dana pushes a change that breaks a test"),
        Step(what="It stops at the build", see=_stops_at_the_build),
        Step(
            what="Its message names the test",
            see=lambda world: (
                f"{TEST}; " + see_words(world, world.releases["failing"], "failed", TEST)
            ),
        ),
        Step(
            what="Its thread has the details, and the channel hears of it",
            see=lambda world: see_in_thread(world, world.releases["failing"], TEST),
        ),
    ),
)
