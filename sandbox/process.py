"""The sandbox's server as a child process, which nothing of survives its parent."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sandbox import children, clock
from sandbox.emulator.environment import REGION, credentials
from sandbox.preflight import ROOT, NotReadyError, check_port

SECONDS_TO_START = 30.0
PROFILE = f"""\
[profile signalbox-sandbox]
region = {REGION}
aws_access_key_id = test
aws_secret_access_key = test
"""
"""What samconfig.toml's table `sandbox` deploys as; no machine but the sandbox's has it."""

_ROOT_KEYS: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A running sandbox: where it answers, and where its files are."""

    port: int
    scratch: Path
    process: subprocess.Popen[bytes]

    @property
    def endpoint(self) -> str:
        """The URL of everything in the sandbox."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """The environment of a child process that takes the sandbox for AWS, as root."""
        own = ("AWS_", "SAM_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        return {
            **kept,
            **credentials(self.port),
            "HOME": str(self.scratch / "home"),
            "TMPDIR": str(self.scratch / "tmp"),
            "AWS_CONFIG_FILE": str(self.scratch / "aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.scratch / "aws-credentials"),
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_POLL_DELAY": "0.2",
            "SIGNALBOX_SANDBOX_PORT": str(self.port),
        }

    def client(self, service: str) -> Any:
        """A boto3 client of the sandbox, as root."""
        import boto3
        from botocore.config import Config

        return boto3.session.Session(**_ROOT_KEYS, region_name=REGION).client(
            service,
            endpoint_url=self.endpoint,
            config=Config(proxies={}, retries={"total_max_attempts": 2}),
        )

    def web(self) -> httpx.Client:
        """An HTTP client of the sandbox's own routes and of Slack's double."""
        return httpx.Client(base_url=self.endpoint, trust_env=False, timeout=30)

    def stop(self) -> None:
        """End the server and everything it started, and remove its files; again is harmless."""
        with _no_interruption():
            children.end(self.process)
            shutil.rmtree(self.scratch, ignore_errors=True)


@contextlib.contextmanager
def running_sandbox(port: int) -> Iterator[Box]:
    """Start a sandbox on `port`, hand it over when it answers, and leave nothing of it behind.

    Raises `NotReadyError` when the port is taken or the server does not come up.
    """
    check_port(port)
    box = None
    lifeline, grip = os.pipe()
    scratch = Path(tempfile.mkdtemp(prefix="signalbox-")).resolve()
    try:
        (scratch / "home").mkdir()
        (scratch / "tmp").mkdir()
        (scratch / "aws-config").write_text(PROFILE)
        box = Box(port=port, scratch=scratch, process=_start(port, scratch, lifeline))
        _wait_until_it_answers(box)
        yield box
    finally:
        if box is not None:
            box.stop()
        os.close(lifeline)
        os.close(grip)
        with _no_interruption():
            shutil.rmtree(scratch, ignore_errors=True)


def _start(port: int, scratch: Path, lifeline: int) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "sandbox", "serve",
        "--port", str(port), "--scratch", str(scratch), "--lifeline", str(lifeline),
    ]  # fmt: skip
    environment = {**os.environ, "SIGNALBOX_TIME_SCALE": str(clock.scale())}
    with (scratch / "server.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[lifeline],
            start_new_session=True,
        )


def _wait_until_it_answers(box: Box) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    with box.web() as web:
        while time.monotonic() < deadline and box.process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if web.get("/_sandbox/health").status_code == 200:
                    return
            time.sleep(0.05)
    log = (box.scratch / "server.log").read_text(errors="replace").strip().splitlines()
    last = log[-1] if log else "it said nothing"
    raise NotReadyError(f"The sandbox did not start on port {box.port}: {last}")


@contextlib.contextmanager
def _no_interruption() -> Iterator[None]:
    """Let a second Ctrl-C not interrupt the tidying up after the first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
