"""What a check says, and what it is asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from signalbox.domain.evidence import Evidence
from signalbox.domain.gates import Gate, Verdict, Vote
from signalbox.domain.people import Directory
from signalbox.domain.policy import CheckSettings, Meaning, Policy


class Outcome(StrEnum):
    """What a check found; the policy says what each means."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found, ``why`` in words for people, and what the policy takes it for.

    ``meaning`` is None where the check passed.
    """

    check: str
    outcome: Outcome
    why: str
    meaning: Meaning | None = None

    @property
    def blocks(self) -> bool:
        """Whether it keeps the gate shut."""
        return self.meaning is Meaning.BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A gate before its judges: the policy in force, who is who, and the truth as it is now."""

    gate: Gate
    policy: Policy
    directory: Directory
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: its ``name`` in the policy document, the dataclass of its settings, and the pure
    function that looks. ``unasked`` are the settings under which it looks although the document
    does not name it, or None where it then does not.
    """

    name: str
    settings: type[CheckSettings]
    look: Callable[[Case, Any], tuple[Outcome, str]]
    unasked: CheckSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedVote:
    """A vote that counts, and the person (``Person.id``) behind it."""

    vote: Vote
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedVote:
    """A vote that does not count, and why."""

    vote: Vote
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """What the votes of a gate amount to, whatever the checks say.

    ``told`` says in words how far the quorum is (``1 of 2 approvals, nobody of sre yet``), and
    ``unknown`` which authors nobody knows: while there are any, no approval counts.
    ``rejection`` is the first rejection that counts, ``emergency`` the first broken glass.
    """

    counted: tuple[CountedVote, ...] = ()
    refused: tuple[RefusedVote, ...] = ()
    enough: bool = False
    told: str = ""
    unknown: tuple[str, ...] = ()
    rejection: CountedVote | None = None
    emergency: CountedVote | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What votes and checks amount to. ``verdict`` is None while the gate stays open.

    ``waits`` says in one line each what it still waits for.
    """

    verdict: Verdict | None
    reason: str
    weighed: Weighed
    findings: tuple[Finding, ...] = ()
    waits: tuple[str, ...] = ()
    broken_glass: bool = False

    @property
    def deciding(self) -> tuple[CountedVote, ...]:
        """The votes that made the verdict; none where no vote did."""
        weighed = self.weighed
        if self.verdict is Verdict.REJECTED:
            return (weighed.rejection,) if weighed.rejection else ()
        if self.verdict is not Verdict.APPROVED:
            return ()
        if weighed.emergency:
            return (weighed.emergency,)
        return weighed.counted if weighed.enough else ()
