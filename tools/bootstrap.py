"""Set up what the project runs on: `.venv`, `.tools/sam` and, for checks, `.tools/checkov` and npm.

Runs under any Python so that an old one gets a sentence instead of a traceback; needs nothing but
the standard library. Each environment is made once and again whenever its pins change.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
UV = "uv==0.13.9"


class CannotSetUp(Exception):
    """Set-up cannot go on; the message is one sentence that says what to do."""


def main(wanted: "list[str]") -> int:
    """Make the named environments (`run`, `check`); returns the exit status."""
    try:
        require_python()
        require_command("git", "Signalbox's sandbox pushes real commits")
        make_environment(ROOT / ".venv", "dev.txt", install_project=True)
        make_environment(TOOLS / "sam", "sam.txt")
        if "check" in wanted:
            make_environment(TOOLS / "checkov", "checkov.txt")
            install_validator()
    except CannotSetUp as sentence:
        print("signalbox: " + str(sentence), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("signalbox: set-up was interrupted; run the same command again.", file=sys.stderr)
        return 130
    return 0


def require_python() -> None:
    """Go on under a Python that is new enough, or say which one is missing."""
    if sys.version_info >= OLDEST:
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        newer = shutil.which(name)
        if newer and subprocess.call([newer, "-c", "pass"]) == 0:
            os.execv(newer, [newer, __file__] + sys.argv[1:])
    raise CannotSetUp(
        "this is Python %d.%d and 3.11 or later is needed: install it, "
        "or name one with `make PYTHON=/path/to/python3.11 ...`." % sys.version_info[:2]
    )


def require_command(name: str, why: str) -> None:
    """Raise CannotSetUp where a command is not on the PATH."""
    if not shutil.which(name):
        raise CannotSetUp(
            f"`{name}` is not installed, and {why}: install {name} and run this again."
        )


def make_environment(folder: Path, pins: str, install_project: bool = False) -> None:
    """Make a virtual environment that holds exactly what a requirements file pins, with hashes."""
    requirements = ROOT / "requirements" / pins
    stamp = folder / "made-from"
    wanted = fingerprint(requirements, ROOT / "pyproject.toml", folder)
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Setting up {folder.relative_to(ROOT)} ...", flush=True)
    uv = find_uv()
    run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    into = [*uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
    # Compiled once here, or every `sam` and every Lambda worker of the sandbox compiles it again.
    run([*into, "--compile-bytecode", "--require-hashes", "-r", str(requirements)])
    if install_project:
        run([*into, "--no-deps", "--editable", str(ROOT)])
    stamp.write_text(wanted)


def find_uv() -> "list[str]":
    """The command line of uv, installed into `.tools/uv` on first use."""
    folder = TOOLS / "uv"
    if not (folder / "uv").exists() and not (folder / "bin" / "uv").exists():
        folder.mkdir(parents=True, exist_ok=True)
        if subprocess.call([sys.executable, "-m", "pip", "--version"], stdout=subprocess.DEVNULL):
            raise CannotSetUp(
                "this Python has no pip: install it (Debian: python3-pip python3-venv)."
            )
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--no-user", "--target", str(folder), UV], quiet=True)
    return [str(folder / "bin" / "uv")]


def install_validator() -> None:
    """Install the state machine validator, an npm package, below `.tools/npm`."""
    require_command("npm", "`make check` validates the state machines with an npm package")
    folder = TOOLS / "npm"
    stamp = folder / "made-from"
    pins = ROOT / "requirements" / "npm.json"
    if stamp.exists() and stamp.read_text() == pins.read_text():
        return
    print(f"Setting up {folder.relative_to(ROOT)} ...", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    packages = [f"{name}@{version}" for name, version in json.loads(pins.read_text()).items()]
    npm = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts"]
    run([*npm, "--prefix", str(folder), *packages])
    stamp.write_text(pins.read_text())


def fingerprint(*things: Path) -> str:
    """A digest of files' contents and folders' names: an environment cannot be moved."""
    digest = hashlib.sha256(sys.version.encode())
    for thing in things:
        digest.update(thing.read_bytes() if thing.is_file() else str(thing).encode())
    return digest.hexdigest()


def run(command: "list[str]", quiet: bool = False) -> None:
    """Run one step of the set-up. Raises CannotSetUp with what to do where it fails."""
    environment = dict(os.environ)
    if "PIP_INDEX_URL" in environment:
        environment.setdefault("UV_DEFAULT_INDEX", environment["PIP_INDEX_URL"])
    environment.pop("VIRTUAL_ENV", None)
    # uv leaves an empty lock of each project it builds in the temporary folder.
    with tempfile.TemporaryDirectory(prefix="signalbox-setup-") as scratch:
        done = subprocess.run(
            command,
            env={**environment, "TMPDIR": scratch},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL if quiet else None,
            text=True,
        )
    if done.returncode == 0:
        return
    last = [line.strip() for line in done.stderr.splitlines() if line.strip()][-3:]
    # pip says of a registry it cannot reach that it has no such package.
    signs = ("dns", "connect", "resolve", "network", "timed out", "no matching distribution")
    offline = any(sign in done.stderr.lower() for sign in signs)
    if offline:
        raise CannotSetUp(
            "the package registry cannot be reached: check the network (or PIP_INDEX_URL "
            "and the proxy settings) and run the same command again."
        )
    raise CannotSetUp(f"`{Path(command[0]).name}` failed: {' '.join(last)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["run"]))
