"""Tells the story in the terminal: with a live progress display, or in plain lines."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.markup import escape


class Narrator:
    """Prints scenes and steps with their times since the beginning."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False, soft_wrap=not sys.stdout.isatty())
        self._begun = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._begun

    def scene(self, title: str) -> None:
        """Begin a scene."""
        self.console.print()
        self.console.print(f"[bold]{escape(title)}[/bold]")

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show that a step is going on; `seen` or `failed` ends it."""
        display = (
            self.console.status(escape(what), spinner="dots")
            if self.console.is_terminal
            else nullcontext()
        )
        with display:
            yield

    def seen(self, what: str, evidence: str, took: float) -> None:
        """A step has its evidence."""
        line = f"{self.seconds:6.1f} s  [green]✓[/green] {escape(what)} [dim]({took:.1f} s)[/dim]"
        self.console.print(line)
        if evidence:
            self.console.print(f"            [dim]{escape(evidence)}[/dim]")

    def failed(self, what: str, reason: str) -> None:
        """A step has not come true."""
        self.console.print(f"{self.seconds:6.1f} s  [red]✗ {escape(what)}[/red]")
        self.console.print(f"            [red]{escape(reason)}[/red]")

    def say(self, text: str) -> None:
        """A line for the reader."""
        self.console.print(escape(text))
