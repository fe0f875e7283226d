"""Fail where a file of the tree holds what looks like a secret and was not reviewed as none.

`.secrets.json` lists what people have looked at: made-up tokens of tests, commit ids of samples.
It holds digests, no values. `python -m tools.secrets_check --accept` writes it anew.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REVIEWED = ROOT / ".secrets.json"

Finding = tuple[str, str]
"""The file and the digest of what looks like a secret in it."""


def main() -> int:
    """Scan what git would commit; returns the exit status."""
    findings = scan()
    if "--accept" in sys.argv[1:]:
        lines = [f"{name} {digest}" for name, digest in sorted(findings)]
        REVIEWED.write_text(json.dumps(lines, indent=1) + "\n")
        return 0
    reviewed = {tuple(line.rsplit(" ", 1)) for line in json.loads(REVIEWED.read_text())}
    new = {finding: where for finding, where in findings.items() if finding not in reviewed}
    for (name, _), where in sorted(new.items()):
        print(f"{name}:{where}")
    if new:
        print("Take it out; where it is none, review it and run tools.secrets_check --accept.")
    return 1 if new else 0


def scan() -> dict[Finding, str]:
    """Every finding with its line and kind. Pins are left out: they are made of hashes."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [
        name
        for name in listed.stdout.split("\0")
        if name and (ROOT / name).is_file() and not name.startswith(("requirements/", ".secrets"))
    ]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "detect_secrets", "scan", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        (name, secret["hashed_secret"]): f"{secret['line_number']}: {secret['type']}"
        for name, secrets in json.loads(done.stdout)["results"].items()
        for secret in secrets
    }


if __name__ == "__main__":
    sys.exit(main())
