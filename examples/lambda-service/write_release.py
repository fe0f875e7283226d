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
    ("co_authors", "%(trailers:key=Co-authored-by,valueonly,separator=%x1d)"),
    ("subject", "%s"),
    ("at", "%cI"),
)
# None can be part of a name or a subject.
FIELD_END, COMMIT_END, TRAILER_END = "\x1f", "\x1e", "\x1d"


def commits(newest: int = NEWEST) -> list[dict[str, Any]]:
    """The commits that lead to HEAD, newest first."""
    form = FIELD_END.join(code for _, code in FIELDS) + COMMIT_END
    log = git("log", f"--max-count={newest}", f"--format={form}")
    names = [name for name, _ in FIELDS]
    lines = (line.strip("\n") for line in log.split(COMMIT_END))
    return [listed(dict(zip(names, line.split(FIELD_END), strict=True))) for line in lines if line]


def listed(commit: dict[str, Any]) -> dict[str, Any]:
    """A commit with its co-authors as a list."""
    trailers = commit["co_authors"].split(TRAILER_END)
    return {**commit, "co_authors": [one.strip() for one in trailers if one.strip()]}


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


def image(address: str) -> dict[str, str]:
    """The repository and the digest of ``repository@sha256:…``. A tag names no image for good."""
    repository, _, digest = address.partition("@")
    if not (repository and digest.startswith("sha256:")):
        raise argparse.ArgumentTypeError(f"{address} is not repository@sha256:…")
    return {"repository": repository, "digest": digest}


def release(
    branch: str,
    junit: Path | None = None,
    coverage: float | None = None,
    image: dict[str, str] | None = None,
) -> dict[str, Any]:
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
    if coverage is not None:
        document["coverage"] = coverage
    if image:
        document["image"] = image
    return document


def main(arguments: list[str]) -> int:
    """Write the file, and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--branch", required=True)
    parser.add_argument("--tests", type=Path)
    parser.add_argument("--coverage", type=float, help="line coverage in per cent")
    parser.add_argument("--image", type=image, help="the image that ships, repository@sha256:…")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    document = release(options.branch, options.tests, options.coverage, options.image)
    options.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"release.json: {document['commit']}, {len(document['commits'])} commits")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
