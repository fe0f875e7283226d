"""Each thing that is missing is said in one sentence that says what to do."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import preflight
from sandbox.preflight import NotReadyError


def test_the_port_is_4600_unless_somebody_chooses_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SIGNALBOX_SANDBOX_PORT", raising=False)
    assert preflight.chosen_port() == 4600
    monkeypatch.setenv("SIGNALBOX_SANDBOX_PORT", "4712")
    assert preflight.chosen_port() == 4712


@pytest.mark.parametrize("port", ["", "abc", "80", "70000"])
def test_a_port_that_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("SIGNALBOX_SANDBOX_PORT", port)
    with pytest.raises(NotReadyError, match="SIGNALBOX_SANDBOX_PORT"):
        preflight.chosen_port()


def test_a_port_in_use_is_named_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(NotReadyError) as refusal:
            preflight.check_port(port)
    assert f"Port {port} is in use" in str(refusal.value)
    assert "SIGNALBOX_SANDBOX_PORT=" in str(refusal.value)


def test_a_missing_git_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(NotReadyError, match="install git"):
        preflight.check(1)


def test_a_missing_sam_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(preflight, "SAM", tmp_path / "sam")
    with pytest.raises(NotReadyError, match="make setup"):
        preflight.check(1)


def test_an_old_python_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(NotReadyError, match=r"Python 3\.10 is too old"):
        preflight.check(1)


def test_the_command_says_it_in_one_line_and_ends_with_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "demo"],
        cwd=preflight.ROOT,
        env={"PATH": "/usr/bin:/bin", "SIGNALBOX_SANDBOX_PORT": "none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
