"""A good release: built, tested, staged, approved in Slack, deployed, and well."""

from sandbox.demo.pipeline import alarm_states, see_serving, status_of
from sandbox.demo.scenes.shared import approved, asked, pushed, succeeded
from sandbox.demo.slack import see_words
from sandbox.demo.steps import Scene, Step, expect
from sandbox.demo.world import World


def _alarms_are_quiet(world: World) -> str:
    states = alarm_states(world)
    expect(states, "production has no alarms")
    expect(set(states.values()) == {"OK"}, f"{states}")
    return ", ".join(f"{name} {state}" for name, state in states.items())


def _is_over(world: World) -> str:
    release = world.releases["good"]
    status = status_of(world, release.execution)
    expect(status == "Succeeded", f"the execution is {status}")
    return see_words(world, release, "Approved", "Amir")


GOOD_RELEASE = Scene(
    title="A good release",
    steps=(
        pushed("good", "Dana pushes the service; the push starts the pipeline"),
        succeeded("good", "Build", "The build runs the real buildspec, tests included"),
        succeeded("good", "Staging", "Staging is deployed"),
        asked("good", "The approval card is in Slack: commit, author, tests, changes"),
        approved("good", "Amir presses Approve; the signed click opens the gate"),
        succeeded("good", "Production", "Production is deployed"),
        Step(
            what="The service answers with the new code",
            see=lambda world: see_serving(world, world.releases["good"]),
        ),
        Step(what="Production's alarms stay quiet", see=_alarms_are_quiet),
        Step(what="The message says how it went", see=_is_over),
    ),
)
