"""Nothing that we started stays behind, whatever its process group."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox import children
from sandbox.preflight import ROOT

STUBBORN = (
    "import signal, subprocess, sys, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
    " start_new_session=True)\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)\n"
)
HOLDER = (
    "import os, subprocess, sys, time\n"
    "read, write = os.pipe()\n"
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1], str(read), sys.argv[2]],"
    " pass_fds=[read], start_new_session=True)\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)\n"
)
KEPT = (
    "import pathlib, sys, time\n"
    "from sandbox.lifeline import end_with\n"
    "end_with(int(sys.argv[1]), pathlib.Path(sys.argv[2]))\n"
    "time.sleep(60)\n"
)


def started(*arguments: str) -> tuple[subprocess.Popen[bytes], int]:
    process = subprocess.Popen([sys.executable, "-c", *arguments], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def gone(pid: int, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


def test_a_stubborn_family_is_ended_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "GRACE_SECONDS", 0.3)
    process, grandchild = started(STUBBORN)
    assert grandchild in children.descendants(process.pid)
    assert process.stdout is not None
    with process.stdout:
        children.end(process)
    assert process.returncode is not None
    assert gone(grandchild)


def test_ending_what_has_ended_is_harmless() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    children.end(process)


def test_a_killed_parent_takes_its_child_and_the_childs_files_along(tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    (scratch / "inner").mkdir(parents=True)
    parent, child = started(HOLDER, KEPT, str(scratch))
    assert os.getpgid(child) != os.getpgid(parent.pid)
    assert parent.stdout is not None
    with parent.stdout:
        parent.kill()
        parent.wait()
    assert gone(child)
    assert not scratch.exists()


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="only /proc tells where they work")
def test_an_orphan_that_works_in_the_scratch_folder_ends_with_it(tmp_path: Path) -> None:
    inside, beside = tmp_path / "scratch" / "tmp", tmp_path / "scratch-of-another"
    for folder in (inside, beside):
        folder.mkdir(parents=True)
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    doomed, spared = (subprocess.Popen(sleeping, cwd=folder) for folder in (inside, beside))
    try:
        children.kill_working_in(tmp_path / "scratch")
        assert doomed.wait(10) == -9
        assert spared.poll() is None
    finally:
        for each in (doomed, spared):
            each.kill()
            each.wait()
