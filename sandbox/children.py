"""Processes that we started: found by their parents, ended to the last one.

A process group is not enough: git, a build or an emulator's worker may open a group of its own.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

GRACE_SECONDS = 3.0


def descendants(pid: int) -> list[int]:
    """The children of `pid`, their children and so on, eldest first."""
    parents = dict(_parents())
    found, frontier = [], {pid}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier}
        found += sorted(frontier)
    return found


def kill_descendants(pid: int) -> None:
    """Kill whatever `pid` has started, directly or not; `pid` itself stays."""
    for child in descendants(pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def kill_working_in(folder: Path) -> None:
    """Kill whatever works in `folder` or below it, orphans included, where /proc tells (Linux)."""
    home = str(folder.resolve())
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            place = os.readlink(entry / "cwd")
            if place == home or place.startswith(home + os.sep):
                os.kill(int(entry.name), signal.SIGKILL)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a child and all that it started: politely, and after a grace period by force."""
    family = descendants(process.pid)
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    for pid in {*family, *descendants(process.pid), process.pid}:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + GRACE_SECONDS
    while any(_alive(pid) for pid in family) and time.monotonic() < deadline:
        time.sleep(0.02)


def _parents() -> Iterator[tuple[int, int]]:
    if Path("/proc/self/stat").exists():
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError, IndexError, ValueError):
                    stat = (entry / "stat").read_text(errors="replace")
                    yield int(entry.name), int(stat.rpartition(")")[2].split()[1])
        return
    listing = subprocess.run(
        ["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    for line in listing.stdout.splitlines():
        child, parent = line.split()
        yield int(child), int(parent)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
