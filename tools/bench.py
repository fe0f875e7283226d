"""Start-up of every function as built, warm handling, and a small burst, as ratios of one run.

The floor of a start is an interpreter that loads botocore and makes one client. Whole processes
are measured in CPU seconds, interleaved, and the least of the rounds counts: noise only ever adds.
Milliseconds mean nothing on a shared machine; quote the ratios. Where valgrind is there, the start
of the Slack endpoint is counted in instructions as well, which no neighbour disturbs: that figure
decides. `python -m tools.bench_burst` sends a burst of 10,000 events, which takes many minutes:
nearly all of it is moto's. `python -m tools.bench_click` has twenty people press at once.
"""

from __future__ import annotations

import argparse
import platform
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.build import ROOT, find_runtime_python, logical_id

BURST = 200
"""Events of the burst: enough for the calls per event, few enough for a minute."""

FLOOR = "import botocore.session; botocore.session.Session().create_client('dynamodb', 'us-east-1')"
MEMORY = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
ENDPOINT = "answer_slack"
MADE = (
    "import app; assert sorted(app.world().clients._own) == ['dynamodb', 'secretsmanager', 'sqs']"
)
"""The endpoint makes all its clients at its start; one that did not would measure too little."""

GOALS = {ENDPOINT: 0.95}
GOAL = 1.30
ARN = "arn:aws:x:us-east-1:123456789012:x"
LAMBDA = {
    "LANG": "C.UTF-8",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
    "AWS_SESSION_TOKEN": "x",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "LEDGER_TABLE": "ledger",
    "WORK_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/work",
    "MESSAGES_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/messages.fifo",
    "SLACK_SECRET_ARN": ARN,
    "SLACK_API_URL": "https://slack.com/api/",
    "STACK_ID": ARN,
}
"""What Lambda and the template set: credentials among it, or botocore would look for some."""


def main() -> int:
    """Build for this machine, measure, print a table; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each function")
    parser.add_argument("--starts", action="store_true", help="starts only")
    options = parser.parse_args()
    python = find_runtime_python()
    architecture = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
    command = [sys.executable, "-m", "tools.build", "--architecture", architecture]
    done = subprocess.run(  # noqa: S603
        [*command, "--build-dir", "build/host"], cwd=ROOT, capture_output=True, check=False
    )
    if python is None or done.returncode:
        sys.stderr.write(done.stderr.decode()[-2000:])
        return 1
    status = _starts(python, options.rounds)
    if options.starts:
        return status
    print("\nwarm handling without I/O", flush=True)
    status = _run("tools.bench_handling") or status
    print("\na small burst", flush=True)
    return status or _run("tools.bench_burst", "--events", str(BURST))


def _starts(python: Path, rounds: int) -> int:
    """Measure every start; 1 where the instructions of the endpoint's miss the goal."""
    folders = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    programs = {"floor": FLOOR} | dict.fromkeys(folders, "import app") | {ENDPOINT: MADE}
    least = dict.fromkeys(programs, float("inf"))
    for _ in range(rounds):
        for name, program in programs.items():
            least[name] = min(least[name], cpu_seconds(python, name, program))
    print("CPU of a start, as a ratio to the floor, the goal, and its memory")
    for name, seconds in least.items():
        said = _process(python, name, f"{programs[name]}; {MEMORY}", capture_output=True).stdout
        ratio, goal = seconds / least["floor"], GOALS.get(name, GOAL)
        print(f"  {name:16} {ratio:5.2f} {goal:5.2f} {int(said) / 1024:4.0f} MB")
    print(f"{ENDPOINT} makes all its clients in its start, the others at their first event")
    if shutil.which("valgrind") is None:
        return 0
    floor, endpoint = instructions(python, "floor", FLOOR), instructions(python, ENDPOINT, MADE)
    goal = GOALS[ENDPOINT]
    print(
        f"instructions of a start: {ENDPOINT} {endpoint / 1e6:.0f} M, floor {floor / 1e6:.0f} M: "
        f"{endpoint / floor:.3f} (the goal is {goal})"
    )
    return int(endpoint / floor > goal)


def _run(module: str, *arguments: str) -> int:
    """Another bench, in a process of its own."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603


def cpu_seconds(python: Path, name: str, program: str) -> float:
    """CPU seconds, user and system, of one fresh interpreter that runs ``program``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _process(python, name, program)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def instructions(python: Path, name: str, program: str) -> int:
    """Instructions of the same, counted by valgrind."""
    counting = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    done = _process(python, name, program, counting, capture_output=True)
    found = re.search(rb"Collected : (\d+)", done.stderr)
    if found is None:
        raise SystemExit("signalbox: valgrind counted nothing")
    return int(found[1])


def _process(
    python: Path,
    name: str,
    program: str,
    under: list[str] | None = None,
    *,
    capture_output: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """A fresh interpreter of the runtime's version, with what the function has in Lambda."""
    build = ROOT / "build" / "host"
    package = build / logical_id(name)
    path = [str(package), *map(str, sorted(build.glob("*Layer*/python")))]
    code = f"import sys; sys.path[:0] = {path!r}; {program}"
    environment: Mapping[str, str] = LAMBDA | {
        "LAMBDA_TASK_ROOT": str(package),
        "POWERTOOLS_SERVICE_NAME": name,
    }
    return subprocess.run(  # noqa: S603
        [*(under or []), str(python), "-I", "-S", "-c", code],
        env=dict(environment),
        capture_output=capture_output,
        check=True,
    )


if __name__ == "__main__":
    sys.exit(main())
