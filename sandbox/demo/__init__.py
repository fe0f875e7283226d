"""`make demo` plays the story and checks each step; `make sandbox` deploys and stays."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox import preflight
from sandbox.demo.diagnosis import troubles
from sandbox.demo.director import play
from sandbox.demo.narrator import Narrator
from sandbox.demo.scenes import SCENES
from sandbox.demo.steps import DemoFailedError
from sandbox.demo.world import World
from sandbox.deploy import Deployment, DeploymentError, deploy_everything
from sandbox.process import Box, running_sandbox

INTERRUPTED = 130


def run(*, stay: bool) -> int:
    """Play the demo, or stay for people to play; the exit status.

    Raises `preflight.NotReadyError` when the machine lacks something.
    """
    port = preflight.chosen_port()
    preflight.check(port)
    narrator = Narrator()
    try:
        with _stopping_politely(), running_sandbox(port) as box:
            deployment = _set_the_stage(box, narrator)
            if stay:
                return _stay(box, narrator)
            return _demonstrate(World(box=box, deployment=deployment), narrator)
    except DeploymentError as error:
        narrator.failed("sam deploy", str(error))
        return 1
    except KeyboardInterrupt:
        narrator.say("Stopped; nothing is left running.")
        return INTERRUPTED


def _set_the_stage(box: Box, narrator: Narrator) -> Deployment:
    narrator.scene("An AWS account on this machine")
    narrator.seen("The sandbox answers", box.endpoint, narrator.seconds)
    begun = narrator.seconds
    what = "sam deploy: Signalbox, the pipeline, the service's environments"
    with narrator.step(what):
        deployment = deploy_everything(box)
    api = deployment.outputs["HttpApiId"]
    narrator.seen(what, f"Slack sends clicks to the API {api}", narrator.seconds - begun)
    return deployment


def _demonstrate(world: World, narrator: Narrator) -> int:
    try:
        play(world, SCENES, narrator)
    except DemoFailedError as error:
        narrator.say(f"\nThe demo failed at: {error.scene} / {error.step}")
        for trouble in troubles(world):
            narrator.say(f"  {trouble}")
        return 1
    narrator.say(f"\nEverything was seen, in {narrator.seconds:.0f} s.")
    return 0


def _stay(box: Box, narrator: Narrator) -> int:
    narrator.say(f"\nOpen {box.endpoint} and push a commit. Ctrl-C ends it.")
    box.process.wait()
    narrator.say("The sandbox's server has ended.")
    return 1


@contextmanager
def _stopping_politely() -> Iterator[None]:
    """Take SIGTERM and SIGHUP as Ctrl-C, so that they tidy up as well."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGHUP)
    handlers = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
