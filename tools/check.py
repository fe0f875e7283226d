"""Run every check of the tree, all of them even when one fails, and say which ones failed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ".venv/bin"
TRANSFORMED = ("build/cfn.json", "build/service.json", "build/environments.json")
TEMPLATES = ("template.yaml", "pipelines/service.yaml", "examples/lambda-service/environments.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One command; it passes when it exits 0."""

    name: str
    command: Sequence[str]


TRANSFORM = Check(name="transform", command=[f"{BIN}/python", "-m", "tools.transform"])

CHECKS = (
    Check(name="format", command=[f"{BIN}/ruff", "format", "--check", "--quiet", "."]),
    Check(name="lint", command=[f"{BIN}/ruff", "check", "--quiet", "."]),
    Check(
        name="types",
        command=[
            f"{BIN}/mypy",
            "layers/signalbox/signalbox",
            "functions",
            "cli",
            "sandbox",
            "tools",
        ],
    ),
    *(
        Check(
            name=f"sam validate {template}",
            command=[".tools/sam/bin/sam", "validate", "--lint", "--template", template],
        )
        for template in TEMPLATES
    ),
    Check(name="cfn-lint", command=[f"{BIN}/cfn-lint", *TRANSFORMED]),
    Check(
        name="state machines",
        command=[
            "node",
            ".tools/npm/node_modules/asl-validator/dist/bin/asl-validator.js",
            *(
                part
                for machine in ("Approval", "Rollback", "Cleanup")
                for part in ("--json-path", f"build/{machine}StateMachine.asl.json")
            ),
        ],
    ),
    Check(
        name="security",
        command=[
            ".tools/checkov/bin/checkov",
            *("--file", "build/cfn.json", "build/service.json"),
            *("--framework", "cloudformation", "--compact", "--quiet", "--skip-download"),
        ],
    ),
    Check(name="secrets", command=[f"{BIN}/python", "-m", "tools.secrets_check"]),
)


def main() -> int:
    """Transform the templates, then run the checks two at a time; returns the exit status."""
    outcomes = [run(TRANSFORM)]
    if outcomes[0]:
        with ThreadPoolExecutor(max_workers=2) as pool:
            outcomes += pool.map(run, CHECKS)
    failed = outcomes.count(False)
    print(f"check: {failed} failed, {len(outcomes) - failed} passed")
    return 1 if failed else 0


def run(check: Check) -> bool:
    """Run one check and report it; returns whether it passed."""
    begun = time.monotonic()
    environment = os.environ | {
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "us-east-1",
        "NO_COLOR": "1",
    }
    done = subprocess.run(  # noqa: S603
        check.command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    mark = "ok    " if done.returncode == 0 else "FAILED"
    report = f"{mark} {check.name} ({time.monotonic() - begun:.1f} s)"
    if done.returncode:
        report += f"\n{done.stdout[-6000:]}{done.stderr[-3000:]}"
    print(report, flush=True)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
