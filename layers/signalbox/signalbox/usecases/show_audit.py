"""What an auditor asks of one release: who approved what, when, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from signalbox.domain.audit import AuditEntry
from signalbox.domain.gates import Gate
from signalbox.domain.identity import ReleaseId
from signalbox.domain.incidents import Incident
from signalbox.domain.links import Links, links_of
from signalbox.domain.releases import Release
from signalbox.domain.truth import ReleaseNotes
from signalbox.domain.verification import Unreadable, Verification, verify
from signalbox.usecases.needs import HasReleases
from signalbox.usecases.verify_audit import AnchorReader, AuditReader


class ShowingPorts(HasReleases, Protocol):
    """What showing asks of the world: the ledger, the chains and the anchors."""

    @property
    def audit_reader(self) -> AuditReader:
        """The chains, unverified."""

    @property
    def anchor_reader(self) -> AnchorReader:
        """The anchors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """One chain of a story, with what came of verifying it."""

    verification: Verification
    entries: tuple[AuditEntry | Unreadable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One release as the ledger tells it, and the chains that prove what was done.

    The ledger may be changed by whoever may write to it; only the chapters are proof.
    """

    id: ReleaseId
    release: Release | None
    links: Links
    notes: ReleaseNotes
    gates: tuple[Gate, ...]
    incidents: tuple[Incident, ...]
    chapters: tuple[Chapter, ...]


def subjects_of(release: ReleaseId, ports: HasReleases) -> tuple[str, ...]:
    """The chains that speak of a release: its own, and those of the incidents that blame it."""
    incidents = ports.releases.incidents_of(release)
    return (f"release#{release.key}", *(incident.subject for incident in incidents))


def show_audit(release: ReleaseId, ports: ShowingPorts) -> Story:
    """Everything about one release, each chain verified on the way."""
    known, notes = ports.releases.release(release), ports.releases.notes(release)
    gates = tuple(ports.releases.gates_of(release))
    incidents = tuple(ports.releases.incidents_of(release))
    return Story(
        id=release,
        release=known,
        links=links_of(
            known or Release(id=release),
            commit=notes.commit,
            artifact_digest=notes.artifact_digest,
            gates=gates,
            incidents=incidents,
        ),
        notes=notes,
        gates=gates,
        incidents=incidents,
        chapters=tuple(_chapter(subject, ports) for subject in subjects_of(release, ports)),
    )


def _chapter(subject: str, ports: ShowingPorts) -> Chapter:
    held = ports.anchor_reader.anchors(subject)
    entries = tuple(ports.audit_reader.entries(subject))
    return Chapter(verification=verify(subject, entries, held), entries=entries)
