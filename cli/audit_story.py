"""The story of a release as its audit tells it: for people in lines, for programs as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from signalbox.adapters.dynamodb_documents import to_document
from signalbox.domain.audit import AuditEntry
from signalbox.domain.gates import Choice, Gate
from signalbox.domain.verification import Unreadable
from signalbox.notifications.text import plain_line
from signalbox.usecases.show_audit import Chapter, Story

from cli.audit_words import verification_document, verification_lines

NONE = "nothing recorded"
LEDGER_ONLY = "[ledger only]"
"""What no entry of the chain bears out: whoever may write to the ledger may have changed it."""
TOKENS = frozenset({"approval_token", "task_token"})
SHORT_HASH = 12
WIDTH = 20

Cited = tuple[AuditEntry, ...]


def story_lines(story: Story, now: datetime) -> Iterator[str]:
    """Answers first, each with the entries that prove it, then every entry, then the verdict."""
    yield f"Release {story.id.key}"
    for label, text in _answers(story):
        yield f"  {label:<11}{plain_line(text, 500)}"
    for chapter in story.chapters:
        yield ""
        yield plain_line(chapter.verification.subject)
        for entry in chapter.entries:
            yield _line(entry)
    yield ""
    yield from verification_lines([chapter.verification for chapter in story.chapters], now)


def story_document(story: Story, now: datetime) -> dict[str, Any]:
    """The same as JSON, with every entry in full and no token of a gate."""
    release, notes = story.release, story.notes
    return {
        "release": story.id.key,
        "state": release.state.value if release else None,
        "commit": to_document(notes.commit) if notes.commit else None,
        "artifactDigest": notes.artifact_digest or None,
        "artifacts": [_artifact(entry) for entry in _said(story, "gate opened")],
        "links": to_document(story.links),
        "failure": notes.failure or None,
        "failingTests": list(notes.tests.failing) if notes.tests else [],
        "approvals": [_gate_document(gate) for gate in story.gates],
        "incidents": [to_document(incident) for incident in story.incidents],
        "chains": [
            {
                **verification_document(chapter.verification, now),
                "chain": [_entry_document(entry) for entry in chapter.entries],
            }
            for chapter in story.chapters
        ],
    }


def _answers(story: Story) -> Iterator[tuple[str, str]]:
    release, notes = story.release, story.notes
    commit = notes.commit or (release.commit if release else None)
    if commit:
        author = f" by {commit.author_name} <{commit.author_email}>" if commit.author_name else ""
        shown = tuple(
            e for e in _said(story, "gate opened") if e.details.get("revision") == commit.id
        )
        yield "commit", f"{plain_line(f'{commit.id}{author}: {commit.message}')} {_cite(shown)}"
    else:
        yield "commit", NONE
    began = _second(release.started_at) if release and release.started_at else "unknown"
    ended = _second(release.ended_at) if release and release.ended_at else "not ended"
    state = release.state.value if release else NONE
    yield "state", f"{state} (from {began}, {ended}) {LEDGER_ONLY}"
    for build in story.links.builds:
        yield "build", f"{build} {LEDGER_ONLY}"
    yield from _artifacts(story)
    for one in story.links.deployments:
        by = f" by {one.provider} {one.id}".rstrip() if one.provider else ""
        yield "deployment", f"{one.stage}/{one.action}{by}: {one.state.value} {LEDGER_ONLY}"
    yield from _approvals(story)
    if notes.failure or (notes.tests and notes.tests.failing):
        tests = ", ".join(notes.tests.failing) if notes.tests else ""
        why = " ".join(filter(None, (notes.failure, tests and f"(tests: {tests})")))
        yield "failed", f"{plain_line(why, 400)} {LEDGER_ONLY}"
    for incident in story.incidents:
        cited = _cite(_chapter_entries(story, incident.subject)[-1:])
        words = f"{incident.status.value} in {incident.environment}: {incident.alarm.name};"
        yield "incident", f"{words} {incident.evidence} {cited}"


def _artifacts(story: Story) -> Iterator[tuple[str, str]]:
    shown = _said(story, "gate opened")
    for entry in shown:
        digest = entry.details.get("artifactDigest") or "unknown"
        yield "artifact", f"sha256:{digest} of {entry.details.get('revision')} {_cite((entry,))}"
    if not shown:
        digest = story.notes.artifact_digest
        yield "artifact", f"sha256:{digest} {LEDGER_ONLY}" if digest else NONE
    for place in story.links.artifacts:
        yield "output", f"{place.name} in s3://{place.bucket}/{place.key} {LEDGER_ONLY}"


def _approvals(story: Story) -> Iterator[tuple[str, str]]:
    """What the chain says of each gate; what only the ledger says is marked so."""
    entries = _chapter_entries(story)
    gates = {gate.id: gate for gate in story.gates}
    for gate_id in dict.fromkeys([*(str(e.details.get("gate", "")) for e in entries), *gates]):
        if gate_id:
            about = tuple(e for e in entries if e.details.get("gate") == gate_id)
            yield from _gate_lines(gates.get(gate_id), about)
    if not story.gates and not _said(story, "gate opened"):
        yield "approval", "nobody was asked"


def _gate_lines(gate: Gate | None, about: Cited) -> Iterator[tuple[str, str]]:
    opened = next((e for e in about if e.what == "gate opened"), None)
    where = f"{gate.stage}/{gate.action}" if gate else "a gate the ledger does not know"
    if opened:
        where = f"{opened.details.get('stage')}/{opened.details.get('action')}"
        yield "approval", f"{where}: asked at {_second(opened.at)} {_cite((opened,))}"
    decided = [e for e in about if e.details.get("verdict")]
    for entry in decided:
        verdict = f"{entry.details['verdict']} at {_second(entry.at)}"
        yield "approval", f"{where}: {verdict} {_cite((entry,))}"
        yield "  because", str(entry.details.get("reason", ""))
    yield from _vote_lines(gate, about)
    for entry in about:
        if "summary" in entry.details:
            told = "approve" if entry.details.get("approve") else "reject"
            words = f"{told} at {_second(entry.at)}: {entry.details['summary']}"
            yield "  told AWS", f"{words} {_cite((entry,))}"
    if gate and gate.verdict and gate.verdict.value not in {e.details["verdict"] for e in decided}:
        yield "approval", f"{where}: {gate.verdict.value} {LEDGER_ONLY}"


def _vote_lines(gate: Gate | None, about: Cited) -> Iterator[tuple[str, str]]:
    """Whose say was counted or refused, as the chain has it; names come from the ledger."""
    votes = {vote.principal: vote for vote in gate.votes} if gate else {}
    proven: set[tuple[str, str]] = set()
    for entry in about:
        for counted in entry.details.get("counted", ()):
            who, choice = str(counted.get("principal")), str(counted.get("choice"))
            proven.add((who, choice))
            vote = votes.get(who)
            reason = f" ({vote.reason})" if vote and vote.reason else ""
            said = f"{choice} at {counted.get('at')}{reason}"
            yield "  by", f"{vote.name if vote else '?'} [{who}] {said} {_cite((entry,))}"
        for refused in entry.details.get("refused", ()):
            who = str(refused.get("principal"))
            proven |= {(who, choice.value) for choice in Choice}
            words = f"{votes[who].name if who in votes else '?'} [{who}]: {refused.get('why')}"
            yield "  refused", f"{words} {_cite((entry,))}"
    for vote in votes.values():
        if (vote.principal, vote.choice.value) not in proven:
            said = f"{vote.name} [{vote.principal}] {vote.choice.value} at {_second(vote.at)}"
            yield "  by", f"{said} {LEDGER_ONLY}"


def _line(entry: AuditEntry | Unreadable) -> str:
    if isinstance(entry, Unreadable):
        return plain_line(f"{entry.number:>4}  {'?' * SHORT_HASH}  {entry.why}")
    said = _words(entry.details)
    lead = f"{entry.number:>4}  {entry.hash[:SHORT_HASH]}  {_second(entry.at)}"
    return f"{lead}  {plain_line(entry.what):<{WIDTH}}  {plain_line(said, 400)}".rstrip()


def _words(details: Mapping[str, Any]) -> str:
    """Details as ``name value`` pairs, inner ones as they come, empty ones left out."""
    return "; ".join(f"{name} {_value(value)}" for name, value in details.items() if value)


def _value(value: Any) -> str:
    match value:
        case Mapping():
            return "{" + _words(value) + "}"
        case list():
            return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return str(value)


def _cite(entries: Cited) -> str:
    """``[#4 a1b2c3d4e5f6]``: where it is proven; says so where it is not."""
    if not entries:
        return LEDGER_ONLY
    return "[" + ", ".join(f"#{one.number} {one.hash[:SHORT_HASH]}" for one in entries) + "]"


def _said(story: Story, what: str) -> Cited:
    return tuple(entry for entry in _chapter_entries(story) if entry.what == what)


def _chapter_entries(story: Story, subject: str = "") -> Cited:
    """The readable entries of one chain; the release's own if none is named."""
    wanted = subject or f"release#{story.id.key}"
    chapters: Iterator[Chapter] = (c for c in story.chapters if c.verification.subject == wanted)
    return tuple(e for c in chapters for e in c.entries if isinstance(e, AuditEntry))


def _artifact(entry: AuditEntry) -> dict[str, Any]:
    return {
        "sha256": entry.details.get("artifactDigest"),
        "revision": entry.details.get("revision"),
        "entry": entry.number,
        "hash": entry.hash,
    }


def _gate_document(gate: Gate) -> dict[str, Any]:
    held = to_document(gate)
    return {name: value for name, value in held.items() if name not in TOKENS}


def _entry_document(entry: AuditEntry | Unreadable) -> dict[str, Any]:
    if isinstance(entry, Unreadable):
        return {"number": entry.number, "unreadable": entry.why}
    held: dict[str, Any] = to_document(entry)
    return held


def _second(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
