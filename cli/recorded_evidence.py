"""What a recorded gate knows of the world, as evidence for another policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from signalbox.adapters.schedules import CronSchedules
from signalbox.domain.evidence import Evidence, FindingSeverity, ImageScan, ScanFinding, Waiver
from signalbox.domain.gates import Gate, GateKind, Verdict
from signalbox.domain.holds import Hold, Reach, Scope
from signalbox.domain.policy import CheckSettings, Policy
from signalbox.domain.recorded import Recorded, RecordedScan
from signalbox.domain.windows import HoldWindow, Span, Window
from signalbox.policies.change_window import CHECK as CHANGE_WINDOW
from signalbox.policies.coverage import CHECK as COVERAGE
from signalbox.policies.image_scan import CHECK as IMAGE_SCAN
from signalbox.policies.image_scan import GRAVITY
from signalbox.policies.judge import asked_checks
from signalbox.policies.no_alarm_firing import CHECK as NO_ALARM_FIRING
from signalbox.policies.no_hold import CHECK as NO_HOLD
from signalbox.policies.same_artifact_as_staged import CHECK as SAME_ARTIFACT
from signalbox.policies.soak import CHECK as SOAK
from signalbox.policies.tests_passed import CHECK as TESTS_PASSED

WEIGHED = {Verdict.APPROVED, Verdict.REJECTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The evidence, and the checks for which nothing was recorded: nobody can say what they would
    have found.
    """

    evidence: Evidence
    unrecorded: frozenset[str]


def known_of(gate: Gate, policy: Policy) -> Known:
    """What the gate had recorded, as evidence under a policy that it may never have seen.

    Windows by cron and date are looked at as of then; of change calendars only those are known that
    a check had been told to look at.
    """
    at = moment_of(gate)
    recorded = gate.dossier.recorded or Recorded(at=gate.opened_at)
    look = _Look(gate=gate, policy=policy, recorded=recorded, at=at)
    here = any(gate.stage in look.covered(one) for one, _ in look.own_holds)
    scan = recorded.scan
    evidence = Evidence(
        at=at,
        tests=gate.dossier.tests,
        coverage=recorded.coverage,
        ships_image=recorded.ships_image,
        scan=_scan(scan) if scan else None,
        waivers=tuple(_waivers(scan)) if scan else (),
        firing_alarms=gate.dossier.firing_alarms,
        unknown_alarms=recorded.unknown_alarms,
        holds=tuple(look.holds()),
        held_here=here or (recorded.held_here and any(hold.here for hold in recorded.holds)),
        parallel=recorded.parallel,
        artifact_digest=gate.dossier.artifact_digest,
        has_staging=recorded.has_staging,
        staged_digest=recorded.staged_digest,
        staged_at=recorded.staged_at,
        windows=dict(look.open_windows()),
    )
    asked = asked_checks(policy)
    unrecorded = {check.name for check, told in asked if not _is_known(check.name, told, look)}
    return Known(evidence=evidence, unrecorded=frozenset(unrecorded))


def moment_of(gate: Gate) -> datetime:
    """As of when another policy is tried: when its votes were weighed, else the last vote, else
    when people were asked.
    """
    if gate.decided_at and gate.verdict in WEIGHED:
        return gate.decided_at
    recorded = gate.dossier.recorded
    asked = recorded.at if recorded else gate.opened_at
    return max(gate.opened_at, asked, *(vote.at for vote in gate.votes))


def _no_calendars() -> NoReturn:
    raise AssertionError("a calendar says how it is now, not how it was then")


SCHEDULES = CronSchedules(_no_calendars)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A gate as the rules below look at it."""

    gate: Gate
    policy: Policy
    recorded: Recorded
    at: datetime

    @property
    def has_facts(self) -> bool:
        """Whether the gate kept them: an earlier Signalbox did not."""
        return self.gate.dossier.recorded is not None

    @property
    def own_holds(self) -> list[tuple[HoldWindow, Span]]:
        """The windows of the policy that would have held it then, as far as anybody can say."""
        spans = ((one, self.span(one.window)) for one in self.policy.holds)
        return [(one, span) for one, span in spans if span is not None and self.covered(one)]

    def holds(self) -> Iterator[Hold]:
        """The holds that people and incidents had placed, and the policy's windows."""
        for hold in self.recorded.holds:
            yield _hold(hold.owner, hold.reason, self.at, hold.until)
        for window, span in self.own_holds:
            yield _hold(window.owner, window.reason, self.at, span.until)

    def covered(self, hold: HoldWindow) -> frozenset[str]:
        """The stages still ahead that a window of the policy holds."""
        everything = not hold.environments and not hold.stages
        named = {
            one.stage
            for one in self.recorded.ahead
            if everything or one.name in hold.environments or one.stage in hold.stages
        }
        return frozenset(named) | ({self.gate.stage} & set(hold.stages))

    def span(self, window: Window) -> Span | None:
        """The span of a window that is no calendar."""
        return None if window.calendar else SCHEDULES.span(window, self.at)

    def open_windows(self) -> Iterator[tuple[int, datetime | None]]:
        """The places of the policy's change windows that were open then, and until when."""
        were_open = {one.name for one in self.recorded.calendars if one.is_open}
        for place, window in enumerate(self.change_windows):
            span = self.span(window)
            if window.calendar in were_open:
                yield place, None
            elif span is not None:
                yield place, span.until

    @property
    def change_windows(self) -> tuple[Window, ...]:
        """The change windows of the policy; none where it does not ask."""
        asked = (told for told in self.policy.checks if isinstance(told, CHANGE_WINDOW.settings))
        windows: tuple[Window, ...] = getattr(next(asked, None), "windows", ())
        return windows


def _is_known(check: str, told: CheckSettings, look: _Look) -> bool:
    """Whether enough was recorded for a check. One that has no rule here might look at anything."""
    if look.gate.kind is GateKind.HOTFIX and check in {CHANGE_WINDOW.name, NO_HOLD.name}:
        return True  # neither stops a hotfix
    rule = RULES.get(check)
    if rule is None:
        return False
    return rule(told, look) and (look.has_facts or check in OF_THE_CARD)


def _coverage(_: CheckSettings, look: _Look) -> bool:
    return look.recorded.coverage is not None or COVERAGE.name in look.recorded.asked


def _image_scan(told: Any, look: _Look) -> bool:
    """The gravest findings are kept: of the rest nobody knows whether they were waived."""
    scan = look.recorded.scan
    if scan is None:
        return not look.recorded.ships_image or IMAGE_SCAN.name in look.recorded.asked
    grave = [one for one in scan.findings if _gravity(one.severity) <= GRAVITY[told.below]]
    if any(one.waived_until is None or one.waived_until <= look.at for one in grave):
        return True
    return not scan.more or len(grave) < len(scan.findings)


def _no_hold(_: CheckSettings, look: _Look) -> bool:
    """Not where a calendar would have held it: nobody knows what it said then."""
    return not any(one.window.calendar and look.covered(one) for one in look.policy.holds)


def _change_window(_: CheckSettings, look: _Look) -> bool:
    """One open window is enough, whatever nobody knows of the others."""
    seen = {one.name for one in look.recorded.calendars}
    unseen = [one for one in look.change_windows if one.calendar and one.calendar not in seen]
    return not unseen or any(True for _ in look.open_windows())


def _always(_: CheckSettings, __: _Look) -> bool:
    return True


RULES: Mapping[str, Callable[[Any, _Look], bool]] = {
    TESTS_PASSED.name: _always,
    COVERAGE.name: _coverage,
    IMAGE_SCAN.name: _image_scan,
    NO_ALARM_FIRING.name: _always,
    NO_HOLD.name: _no_hold,
    SAME_ARTIFACT.name: _always,
    SOAK.name: _always,
    CHANGE_WINDOW.name: _change_window,
}
"""By check: whether what was recorded is enough for it."""

OF_THE_CARD = {TESTS_PASSED.name, NO_ALARM_FIRING.name, CHANGE_WINDOW.name}
"""What a gate without facts knows as well: it always kept tests, alarms and the time."""


def _hold(owner: str, reason: str, since: datetime, until: datetime | None) -> Hold:
    scope = Scope(reach=Reach.EVERYTHING)
    return Hold(id="", scope=scope, owner=owner, reason=reason, since=since, until=until)


def _scan(scan: RecordedScan) -> ImageScan:
    findings = (ScanFinding(id=one.id, severity=_severity(one.severity)) for one in scan.findings)
    return ImageScan(repository="", digest="", findings=tuple(findings))


def _waivers(scan: RecordedScan) -> Iterator[Waiver]:
    for one in scan.findings:
        if one.waived_until is not None:
            yield Waiver(finding=one.id, until=one.waived_until, reason="")


def _severity(said: str) -> FindingSeverity:
    known = said in FindingSeverity.__members__
    return FindingSeverity(said) if known else FindingSeverity.UNDEFINED


def _gravity(said: str) -> int:
    return GRAVITY[_severity(said)]
