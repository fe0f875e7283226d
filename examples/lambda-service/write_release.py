"""Write release.json: which commit this is, what led to it, and how its tests went.

Runs in the build, from a full clone. Signalbox shows approvers the commits since the last good
release out of it, and lets none of their authors approve. Where the list does not go back far
enough to tell, nobody may approve. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from itertools import accumulate
from pathlib import Path
from typing import Any

CONTRACT = 1
NEWEST = 2000
ROOM = 1_800_000
"""Characters for commits: Signalbox reads no release.json above 2 MB."""
SUBJECT = 200
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
FIELD_END = "\0"  # which cannot be part of a commit
TRAILER_END = "\x1d"


def commits(newest: int = NEWEST) -> list[dict[str, Any]]:
    """The commits that lead to HEAD, newest first, as many as there is room for.

    Each has its parents: that is how Signalbox tells which the last good release had already.
    """
    form = "".join(f"{code}%x00" for _, code in FIELDS)
    *said, _ = git("log", f"--max-count={newest}", f"--format={form}").split(FIELD_END)
    width, parents = len(FIELDS), parents_of(newest)
    names = [name for name, _ in FIELDS]
    rows = (said[at : at + width] for at in range(0, len(said), width))
    history = [listed(dict(zip(names, row, strict=True)), parents) for row in rows]
    sizes = accumulate(len(json.dumps(commit)) for commit in history)
    return [commit for commit, size in zip(history, sizes, strict=True) if size <= ROOM]


def listed(commit: dict[str, str], parents: dict[str, list[str]]) -> dict[str, Any]:
    """A commit with its parents, and its co-authors as a list."""
    name, trailers = commit["id"].strip(), commit["co_authors"].split(TRAILER_END)
    return {
        **commit,
        "id": name,
        "parents": parents[name],
        "co_authors": [one.strip() for one in trailers if one.strip()],
        "subject": commit["subject"][:SUBJECT],
    }


def parents_of(newest: int) -> dict[str, list[str]]:
    """The true parents of each commit.

    In a shallow clone ``%P`` says of the oldest commits that they have none; ``raw`` does not.
    """
    log = git("log", "-z", f"--max-count={newest}", "--format=raw")
    found = {}
    for commit in log.strip("\0").split("\0"):
        head = [line.split(" ") for line in commit.partition("\n\n")[0].split("\n")]
        found[head[0][1]] = [value[0] for name, *value in head if name == "parent"]
    return found


def reaches_back(history: list[dict[str, Any]]) -> bool:
    """Whether the list goes back to the first commit."""
    ids = {commit["id"] for commit in history}
    return all(ids.issuperset(commit["parents"]) for commit in history)


def git(*arguments: str) -> str:
    """What git prints of what was committed, with every line end as it is.

    Ends the script with what git says, in one line, where git fails.
    """
    command = ["git", "--no-replace-objects", *arguments]
    done = subprocess.run(command, check=False, capture_output=True)  # noqa: S603
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", errors="replace").split())
        raise SystemExit(f"write_release.py: {said or f'git ended with {done.returncode}'}")
    return done.stdout.decode("utf-8", errors="replace")


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
    options.output.write_text(json.dumps(document) + "\n", encoding="utf-8")
    history = document["commits"]
    back = "back to the first" if reaches_back(history) else "and older ones that are not listed"
    print(f"release.json: {document['commit']}, {len(history)} commits, {back}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
