"""Draws the Slack message in each state: docs/messages/*.png and docs/messages.md.

``python -m tools.pictures``. The messages are what Signalbox would send, taken by the sandbox's
double of Slack and shown by the sandbox's own page in Chromium. Ends with 1 where there is none.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette

from sandbox.console.app import console_routes
from sandbox.console.sources import Sources
from sandbox.slack.blocks import faults_of_blocks
from sandbox.slack.workspace import SlackWorkspace
from tools.picture_list import scenes
from tools.picture_scenes import AT, Scene
from tools.small_png import small_png

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "messages"
PAGE = ROOT / "docs" / "messages.md"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "signalbox: the pictures need Chromium, and none is on the path (apt-get install chromium)."
)
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-proxy-server", "--force-color-profile=srgb", "--disable-lcd-text"),
]
WIDTH = 640
CHANNEL = "C0RELEASES"


class Gallery:
    """The page with one scene at a time; which one is set by ``show``."""

    def __init__(self) -> None:
        self._workspace = SlackWorkspace()

    def show(self, scene: Scene) -> None:
        """Give the page a channel with nothing but the scene's messages."""
        workspace = SlackWorkspace(clock=AT.timestamp)
        for message in scene.messages():
            blocks: list[Any] = list(message["blocks"])
            if faults := faults_of_blocks(blocks):
                raise ValueError(f"Slack would refuse {scene.name}: {faults}")
            workspace.post(CHANNEL, text=message["text"], blocks=blocks)
        self._workspace = workspace

    def application(self) -> Starlette:
        """The sandbox's console over the scene, with nothing else behind it."""
        sources = Sources(
            slack=lambda: self._workspace,
            pipelines=lambda: {"pipelines": []},
            alarms=list,
            facts=list,
        )
        return Starlette(routes=console_routes(lambda: sources))


def main() -> int:
    """Draw all pictures and write the page that shows them."""
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        print(MISSING, file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    listed = scenes()
    gallery = Gallery()
    with _served(gallery.application()) as url, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        for scene in listed:
            gallery.show(scene)
            _draw(chromium, url, scene)
        chromium.close()
    for old in FOLDER.glob("*.png"):
        if old.stem not in {scene.name for scene in listed}:
            old.unlink()
    PAGE.write_text(page_of(listed))
    print(f"signalbox: {len(listed)} pictures in {FOLDER.relative_to(ROOT)}")
    return 0


def page_of(listed: list[Scene]) -> str:
    """docs/messages.md: each picture under its title."""
    parts = [
        "# The messages",
        "One message per release, posted once and edited through its life; the details are in its "
        "thread.\nThese pictures are drawn by `make pictures` from what Signalbox sends, shown by "
        "the sandbox's double\nof Slack; Slack itself dresses them a little differently.",
    ]
    for scene in listed:
        parts += [f"## {scene.title}", scene.words, f"![{scene.title}](messages/{scene.name}.png)"]
    return "\n\n".join(parts) + "\n"


def _draw(chromium: Browser, url: str, scene: Scene) -> None:
    context = chromium.new_context(
        viewport={"width": WIDTH, "height": 1000},
        color_scheme="light",
        reduced_motion="reduce",
        timezone_id="UTC",
        locale="en-GB",
    )
    page = context.new_page()
    page.goto(url)
    page.locator("#channel .message").last.wait_for()
    channel = page.locator("#channel")
    channel.evaluate("(element) => { element.style.maxHeight = 'none'; }")
    channel.evaluate("(element) => { element.style.minHeight = '0'; }")
    picture = small_png(channel.screenshot(animations="disabled"))
    (FOLDER / f"{scene.name}.png").write_bytes(picture)
    context.close()


@contextmanager
def _served(application: Starlette) -> Iterator[str]:
    """The application on a free port of this machine, while the block runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    stop, ready = threading.Event(), threading.Event()
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.graceful_timeout = 0.2
    config.accesslog = config.errorlog = None

    async def stopped() -> None:
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.05)

    async def run() -> None:
        await serve(application, config, shutdown_trigger=stopped)  # type: ignore[arg-type]

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        ready.wait(timeout=10)
        yield f"http://127.0.0.1:{port}/"
    finally:
        stop.set()
        thread.join(timeout=10)


if __name__ == "__main__":
    sys.exit(main())
