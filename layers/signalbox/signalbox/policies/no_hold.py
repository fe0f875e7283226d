"""Nothing holds what the gate lets the release into."""

from __future__ import annotations

from dataclasses import dataclass, replace

from signalbox.domain.gates import GateKind
from signalbox.domain.holds import Hold
from signalbox.domain.policy import CheckSettings
from signalbox.policies.outcome import Case, Check, Outcome
from signalbox.policies.votes import weigh


@dataclass(frozen=True, kw_only=True)
class NoHold(CheckSettings):
    """No hold is in force."""


def no_hold(case: Case, _: NoHold) -> tuple[Outcome, str]:
    """Fail where only the gate can hold the release (in PARALLEL mode, or for it is inside the held
    stage), until the hotfix quorum has approved it there; else it will wait at the closed stage by
    itself, which is worth a warning. A hotfix asks for just this.
    """
    holds = case.evidence.holds
    if not holds:
        return Outcome.PASS, "nothing is on hold"
    said = "; ".join(dict.fromkeys(map(_told, holds)))
    if case.gate.kind is GateKind.HOTFIX:
        return Outcome.PASS, f"to pass the hold: {said}"
    if not (case.evidence.parallel or case.evidence.held_here):
        return Outcome.WARN, f"on hold: {said}"
    hotfix = weigh(replace(case.gate, kind=GateKind.HOTFIX), case.policy, case.directory)
    if hotfix.enough:
        return Outcome.PASS, f"let through as a hotfix with {hotfix.told}: {said}"
    return Outcome.FAIL, f"on hold: {said}; as a hotfix it has {hotfix.told}"


def _told(hold: Hold) -> str:
    until = f" until {hold.until:%Y-%m-%d %H:%M} UTC" if hold.until else ""
    return f"{hold.reason} ({hold.owner}){until}"


CHECK = Check(name="noHold", settings=NoHold, look=no_hold, unasked=NoHold())
