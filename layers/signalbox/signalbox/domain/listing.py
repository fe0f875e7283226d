"""What a build says of what it made: the ``release.json`` in its artifact."""

from __future__ import annotations

from dataclasses import dataclass

from signalbox.domain.gates import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """``changes`` are commits, newest first; ``digest`` is the SHA-256 of the artifact.

    ``repository`` and ``image`` (a digest) name the container image that would ship, empty where
    none does. ``coverage`` is line coverage in per cent, where the build says so.
    """

    changes: tuple[Change, ...] = ()
    digest: str = ""
    repository: str = ""
    image: str = ""
    coverage: float | None = None
