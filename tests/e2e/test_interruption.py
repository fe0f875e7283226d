"""However the demo ends: no process, no port, no file of it stays."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import children
from sandbox.preflight import ROOT

from .stage import free_port

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(120)]

SECONDS_TO_GO = 45.0


@pytest.fixture
def _a_terminal_of_its_own() -> Iterator[None]:
    """A background job ignores SIGINT and its children inherit that; a handler they do not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_a_terminal_of_its_own")
@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGINT, 130, id="Ctrl-C"),
        pytest.param(signal.SIGTERM, 130, id="terminated"),
        pytest.param(signal.SIGKILL, -signal.SIGKILL, id="killed"),
    ],
)
def test_nothing_is_left_of_an_interrupted_demo(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    port = free_port()
    demo = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "demo"],
        cwd=ROOT,
        env={**os.environ, "SIGNALBOX_SANDBOX_PORT": str(port), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout is not None
    with demo.stdout:
        while "The sandbox answers" not in demo.stdout.readline():
            assert demo.poll() is None
        time.sleep(3)  # into the middle of `sam deploy`
        family = children.descendants(demo.pid)
        assert len(family) >= 2
        demo.send_signal(number)
        assert demo.wait(SECONDS_TO_GO) == status
    _wait_until(lambda: [_command(pid) for pid in family if _command(pid)])
    # A killed process loses its memory, and so its command line, before its sockets.
    _wait_until(lambda: [port] if _answers(port) else [])
    _wait_until(lambda: [str(path) for path in tmp_path.iterdir()])


def _wait_until(what_is_left: Callable[[], list[str] | list[int]]) -> None:
    deadline = time.monotonic() + SECONDS_TO_GO
    while left := what_is_left():
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _command(pid: int) -> str:
    """The command line; empty for a process that is gone, or dead and not yet collected."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
