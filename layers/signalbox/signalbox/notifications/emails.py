"""What SNS sends, written for a person who reads e-mail."""

from __future__ import annotations

from signalbox.domain.gates import GateStatus
from signalbox.notifications.links import execution_url
from signalbox.notifications.text import cut, plain_line
from signalbox.notifications.times import clock_time, day_and_time
from signalbox.notifications.view import Headline, ReleaseView, headline

TEXT_LIMIT = 20_000


def release_subject(view: ReleaseView) -> str:
    """The subject line, plain ASCII, at most 100 characters as SNS demands."""
    words = f"{view.service} {view.short_commit}: {headline(view)}"
    return plain_line(words.encode("ascii", "replace").decode(), 97).replace("…", "...")


def release_text(view: ReleaseView, *, why_by_mail: str = "") -> str:
    """The whole story of a release so far, in plain sentences.

    ``why_by_mail`` says why this mail is sent although Slack should have told it.
    """
    lines = [_opening(view), ""]
    if why_by_mail:
        lines += [plain_line(why_by_mail), ""]
    lines += [*_what(view), "", *_stages(view), *_gates(view), *_incidents(view)]
    lines += ["", f"Pipeline execution: {execution_url(view.release.id)}"]
    return cut("\n".join(lines).strip() + "\n", TEXT_LIMIT)


def _opening(view: ReleaseView) -> str:
    subject = f"Release {plain_line(view.short_commit)} of {plain_line(view.service)}"
    verbs = {
        Headline.NEEDS_A_HUMAN: "needs you: Signalbox could not finish its work.",
        Headline.ROLLED_BACK: "was rolled back.",
        Headline.FAILED: "has failed.",
        Headline.REJECTED: "was rejected.",
        Headline.RELEASED: "has been released.",
        Headline.WAITING: "waits for approval.",
    }
    return f"{subject} {verbs.get(headline(view), f'is now: {headline(view)}.')}"


def _what(view: ReleaseView) -> list[str]:
    commit = view.commit
    message = next(iter(commit.message.strip().splitlines()), "")
    lines = []
    if message:
        lines.append(f"Commit: {plain_line(commit.id[:12])} {plain_line(message)}")
    if commit.author_name or commit.author_email:
        author = f"{commit.author_name} <{commit.author_email}>"
        lines.append(f"Author: {plain_line(author)}")
    if view.failure:
        lines.append(f"Why it failed: {plain_line(view.failure, 1500)}")
    return lines


def _stages(view: ReleaseView) -> list[str]:
    lines = [
        f"  {plain_line(stage.name, 100)}: {stage.state.lower()}"
        + (f" at {clock_time(stage.ended_at)} UTC" if stage.ended_at else "")
        for stage in view.release.stages
    ]
    return ["Stages:", *lines, ""] if lines else []


def _gates(view: ReleaseView) -> list[str]:
    lines = []
    for each in view.gates:
        gate = each.gate
        if gate.status is GateStatus.OPEN:
            lines.append(
                f"Stage {plain_line(gate.stage)} waits for approval until "
                f"{day_and_time(gate.expires_at)}. Approve or reject it in Slack; if Slack is "
                "down, in the CodePipeline console."
            )
        elif gate.verdict:
            reason = f": {plain_line(gate.reason, 500)}" if gate.reason else ""
            lines.append(f"Approval at {plain_line(gate.stage)}: {gate.verdict.lower()}{reason}")
    return lines


def _incidents(view: ReleaseView) -> list[str]:
    lines = []
    for incident in view.incidents:
        lines.append(
            f"Alarm {plain_line(incident.alarm.name)} on {plain_line(incident.environment)} at "
            f"{day_and_time(incident.opened_at)}: {incident.status.lower().replace('_', ' ')}."
        )
        if incident.evidence:
            lines.append(f"  {plain_line(incident.evidence, 1500)}")
    return lines
