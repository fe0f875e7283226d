"""Pictures of the page for people (build/screenshots), and what a machine can check of them."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from .console_page import ConsolePage
from .stage import Stage

pytestmark = pytest.mark.browser

PICTURES = Path(__file__).parents[2] / "build" / "screenshots"
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour, over) => {
    canvas.fillStyle = over; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (channels) => {
    const [r, g, b] = channels.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92
      : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const own = element && getComputedStyle(element).backgroundColor;
    if (!element) return "rgb(255, 255, 255)";
    return /^rgba\\(.*, 0\\)$/.test(own) ? ground(element.parentElement) : own;
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const words = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!words || !element.checkVisibility() || element.closest(":disabled")) continue;
    const behind = ground(element);
    const a = light(rgb(getComputedStyle(element).color, behind)), b = light(rgb(behind, "white"));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const words30 = element.textContent.slice(0, 30);
    if (ratio < 4.5) poor.push(`${element.className}: ${words30} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_and_every_text_can_be_read(
    browser: Browser, stage: Stage, width: int, scheme: str
) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    stage.card()
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    console = ConsolePage(page, stage.url)
    expect(console.channel.get_by_role("button", name="Approve")).to_be_visible()
    expect(page.locator(".station")).to_have_count(5)
    page.screenshot(path=PICTURES / f"console-{width}-{scheme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) == []
    console.press("Reject")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.screenshot(path=PICTURES / f"modal-{width}-{scheme}.png")
    assert page.evaluate(CONTRAST) == []
    context.close()
