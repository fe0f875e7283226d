"""Start-up of every function as built, as a ratio to the floor, both measured in this one run.

The floor is an interpreter that loads botocore and makes one client. Whole processes are measured
in CPU seconds, interleaved, and the least of the rounds counts: noise only ever adds.
Milliseconds mean nothing on a shared machine; quote the ratios.
"""

from __future__ import annotations

import argparse
import platform
import resource
import subprocess
import sys
from pathlib import Path

from tools.build import ROOT, find_runtime_python

FLOOR = "import botocore.session; botocore.session.Session().create_client('dynamodb', 'us-east-1')"


def main() -> int:
    """Build for this machine, measure, print a table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each function")
    rounds: int = parser.parse_args().rounds
    python = find_runtime_python()
    architecture = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
    command = [sys.executable, "-m", "tools.build", "--architecture", architecture]
    done = subprocess.run(  # noqa: S603
        [*command, "--build-dir", "build/host"], cwd=ROOT, capture_output=True, check=False
    )
    if python is None or done.returncode:
        sys.stderr.write(done.stderr.decode()[-2000:])
        return 1
    folders = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    programs = {"floor": FLOOR} | dict.fromkeys(folders, "import app")
    least = dict.fromkeys(programs, float("inf"))
    for _ in range(rounds):
        for name, program in programs.items():
            least[name] = min(least[name], cpu_seconds(python, name, program))
    for name, seconds in least.items():
        print(f"{name:16} {seconds / least['floor']:5.2f}")
    return 0


def cpu_seconds(python: Path, name: str, program: str) -> float:
    """CPU seconds, user and system, of one fresh interpreter that runs ``program``."""
    build = ROOT / "build" / "host"
    logical_id = "".join(word.capitalize() for word in name.split("_")) + "Function"
    path = [str(build / logical_id), *map(str, sorted(build.glob("*Layer*/python")))]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(  # noqa: S603
        [str(python), "-I", "-S", "-c", f"import sys; sys.path[:0] = {path!r}; {program}"],
        env={"LANG": "C.UTF-8"},
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


if __name__ == "__main__":
    sys.exit(main())
