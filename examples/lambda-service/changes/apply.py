"""Turn a clone of the service into the next good, bad or failing commit. Commits nothing."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

CHANGES = Path(__file__).parent
KINDS = ("good", "bad", "failing")
SALUTATIONS = ("Good morning", "Welcome", "Good to see you", "Hello")
# What a change may touch, and so what the next one must put back.
TOUCHED = ("greeting.py", "tests/conftest.py")


def apply(kind: str, clone: Path) -> list[str]:
    """Write the files of one kind of commit into a clone; returns their names.

    A good change takes the salutation after the present one, so that it always changes something.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is not one of {', '.join(KINDS)}")
    salutation = next_salutation((clone / "greeting.py").read_text(encoding="utf-8"))
    for name in TOUCHED:
        change = CHANGES / kind / name
        shutil.copyfile(change if change.exists() else CHANGES.parent / name, clone / name)
    if kind == "good":
        greeting = (clone / "greeting.py").read_text(encoding="utf-8")
        (clone / "greeting.py").write_text(
            greeting.replace(SALUTATIONS[0], salutation), encoding="utf-8"
        )
    return list(TOUCHED)


def next_salutation(source: str) -> str:
    """The salutation after the one in this source; the first where it has none of ours."""
    present = next((i for i, s in enumerate(SALUTATIONS) if f'"{s}"' in source), -1)
    return SALUTATIONS[(present + 1) % len(SALUTATIONS)]


def main(arguments: list[str]) -> int:
    """Apply one change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("clone", type=Path)
    options = parser.parse_args(arguments)
    print(f"{options.kind}: {', '.join(apply(options.kind, options.clone))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
