"""Start-up of every function as built, warm handling, and a small burst, as ratios of one run.

The floor of a start is an interpreter that loads botocore and makes one client. Whole processes
are measured in CPU seconds, interleaved, and the least of the rounds counts: noise only ever adds.
Milliseconds mean nothing on a shared machine; quote the ratios. `python -m tools.bench_burst` sends
a burst of 10,000 events, which takes many minutes: nearly all of it is moto's.
"""

from __future__ import annotations

import argparse
import platform
import resource
import subprocess
import sys
from pathlib import Path

from tools.build import ROOT, find_runtime_python

BURST = 200
"""Events of the burst: enough for the calls per event, few enough for a minute."""

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
    print("CPU of a start, as a ratio to the floor")
    for name, seconds in least.items():
        print(f"  {name:16} {seconds / least['floor']:5.2f}")
    print("\nwarm handling without I/O", flush=True)
    status = _run("tools.bench_handling")
    print("\na small burst", flush=True)
    return status or _run("tools.bench_burst", "--events", str(BURST))


def _run(module: str, *arguments: str) -> int:
    """Another bench, in a process of its own."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603


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
