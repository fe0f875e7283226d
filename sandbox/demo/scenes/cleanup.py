"""Cleanup: started from the command line, it says what it would delete, and deletes nothing."""

import re
import subprocess
import sys
from pathlib import Path

from sandbox.demo.steps import Scene, Step, expect
from sandbox.demo.world import World, words_of
from sandbox.deploy import CONTROL_PLANE, SERVICE
from sandbox.preflight import ROOT

SIGNALBOX = Path(sys.prefix) / "bin" / "signalbox"
REASON = re.compile(r"• \S+: \w+")
SECONDS_FOR_THE_COMMAND = 30


def _start(world: World) -> None:
    done = subprocess.run(
        [str(SIGNALBOX), "sweep", SERVICE, "--stack", CONTROL_PLANE],
        cwd=ROOT,
        env=world.box.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_FOR_THE_COMMAND,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise RuntimeError(f"signalbox sweep ended with {done.returncode}: {' '.join(said[-3:])}")


def _reported(world: World) -> str:
    found = [each for each in world.messages() if f"Cleanup of {SERVICE}" in each["text"]]
    expect(found, "Slack has no message about a cleanup")
    said = words_of(found[-1]).lower()
    for words in ("would delete", "keeps", "nothing was deleted"):
        expect(words in said, f"the report does not say {words!r}")
    expect(REASON.search(said), "the report gives no reason for anything")
    return str(found[-1]["text"])


CLEANUP = Scene(
    title="Cleanup, as a dry run",
    steps=(
        Step(
            what="`signalbox sweep hello` reports what it would delete, and why it keeps the rest",
            do=_start,
            see=_reported,
        ),
    ),
)
