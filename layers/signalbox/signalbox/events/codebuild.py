"""CodeBuild: builds and their phases.

Field names: the EventBridge schema registry. Times inside the detail have no zone and are UTC.
``current-phase-context`` is ``[]`` even on failure: the error is in ``phases[].phase-context``.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from signalbox.domain.facts import BuildChanged
from signalbox.domain.states import BuildStatus
from signalbox.events.envelope import Envelope
from signalbox.events.fields import HyphenatedPayload, Name, Text, Word, known, mapping, parse, text
from signalbox.events.leftovers import leftovers
from signalbox.events.reading import Reading

_FAILED = frozenset({"FAILED", "FAULT", "TIMED_OUT", "STOPPED"})


def _phases(value: object) -> list[object]:
    return [mapping(phase) for phase in value] if isinstance(value, list) else []


def _context(value: object) -> str:
    """A phase's context in one line: a list of texts, or text; empty ones read ``[]`` or ``: ``."""
    parts = value if isinstance(value, list) else [value]
    words = (text(part).strip().strip("[]").strip() for part in parts)
    return "; ".join(word for word in words if word.strip(": "))


Context = Annotated[str, BeforeValidator(_context)]


class _Phase(HyphenatedPayload):
    phase_type: Text = ""
    phase_status: Text = ""
    phase_context: Context = ""


class _Logs(HyphenatedPayload):
    deep_link: Text = ""


class _Information(HyphenatedPayload):
    initiator: Text = ""
    logs: Annotated[_Logs, BeforeValidator(mapping)] = _Logs()
    phases: Annotated[tuple[_Phase, ...], BeforeValidator(_phases)] = ()

    def first_failure(self) -> str:
        """The first phase that failed and why, such as ``BUILD: exit status 1``."""
        failed = (phase for phase in self.phases if phase.phase_status.upper() in _FAILED)
        return next((_sentence(phase.phase_type, phase.phase_context) for phase in failed), "")


class _Build(HyphenatedPayload):
    project_name: Text = ""
    build_id: Name
    additional_information: Annotated[_Information, BeforeValidator(mapping)] = _Information()

    @property
    def id(self) -> str:
        """``project:uuid``, out of the build's ARN."""
        return self.build_id.rpartition(":build/")[2]


class _State(_Build):
    build_status: Word


class _CompletedPhase(_Build):
    completed_phase: Word
    completed_phase_status: Text = ""
    completed_phase_context: Context = ""


def read_state(event: Envelope) -> Reading:
    """``CodeBuild Build State Change``."""
    kind = "codebuild.state"
    detail = parse(_State, event.detail, where=f"{kind}: detail")
    return _reading(kind, event, detail, detail.build_status, "", "")


def read_phase(event: Envelope) -> Reading:
    """``CodeBuild Build Phase Change``. The phase ``COMPLETED`` has no status of its own."""
    kind = "codebuild.phase"
    detail = parse(_CompletedPhase, event.detail, where=f"{kind}: detail")
    status = detail.completed_phase_status
    reason = _sentence(detail.completed_phase, detail.completed_phase_context)
    failed = status.upper() in _FAILED
    return _reading(kind, event, detail, status, detail.completed_phase, reason if failed else "")


def _reading(
    kind: str, event: Envelope, detail: _Build, status: str, phase: str, reason: str
) -> Reading:
    account, region = event.place(kind)
    known_status, raw_status = known(BuildStatus, status, BuildStatus.UNKNOWN)
    fact = BuildChanged(
        account=account,
        region=region,
        project=detail.project_name or detail.id.partition(":")[0],
        build_id=detail.id,
        status=known_status,
        at=event.at(kind),
        phase=phase,
        initiator=detail.additional_information.initiator,
        logs_url=detail.additional_information.logs.deep_link,
        reason=reason or ("" if phase else detail.additional_information.first_failure()),
        raw_status=raw_status,
        extra=leftovers(detail),
    )
    return Reading(kind=kind, fact=fact)


def _sentence(phase: str, context: str) -> str:
    return f"{phase}: {context}" if context else phase
