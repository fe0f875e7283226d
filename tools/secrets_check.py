"""Fail where a file of the tree holds what looks like a secret and is not marked as none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Scan what git would commit; returns the exit status."""
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
        if name and (ROOT / name).is_file() and not name.startswith("requirements/")
    ]
    scan = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "detect_secrets", "scan", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(scan.stdout)["results"]
    for name, secrets in sorted(found.items()):
        for secret in secrets:
            print(f"{name}:{secret['line_number']}: {secret['type']}")
    if found:
        print("Take it out, or end the line with `pragma: allowlist secret` where it is none.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
