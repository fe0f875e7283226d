"""What a build says of what it made: the ``release.json`` in its artifact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest

from signalbox.domain.gates import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """``changes`` are commits, newest first; ``digest`` is the SHA-256 of the artifact.

    ``parents`` holds the ids of each commit's parents by its own id, where the build says them:
    none at all for the first of a repository. Without ``parents`` the commits are one line, each
    made on the next, and the last of them is the first of all.

    ``repository`` and ``image`` (a digest) name the container image that would ship, empty where
    none does. ``coverage`` is line coverage in per cent, where the build says so.
    """

    changes: tuple[Change, ...] = ()
    parents: Mapping[str, tuple[str, ...]] | None = None
    digest: str = ""
    repository: str = ""
    image: str = ""
    coverage: float | None = None

    def since(self, last: str, revision: str) -> tuple[tuple[Change, ...], bool]:
        """The listed commits that ``last`` ("" for none) has not got, and whether those are all
        that ``revision`` has and ``last`` has not.

        They are all where ``revision`` is listed, and every parent of one of them is listed or is
        reached from ``last``. Of a commit that an older build lists without its parents nobody
        knows what it has: then no commit is left out, and they are all where ``last`` is listed.
        """
        parents, listed = self._parents(), {change.id for change in self.changes}
        if not listed <= parents.keys():
            return self.changes, bool(last) and {last, revision} <= listed
        had = _reached(last, parents) if last else set()
        since = tuple(change for change in self.changes if change.id not in had)
        behind = {parent for change in since for parent in parents[change.id]}
        return since, revision in listed and behind <= listed | had

    def _parents(self) -> Mapping[str, tuple[str, ...]]:
        if self.parents is not None:
            return self.parents
        ids = [change.id for change in self.changes]
        return {one: (older,) if older else () for one, older in zip_longest(ids, ids[1:])}


def _reached(start: str, parents: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The commit and all that is known to be behind it, by way of every parent."""
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        commit = ahead.pop()
        if commit not in reached:
            reached.add(commit)
            ahead.extend(parents.get(commit, ()))
    return reached
