"""A gate in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from signalbox.domain.gates import Choice, Gate, GateKind, GateStatus, TestResult, Verdict, Vote

from cli.words import moment

SAID = {
    Choice.APPROVE: "approves",
    Choice.REJECT: "rejects",
    Choice.BREAK_GLASS: "breaks the glass",
}
ENDED = {
    Verdict.APPROVED: "approved",
    Verdict.REJECTED: "rejected",
    Verdict.EXPIRED: "expired: nobody answered in time",
    Verdict.SUPERSEDED: "rejected, because a newer release waits behind it",
    Verdict.DECIDED_ELSEWHERE: "decided outside Signalbox",
}


def gate_line(gate: Gate) -> str:
    """One gate in a list."""
    dossier = gate.dossier
    subject = dossier.changes[0].subject if dossier.changes else ""
    where = f"{gate.release.pipeline.name}/{gate.stage}"
    mark = "" if gate.kind is GateKind.APPROVAL else f"  [{gate.kind.value.lower()}]"
    until = moment(gate.expires_at)
    return f"{gate.id}  {where}  {dossier.revision[:7]}  {subject}{mark}  until {until}".rstrip()


def gate_lines(gate: Gate) -> Iterator[str]:
    """All that whoever decides must see."""
    dossier = gate.dossier
    yield f"{gate.release.pipeline.name}/{gate.stage}: {_state(gate)}"
    yield from _row("gate", gate.id)
    yield from _row("release", gate.release.key)
    yield from _row("commit", dossier.revision)
    yield from _row("artifact", dossier.artifact_digest)
    since = f" since {dossier.last_good_revision[:7]}" if dossier.last_good_revision else ""
    for change in dossier.changes:
        who = f"{change.author_name} <{change.author_email}>"
        yield from _row(f"changes{since}", f"{change.id[:7]} {change.subject} ({who})")
        since = ""
    yield from _row("started by", dossier.started_by)
    yield from _row("tests", _tests(dossier.tests))
    yield from _row("alarms", ", ".join(dossier.firing_alarms))
    for line in dossier.checks:
        yield from _row("checks", line)
    for vote in gate.votes:
        yield from _row("votes", _vote(vote, gate))
    for line in gate.denied:
        yield from _row("denied", line)
    for line in gate.standing:
        yield from _row("waits for", line)
    if gate.status is GateStatus.OPEN:
        yield from _row("until", moment(gate.expires_at))
    yield from _row("shown as", gate.shown_digest)


def _row(name: str, value: str) -> Iterator[str]:
    if value:
        yield f"  {name:<10}  {value}"


def _state(gate: Gate) -> str:
    match gate.status:
        case GateStatus.OPEN if gate.kind is GateKind.OBSERVED:
            return "Signalbox only observes here; whoever may, answers in CodePipeline"
        case GateStatus.OPEN if gate.kind is GateKind.HOTFIX:
            return "asks to pass a hold"
        case GateStatus.OPEN:
            return "waits for people"
    ended = ENDED[gate.verdict] if gate.verdict else "closed"
    ended += f" ({gate.reason})" if gate.reason else ""
    if gate.broken_glass:
        ended += f", by broken glass; reviewed by {gate.reviewed_by or 'nobody as yet'}"
    return ended


def _tests(tests: TestResult) -> str:
    if not tests.known:
        return "not known"
    failing = f" ({', '.join(tests.failing)})" if tests.failing else ""
    return f"{tests.passed} passed, {tests.failed} failed{failing}, {tests.skipped} skipped"


def _vote(vote: Vote, gate: Gate) -> str:
    reason = f": {vote.reason}" if vote.reason else ""
    ticket = f" [{vote.ticket}]" if vote.ticket else ""
    old = "" if vote.shown_digest == gate.shown_digest else " (of what was shown before)"
    return f"{vote.name} {SAID[vote.choice]}{reason}{ticket}{old}"
