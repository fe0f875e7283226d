"""What SNS sends, written for a person who reads e-mail: no markup, no shorthand."""

from __future__ import annotations

from signalbox.domain.gates import GateKind, GateStatus
from signalbox.notifications.links import execution_url, safe_url
from signalbox.notifications.text import cut, plain_line
from signalbox.notifications.times import clock_time, day_and_time
from signalbox.notifications.view import Headline, ReleaseView, current_failures, headline

TEXT_LIMIT = 20_000
LOG_LINES = 15
FAILING_TESTS = 10

OPENINGS: dict[Headline, str] = {
    Headline.NEEDS_A_HUMAN: "needs you: Signalbox could not finish its work.",
    Headline.ROLLED_BACK: "was rolled back.",
    Headline.ROLLING_BACK: "is being rolled back.",
    Headline.ALARM: "may have set off an alarm; Signalbox is looking into it.",
    Headline.FAILED: "has failed.",
    Headline.REJECTED: "was rejected.",
    Headline.RELEASED: "has been released.",
    Headline.WAITING: "waits for approval.",
    Headline.STOPPED: "was stopped.",
}

ADVICE: dict[Headline, str] = {
    Headline.NEEDS_A_HUMAN: (
        "Look at what runs in the environment named below and decide by hand. Signalbox does "
        "nothing more here by itself."
    ),
    Headline.ROLLED_BACK: (
        "Nothing, at once: the release before it is running again. The stage stays closed until "
        "somebody opens it, so put the fault right first."
    ),
    Headline.ROLLING_BACK: "Nothing for now. Another e-mail says how it ended.",
    Headline.FAILED: (
        "Read why it failed below, then push a fix, or retry the stage in the console if the cause "
        "has passed."
    ),
    Headline.REJECTED: "Read the reason below and push a change that answers it.",
    Headline.WAITING: (
        "Approve or reject it in Slack. If Slack is down, open the execution in the CodePipeline "
        "console (link below) and answer it there. Without an answer in time it is rejected."
    ),
}


def release_subject(view: ReleaseView, about: str = "") -> str:
    """The subject line, plain ASCII, at most 100 characters as SNS demands.

    ``about`` says what the mail is about where that is not the release's headline.
    """
    words = f"{view.service} {view.short_commit}: {about or headline(view)}"
    return plain_line(words.encode("ascii", "replace").decode(), 97).replace("…", "...")


def urgent_mails(view: ReleaseView) -> dict[str, str]:
    """What is mailed whatever Slack has taken, once by its key: calls for approvers, broken glass.

    The values say what each mail is about.
    """
    mails = {}
    for each in view.gates:
        if each.escalated and not view.release.is_final:
            mails[f"escalate-{each.gate.id}"] = "still waits for approval, too few have answered"
        if each.gate.broken_glass:
            mails[f"glass-{each.gate.id}"] = "the glass was broken, a review is asked for"
    return mails


def release_text(view: ReleaseView, *, why_by_mail: str = "") -> str:
    """The whole story of a release so far: what happened, why, what to do, and where to look.

    ``why_by_mail`` says why this mail is sent although Slack should have told it.
    """
    lines = [_opening(view), ""]
    if why_by_mail:
        lines += [plain_line(why_by_mail), ""]
    lines += [*_what(view), *_why(view), ""]
    if advice := ADVICE.get(headline(view), ""):
        lines += ["What to do", advice, ""]
    lines += [*_stages(view), *_gates(view), *_incidents(view), *_links(view)]
    return cut("\n".join(lines).strip() + "\n", TEXT_LIMIT)


def routes_subject() -> str:
    """The subject of the mail about routes that cannot be read."""
    return "Signalbox cannot read its routes"


def routes_text(fault: str) -> str:
    """Tells that the newest routes are not in force, and why."""
    return (
        "The document that says where Signalbox sends its news cannot be read.\n\n"
        f"{plain_line(fault, 1000)}\n\n"
        "What to do\n"
        "Correct the parameter. Until then the last good routes stay in force; where there were "
        "none, news without a channel comes by e-mail.\n"
    )


def document_subject() -> str:
    """The subject of the mail about a policy, people or waivers that cannot be read."""
    return "Signalbox cannot read one of its documents"


def document_text(fault: str) -> str:
    """Tells that a newest document is not in force, and why."""
    return (
        f"{plain_line(fault, 1000)}\n\n"
        "What to do\n"
        "Correct it with `signalbox policy put`, which refuses what cannot be read. Until then the "
        "last good version stays in force; where there was none, gates that need it do not open.\n"
    )


def _opening(view: ReleaseView) -> str:
    subject = f"Release {plain_line(view.short_commit)} of {plain_line(view.service)}"
    return f"{subject} {OPENINGS.get(headline(view), f'is now: {headline(view)}.')}"


def _what(view: ReleaseView) -> list[str]:
    commit = view.commit
    message = next(iter(commit.message.strip().splitlines()), "")
    lines = []
    if message:
        lines.append(f"Commit: {plain_line(commit.id[:12])} {plain_line(message)}")
    if commit.author_name or commit.author_email:
        author = f"{commit.author_name} <{commit.author_email}>"
        lines.append(f"Author: {plain_line(author)}")
    return lines


def _why(view: ReleaseView) -> list[str]:
    if not view.failure:
        return []
    lines = [f"Why it failed: {plain_line(view.failure, 1500)}"]
    for failure in current_failures(view):
        tests = failure.failing[:FAILING_TESTS]
        if tests:
            lines += ["", "Failing tests:"]
            lines += [f"  {plain_line(f'{one.name}: {one.message}'.rstrip(': '))}" for one in tests]
        elif failure.log:
            lines += ["", "The end of the log:"]
            lines += [f"  {plain_line(line, 200)}" for line in failure.log[-LOG_LINES:]]
    return lines


def _links(view: ReleaseView) -> list[str]:
    lines = ["", "Links", f"  Pipeline execution: {execution_url(view.release.id)}"]
    for failure in current_failures(view):
        if url := safe_url(failure.log_url or failure.url):
            lines.append(f"  {plain_line(failure.stage)}/{plain_line(failure.action)}: {url}")
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
        if gate.status is GateStatus.OPEN and gate.kind is GateKind.OBSERVED:
            lines.append(f"Stage {plain_line(gate.stage)} waits for approval in CodePipeline.")
        elif gate.status is GateStatus.OPEN:
            lines.append(
                f"Stage {plain_line(gate.stage)} waits for approval until "
                f"{day_and_time(gate.expires_at)}. No answer by then means no."
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
