"""Write release.json: which commit this is, what led to it, and how its tests went.

Runs in the build, from a full clone. Signalbox shows approvers the commits since the last good
release out of it. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

CONTRACT = 1
NEWEST = 200
FIELDS = (
    ("id", "%H"),
    ("author_name", "%an"),
    ("author_email", "%ae"),
    ("committer_name", "%cn"),
    ("committer_email", "%ce"),
    ("subject", "%s"),
    ("at", "%cI"),
)
# Neither can be part of a name or a subject.
FIELD_END, COMMIT_END = "\x1f", "\x1e"


def commits(newest: int = NEWEST) -> list[dict[str, str]]:
    """The commits that lead to HEAD, newest first."""
    form = FIELD_END.join(code for _, code in FIELDS) + COMMIT_END
    log = git("log", f"--max-count={newest}", f"--format={form}")
    names = [name for name, _ in FIELDS]
    lines = (line.strip("\n") for line in log.split(COMMIT_END))
    return [dict(zip(names, line.split(FIELD_END), strict=True)) for line in lines if line]


def git(*arguments: str) -> str:
    """What git prints."""
    done = subprocess.run(  # noqa: S603
        ["git", *arguments],  # noqa: S607
        check=True,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    return done.stdout


def results(junit: Path) -> dict[str, int]:
    """How many tests passed, failed and were skipped, by the report that pytest wrote."""
    cases = list(ElementTree.parse(junit).iter("testcase"))  # noqa: S314
    failed = [c for c in cases if c.find("failure") is not None or c.find("error") is not None]
    skipped = [c for c in cases if c.find("skipped") is not None]
    passed = len(cases) - len(failed) - len(skipped)
    return {"passed": passed, "failed": len(failed), "skipped": len(skipped)}


def release(branch: str, junit: Path | None) -> dict[str, Any]:
    """Everything that release.json holds."""
    history = commits()
    document: dict[str, Any] = {
        "contract": CONTRACT,
        "commit": history[0]["id"],
        "branch": branch,
        "commits": history,
    }
    if junit is not None and junit.exists():
        document["tests"] = results(junit)
    return document


def main(arguments: list[str]) -> int:
    """Write the file, and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--branch", required=True)
    parser.add_argument("--tests", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    document = release(options.branch, options.tests)
    options.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"release.json: {document['commit']}, {len(document['commits'])} commits")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
