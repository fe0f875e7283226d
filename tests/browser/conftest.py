"""A headless Chromium of the system; no browser is downloaded."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from .console_page import ConsolePage
from .stage import Stage, free_port

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--no-proxy-server",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without one the test is skipped, except where CI=true: there it fails.

    Playwright's event loop runs in this thread until the fixture ends, and other tests need one:
    so it lives for a module only.
    """
    path = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        reason = "Chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage(free_port()) as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on which every error of its scripts and every violation of its CSP fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on(
        "console", lambda said: errors.append(said.text) if _is_violation(said.text) else None
    )
    yield opened
    context.close()
    assert errors == []


@pytest.fixture
def console(page: Page, stage: Stage) -> ConsolePage:
    return ConsolePage(page, stage.url)


def _is_violation(text: str) -> bool:
    return "Content Security Policy" in text or "Uncaught" in text
