"""Build what `make deploy` ships: `sam build`, then bytecode for the runtime's own Python, and the
data of AWS's services cut to what is called where a start must be quick (`tools.aws_data`).

`sam build` ships no bytecode, and without it a start costs two to three times as much;
timestamps do not survive the zip, so the bytecode is checked against no source (`unchecked-hash`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.aws_data import CALLERS, cut_data

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = "3.13"


def main() -> int:
    """Build for the architecture that is asked for; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architecture", choices=("arm64", "x86_64"), default="arm64")
    parser.add_argument("--build-dir", default=".aws-sam/build")
    options = parser.parse_args()
    python = find_runtime_python()
    if python is None:
        print(
            f"signalbox: building needs Python {RUNTIME}, the Lambda runtime's version, to compile "
            f"its bytecode: install it and put python{RUNTIME} on the PATH.",
            file=sys.stderr,
        )
        return 1
    environment = os.environ | {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_TELEMETRY": "0",
    }
    with template_for(options.architecture) as template:
        build = [
            *(str(ROOT / ".tools/sam/bin/sam"), "build", "--cached", "--parallel"),
            *("--template-file", template, "--build-dir", options.build_dir),
            *("--cache-dir", f".aws-sam/cache-{options.architecture}"),
        ]
        done = subprocess.run(build, cwd=ROOT, env=environment, check=False)  # noqa: S603
    if done.returncode:
        return done.returncode
    build = ROOT / options.build_dir
    for function in CALLERS:
        data = build / "DependenciesLayer" / "python" / "botocore" / "data"
        cut_data(function, build / logical_id(function), data)
    return compile_bytecode(python, build)


def logical_id(function: str) -> str:
    """The template's name for the function in that folder: `AnswerSlackFunction`."""
    return "".join(word.capitalize() for word in function.split("_")) + "Function"


@contextmanager
def template_for(architecture: str) -> Iterator[str]:
    """The name of a template for this architecture, beside template.yaml since paths are relative.

    `sam build` takes a layer's architecture from its metadata, which no parameter can reach.
    """
    if architecture == "arm64":
        yield "template.yaml"
        return
    variant = ROOT / f".template-{architecture}-{os.getpid()}.yaml"
    variant.write_text((ROOT / "template.yaml").read_text().replace("arm64", architecture))
    try:
        yield variant.name
    finally:
        variant.unlink()


def find_runtime_python() -> Path | None:
    """The interpreter of the runtime's version, or None; a shim that cannot run does not count."""
    name = f"python{RUNTIME}"
    managed = [
        *sorted(Path.home().glob(f".pyenv/versions/{RUNTIME}*/bin/{name}")),
        *sorted(Path.home().glob(f".local/share/uv/python/cpython-{RUNTIME}*/bin/{name}")),
    ]
    for candidate in (shutil.which(name), *map(str, managed)):
        if candidate and _runs(candidate):
            return Path(candidate)
    return None


def compile_bytecode(python: Path, build: Path) -> int:
    """Compile each function and layer as if it stood where Lambda puts it; returns the exit status.

    Without that, tracebacks and the archives' digests would hold the path of this machine.
    """
    for root in sorted(path for path in build.iterdir() if path.is_dir()):
        place = "/opt/python" if (root / "python").is_dir() else "/var/task"
        code = root / "python" if place == "/opt/python" else root
        command = [str(python), "-m", "compileall", "-q", "-j", "2", "-f"]
        command += ["--invalidation-mode", "unchecked-hash"]
        done = subprocess.run(  # noqa: S603
            [*command, "-s", str(code), "-p", place, str(code)], check=False
        )
        if done.returncode:
            return done.returncode
    return 0


def _runs(candidate: str) -> bool:
    ask = [candidate, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(ask, capture_output=True, text=True, check=False)  # noqa: S603
    return done.returncode == 0 and done.stdout.strip() == RUNTIME


if __name__ == "__main__":
    sys.exit(main())
