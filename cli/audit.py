"""`signalbox audit`: prove that the audit is whole, and ask it about a release."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError
from signalbox.domain.errors import SignalboxError
from signalbox.domain.identity import ReleaseId
from signalbox.domain.verification import Verification
from signalbox.notifications.text import clean
from signalbox.usecases.show_audit import show_audit, subjects_of
from signalbox.usecases.verify_audit import verify_all, verify_audit

from cli.audit_story import story_document, story_lines
from cli.audit_words import verification_document, verification_lines
from cli.auditing import Archive, archive_of

BROKEN, UNREACHABLE = 1, 2

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Prove that the audit is whole, and ask it about a release.",
)

Stack = Annotated[str, typer.Option(help="The control plane's stack, whose outputs name the rest.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def verify(
    subject: Annotated[
        str,
        typer.Argument(
            help="A chain (release#…, incident#…, sweep#…), or a release: its key, its execution"
            " or the beginning of its execution or commit."
        ),
    ] = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Every chain there is, or ever was anchored.")
    ] = False,
    stack: Stack = "signalbox",
    as_json: AsJson = False,
) -> None:
    """Compare chains of the audit with their anchors, and name the first broken entry.

    Exits with 0 where all is well, 1 where a chain is broken, 2 where it could not be found out.
    """
    if bool(subject) == everything:
        _fail("name one chain or release, or say --all")
    with _reported():
        archive = archive_of(stack)
        verifications = list(_verified(subject, everything, archive))
    now = datetime.now(UTC)
    if as_json:
        chains = [verification_document(one, now) for one in verifications]
        typer.echo(json.dumps({"chains": chains, "sound": all(c["sound"] for c in chains)}))
    else:
        for line in verification_lines(verifications, now):
            typer.echo(_printable(line))
    if not all(one.is_sound for one in verifications):
        raise typer.Exit(BROKEN)


@app.command()
def show(
    release: Annotated[
        str,
        typer.Argument(help="The release's key, its execution, or the beginning of its commit."),
    ],
    stack: Stack = "signalbox",
    as_json: AsJson = False,
) -> None:
    """Say who approved what and when, which commit and artifacts, and why it failed.

    Exits with 0, with 1 where a chain of the release is broken, with 2 where it is not found.
    """
    with _reported():
        archive = archive_of(stack)
        story = show_audit(_release(release, archive), archive)
    if as_json:
        typer.echo(json.dumps(story_document(story, datetime.now(UTC)), ensure_ascii=False))
    else:
        for line in story_lines(story, datetime.now(UTC)):
            typer.echo(_printable(line))
    if not all(chapter.verification.is_sound for chapter in story.chapters):
        raise typer.Exit(BROKEN)


def _verified(subject: str, everything: bool, archive: Archive) -> Iterator[Verification]:
    chains, anchors = archive.audit_reader, archive.anchor_reader
    if everything:
        yield from verify_all(audit=chains, anchors=anchors)
        return
    named = (subject,) if "#" in subject else subjects_of(_release(subject, archive), archive)
    for one in named:
        verification = verify_audit(one, audit=chains, anchors=anchors)
        if not verification.entries and not verification.anchored and not verification.broken:
            _fail(f"there is no chain of {one}")
        yield verification


def _release(text: str, archive: Archive) -> ReleaseId:
    key = text.removeprefix("release#")
    if key.count("/") == 3:
        return ReleaseId.from_key(key)
    found = archive.finder.find(text)
    if not found:
        _fail(f"no release has an execution or a commit that begins with {text}")
    if len(found) > 1:
        _fail(f"{text} is not one release but {', '.join(release.key for release in found)}")
    return found[0]


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except (SignalboxError, BotoCoreError) as error:
        _fail(str(error))


def _fail(why: str) -> NoReturn:
    typer.echo(_printable(f"signalbox audit: {why}"), err=True)
    raise typer.Exit(UNREACHABLE)


def _printable(line: str) -> str:
    """A line that a terminal only prints: the table is written by whoever could write it."""
    return " ".join(clean(line).splitlines())
