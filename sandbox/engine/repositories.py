"""The git repositories that stand for GitHub's and CodeCommit's: bare ones, below one folder."""

import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_FIELDS = ("%H", "%an", "%ae", "%aI", "%cI", "%B")
_SEPARATOR = "%x1f"


class RepositoryMissing(Exception):  # noqa: N818 - a fact that an action reports
    """There is no such repository, branch or commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit, as a connection delivers it."""

    id: str
    author_name: str
    author_email: str
    authored: datetime
    committed: datetime
    message: str


class Repositories:
    """Reads the bare repositories `{root}/{name}.git`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, full_id: str) -> Path:
        """Where a repository lies; of `owner/name` only the name counts."""
        folder = self._root / f"{full_id.rsplit('/', 1)[-1]}.git"
        if not folder.is_dir():
            raise RepositoryMissing(f"No repository found: {full_id}")
        return folder

    def commit(self, full_id: str, revision: str) -> Commit:
        """The commit that a branch or an id names."""
        form = _SEPARATOR.join(_FIELDS)
        text = self._git(full_id, "log", "-1", f"--format={form}", revision, "--")
        commit, name, email, authored, committed, message = text.split("\x1f")
        return Commit(
            id=commit,
            author_name=name,
            author_email=email,
            authored=datetime.fromisoformat(authored),
            committed=datetime.fromisoformat(committed),
            message=message.strip(),
        )

    def changed_files(self, full_id: str, before: str, after: str) -> list[str]:
        """The paths that differ between two commits; all of them after a first push."""
        if not before.strip("0"):
            return self._git(full_id, "ls-tree", "-r", "--name-only", after).splitlines()
        return self._git(full_id, "diff", "--name-only", before, after, "--").splitlines()

    def archive(self, full_id: str, commit: str) -> bytes:
        """The commit's files as a zip."""
        return self._run(full_id, "archive", "--format=zip", commit)

    def _git(self, full_id: str, *arguments: str) -> str:
        return self._run(full_id, *arguments).decode("utf-8", errors="replace")

    def _run(self, full_id: str, *arguments: str) -> bytes:
        folder = self.path(full_id)
        done = subprocess.run(
            ["git", "--git-dir", str(folder), *arguments], capture_output=True, check=False
        )
        if done.returncode:
            raise RepositoryMissing(done.stderr.decode("utf-8", errors="replace").strip())
        return done.stdout
