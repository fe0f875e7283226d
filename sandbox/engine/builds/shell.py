"""Runs a phase's commands as CodeBuild does: one bash, shared state, output streamed.

Directory and exported variables outlive a phase (buildspec version 0.2 "runs all build commands
in the same instance of the shell"): a file carries them over. Each phase is a process group of its
own, so that a stopped build leaves nothing running.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

Say = Callable[[str], None]
_GRACE_SECONDS = 2.0
_REFUSED_NAMES = frozenset({"BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID", "_"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The command that ended a phase, and its exit status."""

    command: str
    status: int


class Shell:
    """A build's shell. `say` gets each line of output."""

    def __init__(self, *, folder: Path, state: Path, environment: Mapping[str, str], say: Say):
        self._folder = folder
        self._state = state
        self._say = say
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self.environment: dict[str, str] = dict(environment)
        state.mkdir(parents=True, exist_ok=True)

    def run(self, commands: Sequence[str]) -> Failure | None:
        """Run the commands in turn; the first that fails ends the phase and is returned."""
        if not commands:
            return None
        progress, carried = self._state / "progress", self._state / "carried"
        progress.write_text("0", encoding="utf-8")
        script = self._state / "phase.sh"
        script.write_text(self._script(commands, progress, carried), encoding="utf-8")
        status = self._execute(script)
        self._carry_over(carried)
        if status == 0:
            return None
        index = int(progress.read_text(encoding="utf-8") or 0)
        return Failure(command=commands[index], status=status)

    def kill(self) -> None:
        """End whatever runs, and let nothing start any more."""
        with self._lock:
            self._stopped = True
            process = self._process
        if process is None or process.poll() is not None:
            return
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE_SECONDS)
        _signal_group(process, signal.SIGKILL)

    def _script(self, commands: Sequence[str], progress: Path, carried: Path) -> str:
        lines = [
            'trap \'__status=$?; { printf "%s\\0" "$PWD"; env -0; } > '
            f"{shlex.quote(str(carried))}; exit $__status' EXIT"
        ]
        for index, command in enumerate(commands):
            part = self._state / f"command-{index}.sh"
            part.write_text(command + "\n", encoding="utf-8")
            lines += [
                f"printf {index} > {shlex.quote(str(progress))}",
                f"printf '[Container] Running command %s\\n' {shlex.quote(command)}",
                f". {shlex.quote(str(part))} || exit $?",
            ]
        return "\n".join(lines) + "\n"

    def _execute(self, script: Path) -> int:
        with self._lock:
            if self._stopped:
                return 128 + signal.SIGTERM
            process = self._process = subprocess.Popen(
                ["bash", str(script)],
                cwd=self._folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if process.stdout is not None:
            for line in process.stdout:
                self._say(line.decode("utf-8", errors="replace").rstrip("\n"))
        status = process.wait()
        _signal_group(process, signal.SIGKILL)
        return status

    def _carry_over(self, carried: Path) -> None:
        if not carried.exists():
            return
        folder, *pairs = carried.read_bytes().decode("utf-8", errors="replace").split("\0")
        carried.unlink()
        if Path(folder).is_dir():
            self._folder = Path(folder)
        named = (pair.partition("=") for pair in pairs if "=" in pair)
        self.environment = {name: value for name, _, value in named if name not in _REFUSED_NAMES}


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return
