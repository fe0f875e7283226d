"""A person at the console page of a deployed sandbox: what is pressed there really happens."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.demo.pipeline import actions_of, executions, stage_of
from sandbox.demo.world import World
from sandbox.deploy import SERVICE
from tests.browser.conftest import browser
from tests.browser.console_page import ConsolePage

__all__ = ["browser"]  # a fixture, of one module: Playwright's event loop ends with it

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.timeout(120)]

PATIENCE = 45_000
ALARM = "hello-production-errors"
REASON = "Not on a Friday"


@pytest.fixture(scope="module", autouse=True)
def _open_production(world: World) -> None:
    """Another test's rollback may have left the stage held; a person opens it again."""
    world.aws("codepipeline").enable_stage_transition(
        pipelineName=SERVICE, stageName="Production", transitionType="Inbound"
    )


@pytest.fixture
def console(browser: Browser, world: World) -> Iterator[ConsolePage]:
    """The page of the deployed sandbox; an error of its scripts fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield ConsolePage(page, f"{world.box.endpoint}/")
    context.close()
    assert errors == []


def test_a_commit_is_pushed_and_approved_and_reaches_production(
    world: World, console: ConsolePage
) -> None:
    execution = _release(world, console)
    expect(console.channel).to_contain_text("Approved", timeout=PATIENCE)
    expect(console.page.locator("[data-stage=Production]")).to_contain_text("Succeeded")
    assert _statuses(world, execution)["Approval"] == "Succeeded"


def test_a_commit_is_pushed_and_rejected_with_a_reason(world: World, console: ConsolePage) -> None:
    execution = _push(world, console)
    console.become("Amir")
    console.press("Reject")
    console.give_reason("Why?", REASON)
    console.answer("Reject")
    expect(console.page.get_by_role("dialog")).to_have_count(0)
    _until(console.page, lambda: _statuses(world, execution).get("Approval") == "Failed")
    expect(console.page.locator("[data-stage=Approval]")).to_contain_text("Failed")
    expect(console.channel).to_contain_text(REASON, timeout=PATIENCE)
    assert "Production" not in _statuses(world, execution)
    result = actions_of(world, execution)["Approval"]["output"]["executionResult"]
    assert REASON in str(result)


def test_an_alarm_is_raised_by_its_switch_and_signalbox_holds_the_stage(
    world: World, console: ConsolePage
) -> None:
    if not _a_release_is_in_production(world):
        _release(world, console)
    production = console.page.locator("[data-stage=Production]")
    expect(production).not_to_contain_text("Held")
    switch, row = console.alarm(ALARM), console.page.locator(f"[data-alarm={ALARM}]")
    expect(switch).to_have_attribute("aria-checked", "false", timeout=PATIENCE)
    try:
        switch.click()
        expect(switch).to_have_attribute("aria-checked", "true")
        expect(row).to_contain_text("In alarm")
        expect(row).to_contain_text("Set by hand on the sandbox's console")
        expect(production).to_contain_text("Held", timeout=PATIENCE)
        assert not stage_of(world, "Production")["inboundTransitionState"]["enabled"]
    finally:
        world.web("POST", f"/_sandbox/alarms/{ALARM}", {"state": "OK", "reason": "The test ends"})
    expect(switch).to_have_attribute("aria-checked", "false")


def _release(world: World, console: ConsolePage) -> str:
    """Push and approve with the buttons; gives the execution that is in Production now."""
    execution = _push(world, console)
    console.become("Amir")
    console.press("Approve")
    console.answer("Approve")
    _until(console.page, lambda: _statuses(world, execution).get("Production") == "Succeeded")
    return execution


def _push(world: World, console: ConsolePage) -> str:
    """Push with the button; gives the execution whose approval card is there to be answered."""
    before = {each["pipelineExecutionId"] for each in executions(world)}
    console.push("Push a commit")
    new: list[str] = []

    def started() -> bool:
        new[:] = [
            each["pipelineExecutionId"]
            for each in executions(world)
            if each["pipelineExecutionId"] not in before
        ]
        return bool(new)

    _until(console.page, started)
    (execution,) = new
    _until(console.page, lambda: _statuses(world, execution).get("Approval") == "InProgress")
    approve = console.channel.get_by_role("button", name="Approve", exact=True)
    expect(approve.last).to_be_enabled(timeout=PATIENCE)
    return execution


def _a_release_is_in_production(world: World) -> bool:
    """Whether what was deployed there last is a release; no rollback is rolled back."""
    for each in executions(world):
        status = _statuses(world, each["pipelineExecutionId"]).get("Production")
        if status is not None:
            return status == "Succeeded" and each["executionType"] == "STANDARD"
    return False


def _statuses(world: World, execution: str) -> dict[str, str]:
    return {stage: run["status"] for stage, run in actions_of(world, execution).items()}


def _until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait without blocking the page, whose events Playwright hands out only meanwhile."""
    for _ in range(PATIENCE // 100):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not within {PATIENCE / 1000:.0f} s")
