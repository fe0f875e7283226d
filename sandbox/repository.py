"""The example service's git repository: a bare one that tells the sandbox of pushes, and a clone.

`git push` is the real one; a hook stands for what GitHub would send to CodeConnections.
"""

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from sandbox.preflight import ROOT

EXAMPLE: Final = ROOT / "examples" / "lambda-service"
REPOSITORY: Final = "hello"
FULL_REPOSITORY_ID: Final = f"example/{REPOSITORY}"
BRANCH: Final = "main"
NOT_FOR_THE_CLONE: Final = ("__pycache__", ".pytest_cache", "changes", "environments.yaml")

Kind = Literal["good", "bad", "failing"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MESSAGES: Final[dict[Kind, str]] = {
    "good": "Greet people with another salutation",
    "bad": "Let operations choose the salutation",
    "failing": "Greet people more calmly",
}

_HOOK: Final = """#!/bin/sh
exec {python} {teller}
"""
_TELLER: Final = '''"""Tell the sandbox of a push, as GitHub tells CodeConnections."""

import json
import sys
import urllib.request

opener = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
for line in sys.stdin:
    before, after, reference = line.split()
    push = {{
        "repository": "{repository}",
        "branch": reference.removeprefix("refs/heads/"),
        "before": before,
        "after": after,
    }}
    request = urllib.request.Request(
        "{endpoint}/_sandbox/git/received",
        data=json.dumps(push).encode(),
        headers={{"Content-Type": "application/json"}},
    )
    opener.open(request, timeout=20).read()
'''


class GitError(Exception):
    """A git command failed; the message is git's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who commits: people of Slack's double, so that Signalbox can find them there."""

    name: str = "Dana Author"
    email: str = "dana@example.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The bare repository and the clone, below the sandbox's scratch folder."""

    scratch: Path
    author: Author = Author()

    @property
    def bare(self) -> Path:
        """What is pushed to; the engine reads it."""
        return self.scratch / "repositories" / f"{REPOSITORY}.git"

    @property
    def clone(self) -> Path:
        """Where commits are made."""
        return self.scratch / "work" / REPOSITORY

    def create(self, endpoint: str) -> None:
        """Make both, with the example service as the first commit of the clone, not yet pushed."""
        self.bare.mkdir(parents=True)
        self.clone.parent.mkdir(parents=True, exist_ok=True)
        self._git(self.bare, "init", "--quiet", "--bare", f"--initial-branch={BRANCH}")
        hook = self.bare / "hooks" / "post-receive"
        hook.parent.mkdir(exist_ok=True)
        teller = hook.with_name("tell_of_push.py")
        teller.write_text(
            _TELLER.format(repository=FULL_REPOSITORY_ID, endpoint=endpoint), encoding="utf-8"
        )
        hook.write_text(
            _HOOK.format(python=shlex.quote(sys.executable), teller=shlex.quote(str(teller))),
            encoding="utf-8",
        )
        hook.chmod(0o755)
        self._git(self.clone.parent, "clone", "--quiet", str(self.bare), str(self.clone))
        self._git(self.clone, "checkout", "--quiet", "-B", BRANCH)
        shutil.copytree(
            EXAMPLE,
            self.clone,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns(*NOT_FOR_THE_CLONE),
        )
        self._commit("Begin the hello service")

    def push(self, kind: Kind, message: str | None = None) -> str:
        """Make a commit of this kind and push it; the commit's id."""
        changes = EXAMPLE / "changes" / "apply.py"
        _run([sys.executable, str(changes), kind, str(self.clone)], self.clone, {})
        self._commit(message or MESSAGES[kind])
        self._git(self.clone, "push", "--quiet", "origin", BRANCH)
        return self._git(self.clone, "rev-parse", "HEAD").strip()

    def subjects(self, commit: str, *, since: str | None) -> list[str]:
        """The first lines of the commits up to `commit`, newest first, without those of `since`."""
        span = f"{since}..{commit}" if since else commit
        return self._git(self.clone, "log", "--format=%s", span).splitlines()

    def _commit(self, message: str) -> None:
        self._git(self.clone, "add", "--all")
        self._git(self.clone, "commit", "--quiet", "--allow-empty", "--message", message)

    def _git(self, folder: Path, *arguments: str) -> str:
        who = {
            f"GIT_{role}_{field}": value
            for role in ("AUTHOR", "COMMITTER")
            for field, value in (("NAME", self.author.name), ("EMAIL", self.author.email))
        }
        # A person's own configuration (signing, templates, hooks) has no place here.
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        return _run(["git", *arguments], folder, {**who, **own, "GIT_TERMINAL_PROMPT": "0"})


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise GitError(f"{' '.join(command[:2])}: {(done.stderr or done.stdout).strip()}")
    return done.stdout
