"""Changes may be made now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC

from signalbox.domain.gates import GateKind
from signalbox.domain.policy import CheckSettings
from signalbox.domain.windows import Window
from signalbox.policies.outcome import Case, Check, Outcome


@dataclass(frozen=True, kw_only=True)
class ChangeWindow(CheckSettings):
    """One of ``windows`` is open. Of a change calendar the OPEN times count."""

    windows: tuple[Window, ...]

    def __post_init__(self) -> None:
        if not self.windows:
            raise ValueError("windows names at least one")


def change_window(case: Case, settings: ChangeWindow) -> tuple[Outcome, str]:
    """Fail outside all windows. A hotfix does not wait for one."""
    open_ones = [n for n in range(len(settings.windows)) if n in case.evidence.windows]
    if open_ones:
        until = case.evidence.windows[open_ones[0]]
        told = f" until {until:%Y-%m-%d %H:%M} UTC" if until else ""
        return Outcome.PASS, f"the change window is open{told}"
    if case.gate.kind is GateKind.HOTFIX:
        return Outcome.PASS, "outside the change windows, as a hotfix may be"
    return Outcome.FAIL, f"no change window is open: {'; '.join(map(_told, settings.windows))}"


def _told(window: Window) -> str:
    if window.calendar:
        return f"calendar {window.calendar.rpartition('/')[2]}"
    if window.cron:
        return f"{window.cron} ({window.time_zone}) for {window.lasts.total_seconds() / 3600:g} h"
    ends = [end.astimezone(UTC) if end else None for end in (window.since, window.until)]
    return " to ".join(f"{end:%Y-%m-%d %H:%M} UTC" if end else "…" for end in ends)


CHECK = Check(name="changeWindow", settings=ChangeWindow, look=change_window)
