"""A process that must not outlive its parent: it reads a pipe that only the parent holds open.

When the parent ends, by whatever signal, the kernel closes the pipe and the read returns.
"""

import contextlib
import os
import shutil
import signal
import threading
import time
from pathlib import Path

from sandbox import children

ATTEMPTS = 50
PAUSE_SECONDS = 0.1
"""Between two attempts to remove the files: who was killed may still write for a moment."""


def end_with(lifeline: int, scratch: Path) -> None:
    """From now on, when the pipe `lifeline` closes: kill this process group, remove `scratch`."""
    threading.Thread(target=_wait, args=(lifeline, scratch), name="lifeline", daemon=True).start()


def _wait(lifeline: int, scratch: Path) -> None:
    with contextlib.suppress(OSError):
        while os.read(lifeline, 1):
            pass
    children.kill_descendants(os.getpid())
    # What the parent had started besides, such as `sam`, would go on to write.
    children.kill_working_in(scratch)
    for _ in range(ATTEMPTS):
        shutil.rmtree(scratch, ignore_errors=True)
        if not scratch.exists():
            break
        time.sleep(PAUSE_SECONDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)
