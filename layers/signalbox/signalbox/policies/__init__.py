"""What keeps a gate shut, one check per file, pure. A new check is one name in a list below."""

from __future__ import annotations

from collections.abc import Callable

from signalbox.domain.gates import Vote
from signalbox.policies.no_alarm_firing import no_alarm_firing
from signalbox.policies.outcome import Case, Finding
from signalbox.policies.own_change import own_change
from signalbox.policies.reason_given import reason_given
from signalbox.policies.same_as_shown import same_as_shown
from signalbox.policies.tests_passed import tests_passed

RELEASE_CHECKS: tuple[Callable[[Case], Finding], ...] = (tests_passed, no_alarm_firing)
"""What is asked about the release itself."""

VOTE_CHECKS: tuple[Callable[[Case, Vote], str], ...] = (same_as_shown, own_change, reason_given)
"""What is asked about each vote; an answer other than "" is why the vote does not count."""
