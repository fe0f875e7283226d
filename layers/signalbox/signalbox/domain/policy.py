"""What a team decides about its gates, as data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from signalbox.domain.windows import HoldWindow


class Mode(StrEnum):
    """How much Signalbox does with a pipeline."""

    OFF = "off"
    OBSERVE = "observe"
    ENFORCE = "enforce"


class UnknownAuthor(StrEnum):
    """What an author whom the people document does not know counts as."""

    OWN = "own"
    ALLOW = "allow"


class Excluded(StrEnum):
    """Who may not approve what would ship."""

    AUTHORS = "authors"
    COMMITTERS = "committers"
    STARTER = "starter"


class ReasonRequired(StrEnum):
    """When a vote needs a reason."""

    NEVER = "never"
    REJECT = "reject"
    ALWAYS = "always"


class Meaning(StrEnum):
    """What an outcome of a check means for the gate."""

    BLOCK = "block"
    WARN = "warn"
    IGNORE = "ignore"


@dataclass(frozen=True, kw_only=True)
class CheckSettings:
    """What every check may be told: what it means where it fails, and where it only warns.

    Each check has a subclass with its own limits, in its own file of ``policies``.
    """

    on_fail: Meaning = Meaning.BLOCK
    on_warn: Meaning = Meaning.WARN


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """Whose approval a gate needs.

    ``approvals`` counts distinct people. ``groups`` names the groups whose members may approve;
    without any, everybody whom the people document knows may. ``one_from_each`` names groups of
    which each must be represented, each by somebody else.
    """

    approvals: int = 1
    groups: tuple[str, ...] = ()
    one_from_each: tuple[str, ...] = ()

    def with_one_more(self, able: int | None = None) -> Quorum:
        """The quorum for passing a hold where nobody has written one: one approval more of the same
        people.

        ``able`` is how many people are in the groups, None where everybody may approve. Where they
        are too few for one more, all of them are asked; never fewer than without a hold.
        """
        more = self.approvals + 1
        most = more if able is None else max(self.approvals, able)
        return replace(self, approvals=min(more, most))

    def why_no_exception(self, hotfix: Quorum) -> str:
        """Why ``hotfix`` must not let releases through a hold where this quorum is asked for
        without one, and what to do about it; "" where it asks for more.
        """
        least, each = self.approvals + 1, len(self.one_from_each)
        if hotfix.approvals < least:
            return (
                f"passing a hold takes more approvals than a release without one, which takes"
                f" {self.approvals}: write {least} or more, or leave approvals out for one more"
            )
        if len(hotfix.one_from_each) < each:
            return (
                f"oneFromEach names {len(hotfix.one_from_each)}, and {each} for a release without a"
                f" hold: name {each} or more, or leave it out for the same"
            )
        if self.groups and not hotfix.groups:
            return (
                "approvers is empty, so that everybody might let a release through: name groups, or"
                " leave it out for the same as without a hold"
            )
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Whom to call when nobody has answered ``after`` so long."""

    after: timedelta
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A named set of Slack user ids; a display name or an e-mail can change hands, an id cannot."""

    name: str
    members: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules for one stage of one pipeline.

    ``quorum`` says who may approve and how many must; ``hotfix`` is the quorum for letting a
    release through a hold, which asks for more, and ``break_glass`` names the groups that may
    approve alone in an emergency (none: nobody). ``excluded`` may not approve. ``strict_identity``
    takes the author's identity from the source provider's trigger as well, and refuses where the
    trigger names nobody whom the people document knows.

    ``remind_after`` counts from the opening of the gate, and so does ``expires_after``.
    ``keep_stale`` leaves a gate open although a newer release waits behind it. ``auto_approve``
    approves without a vote where every check passes. ``checks`` holds the settings of those that
    are asked. ``holds`` are the windows in which releases wait.

    ``rollback_window`` is how recent a deployment must be for an alarm to be blamed on it.
    ``keep_releases`` is how many good releases cleanup protects.

    ``digest`` is the SHA-256 of the documents that the policy was read from, so that a later
    Signalbox, which may know more fields, still recognises what an earlier one has shown.
    """

    mode: Mode = Mode.ENFORCE
    quorum: Quorum = Quorum()
    hotfix: Quorum = Quorum(approvals=2)
    break_glass: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    excluded: frozenset[Excluded] = frozenset(Excluded)
    unknown_author: UnknownAuthor = UnknownAuthor.OWN
    strict_identity: bool = False
    reason_required: ReasonRequired = ReasonRequired.REJECT
    expires_after: timedelta = timedelta(hours=24)
    remind_after: tuple[timedelta, ...] = ()
    escalation: Escalation | None = None
    keep_stale: bool = False
    auto_approve: bool = False
    checks: tuple[CheckSettings, ...] = ()
    holds: tuple[HoldWindow, ...] = field(default=())
    rollback_window: timedelta = timedelta(minutes=60)
    keep_releases: int = 3
    digest: str = ""

    def members(self, *names: str) -> frozenset[str]:
        """The Slack user ids in these groups; a group that is not there has nobody."""
        return frozenset(
            member for group in self.groups if group.name in names for member in group.members
        )
