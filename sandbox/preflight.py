"""What must be true before anything starts; each failure is one sentence that says what to do."""

import os
import shutil
import socket
import sys
from pathlib import Path

DEFAULT_PORT = 4600
ROOT = Path(__file__).resolve().parent.parent
SAM = ROOT / ".tools" / "sam" / "bin" / "sam"


class NotReadyError(Exception):
    """Something is missing on this machine; the message is for a person."""


def chosen_port() -> int:
    """The port of the sandbox: `SIGNALBOX_SANDBOX_PORT`, or 4600."""
    text = os.environ.get("SIGNALBOX_SANDBOX_PORT", str(DEFAULT_PORT))
    if not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise NotReadyError(
            f"SIGNALBOX_SANDBOX_PORT is {text!r}: set it to a free port from 1024 to 65535."
        )
    return int(text)


def check(port: int) -> None:
    """Raise `NotReadyError` unless the sandbox can start on `port`."""
    _check_python()
    _check_git()
    _check_sam()
    check_port(port)


def check_port(port: int) -> None:
    """Raise `NotReadyError` when somebody listens on `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise NotReadyError(
                f"Port {port} is in use: stop what listens there, or choose another port, "
                f"as in SIGNALBOX_SANDBOX_PORT={port + 100} make demo."
            ) from None


def _check_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever skips the Makefile learns why
        found = ".".join(map(str, sys.version_info[:2]))
        raise NotReadyError(f"Python {found} is too old: install Python 3.11 or newer.")


def _check_git() -> None:
    if shutil.which("git") is None:
        raise NotReadyError("There is no git on the PATH: install git, then try again.")


def _check_sam() -> None:
    if not SAM.exists():
        raise NotReadyError(f"There is no sam at {SAM}: run `make setup`, which installs it.")
