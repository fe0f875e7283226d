"""Resolve every requirements/*.in into a file of pins with hashes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYER = ROOT / "layers" / "dependencies" / "requirements.txt"
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
)


def main() -> int:
    """Resolve them one after the other; returns the exit status of the first that fails."""
    for source in sorted((ROOT / "requirements").glob("*.in")):
        pins = LAYER if source.stem == "layer" else source.with_suffix(".txt")
        command = [str(ROOT / ".tools/uv/bin/uv"), "pip", "compile", "--quiet", *OPTIONS]
        done = subprocess.run(  # noqa: S603
            [*command, source.name, "--output-file", str(pins)],
            cwd=source.parent,
            check=False,
        )
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
