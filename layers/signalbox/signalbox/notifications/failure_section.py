"""Why a release failed: the short form on its message, the whole in its thread."""

from __future__ import annotations

from collections.abc import Sequence

from signalbox.domain.failures import FailedTest, Failure
from signalbox.notifications.blocks import Block, context, plain_section, section
from signalbox.notifications.links import execution_url, link, report_url
from signalbox.notifications.text import cut, plain_line, safe, safe_code, safe_line
from signalbox.notifications.view import ReleaseView, current_failures

ON_THE_CARD = 3
IN_THE_THREAD = 15


def failure_blocks(view: ReleaseView) -> list[Block]:
    """The part of the message: one line, the failing tests, where to look, and whose it is."""
    if not view.failure:
        return []
    failures = current_failures(view)
    told = next((failure for failure in failures if failure.failing), None)
    said = [plain_section(safe(tests_told(told, ON_THE_CARD), 900))] if told else []
    where = links_of(view, failures)
    return [
        section("*Why it failed*"),
        plain_section(safe(view.failure, 1500)),
        *said,
        *([context(where)] if where else []),
    ]


def failure_story(view: ReleaseView, failure: Failure) -> list[Block]:
    """Everything that is known of one failed run of an action, for the thread."""
    name = f"`{safe_line(failure.stage, 100)}` / `{safe_line(failure.action, 100)}`"
    again = f", attempt {failure.attempt}" if failure.attempt > 1 else ""
    blocks = [
        section(f"❌ *{name} failed{again}* · {author(view)}"),
        plain_section(safe(failure.why, 1500) or "AWS gave no reason."),
    ]
    if failure.failing:
        blocks.append(plain_section(safe(tests_told(failure, IN_THE_THREAD), 2900)))
    if failure.log:
        blocks += [section("*The end of the log*"), section(safe_code(failure.log))]
    if failure.error_code and failure.error_code not in failure.why:
        blocks.append(context(f"CodePipeline calls it `{safe_line(failure.error_code, 100)}`"))
    where = links_of(view, [failure])
    return [*blocks, *([context(where)] if where else []), context(_hint(failure))]


def author(view: ReleaseView) -> str:
    """The author, mentioned where Slack knows him, else by the name that git has."""
    if view.author_user:
        return f"<@{view.author_user}>"
    commit = view.commit
    return safe_line(commit.author_name or commit.author_email, 80) or "author unknown"


def tests_told(failure: Failure, most: int) -> str:
    """The failing tests with what they said, one a line, not yet made safe."""
    lines = [_told(test) for test in failure.failing[:most]]
    if len(failure.failing) > most:
        lines.append(f"… and {len(failure.failing) - most} more")
    return "\n".join(lines)


def links_of(view: ReleaseView, failures: Sequence[Failure]) -> str:
    """Where to look: the log, the test report, the provider's page, CodePipeline's own."""
    found = []
    for failure in failures[:1]:
        found += [
            link(failure.log_url, "build log"),
            link(report_url(failure.report), "test report"),
            link(failure.url, safe_line(failure.action, 60) or "details"),
        ]
    return " · ".join(dict.fromkeys(filter(None, [*found, execution_link(view)])))


def execution_link(view: ReleaseView) -> str:
    """CodePipeline's page of this execution, as a link."""
    return link(execution_url(view.release.id), "CodePipeline")


def _told(test: FailedTest) -> str:
    said = f": {plain_line(test.message, 160)}" if test.message else ""
    return f"• {cut(plain_line(test.name, 160), 160)}{said}"


def _hint(failure: Failure) -> str:
    if failure.failing:
        return (
            "*Next:* push a fix, which starts a new release; retrying this one runs the same code."
        )
    return (
        "*Next:* if the cause has passed, retry the stage in CodePipeline, and the same release "
        "goes on. Otherwise push a fix."
    )
