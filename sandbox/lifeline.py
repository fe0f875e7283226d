"""A process that must not outlive its parent: it reads a pipe that only the parent holds open.

When the parent ends, by whatever signal, the kernel closes the pipe and the read returns.
"""

import contextlib
import os
import shutil
import signal
import threading
from pathlib import Path

from sandbox import children


def end_with(lifeline: int, scratch: Path) -> None:
    """From now on, when the pipe `lifeline` closes: kill this process group, remove `scratch`."""
    threading.Thread(target=_wait, args=(lifeline, scratch), name="lifeline", daemon=True).start()


def _wait(lifeline: int, scratch: Path) -> None:
    with contextlib.suppress(OSError):
        while os.read(lifeline, 1):
            pass
    children.kill_descendants(os.getpid())
    shutil.rmtree(scratch, ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)
