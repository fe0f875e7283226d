"""The console as a person uses it: by roles and names, not by the page's inside."""

from playwright.sync_api import Locator, Page, expect


class ConsolePage:
    """One open console."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(url)
        expect(page.locator("#connection")).to_have_text("Live", timeout=15_000)

    def become(self, name: str) -> None:
        """Choose who I am: Dana, Amir or Olga."""
        self.page.get_by_role("radio", name=name).check()

    @property
    def channel(self) -> Locator:
        """The Slack channel."""
        return self.page.locator("#channel")

    def press(self, button: str) -> None:
        """Press the button with this text in the newest message that has one."""
        self.channel.get_by_role("button", name=button, exact=True).last.click()

    def answer(self, button: str) -> None:
        """Press a button of the open dialogue."""
        self.page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()

    def give_reason(self, label: str, text: str) -> None:
        """Fill in an input of the open modal."""
        self.page.get_by_role("dialog").get_by_label(label).fill(text)

    def alarm(self, name: str) -> Locator:
        """The switch of an alarm."""
        return self.page.get_by_role("switch", name=f"Alarm {name}", exact=True)

    def push(self, button: str) -> None:
        """Press one of the push buttons."""
        self.page.get_by_role("button", name=button, exact=True).click()
