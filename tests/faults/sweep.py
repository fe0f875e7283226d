"""One run of a story with a fault in it, and the run without."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes import FixedClock
from tests.faults.account import Account, FunctionWorld, an_account
from tests.faults.driver import Driver
from tests.faults.injection import FAULTS, Injector, Site, in_front_of_moto
from tests.faults.outcomes import Outcome, missing, outcome_of
from tests.faults.slack import ScriptedSlack
from tests.faults.stories import Story, settle

RUNS_AFTERWARDS = 2
"""In so short a time nobody thinks that a workflow has failed."""
READS = ("Assume", "BatchGet", "Describe", "Get", "List", "Query", "Scan", "users.")
UNAVAILABLE = ("throttle", "500", "503", "reset", "connect-timeout")
CRASHES = ("die-before", "die-after")
LOST = ("lost-reply", "lost-replies")
LONG = 40
"""A story with so many calls is a long one."""
SHORT, ONE_IN_LONG, ONE_IN = 8, 20, 4
TELLING = ("slack.chat.postMessage", "sns.Publish")
"""Calls that nothing makes idempotent: neither service takes a key."""


def reads(site: Site) -> bool:
    """Whether a call changes nothing."""
    return site.operation.partition(".")[2].startswith(READS)


def differs(site: Site, fault: str, sites: Sequence[Site]) -> bool:
    """Whether this run differs from all others, or another one is the same run.

    A call that did not arrive raises one and the same error of ours for each of the five ways not
    to arrive (the sites take turns in them), as does a read whose replies are all lost; a read that
    botocore repeats is no fault at all. A crash leaves the state of the last write before it.
    """
    index = sites.index(site)
    first = index == 0 or sites[index - 1].invocation != site.invocation
    if site.operation.startswith("slack."):
        return True
    if fault in UNAVAILABLE:
        return fault == UNAVAILABLE[index % len(UNAVAILABLE)]
    if fault == "die-before" or (fault == "die-after" and reads(site)):
        return first and fault == "die-before"
    return not (fault in LOST and reads(site))


def sampled(site: Site, fault: str, sites: Sequence[Site]) -> bool:
    """Whether the sample has it: each site of a story that is not a short one meets one fault in
    ``ONE_IN``, of a long one in ``ONE_IN_LONG``, and the faults take turns. Of the reads of one
    kind in an invocation only the first and the last are in it, for a read that fails between them
    leaves the same state and the same error.
    """
    alike = [
        one for one in sites if (one.invocation, one.operation) == (site.invocation, site.operation)
    ]
    if reads(site) and site not in (alike[0], alike[-1]):
        return False
    one_in = ONE_IN_LONG if len(sites) >= LONG else ONE_IN
    turn = (sites.index(site) + FAULTS.index(fault)) % one_in == 0
    return differs(site, fault, sites) and (len(sites) <= SHORT or turn)


def tells_again(site: Site, fault: str, sites: Sequence[Site]) -> bool:
    """Whether the fault keeps us from knowing that something was told: the reply was lost on its
    way, or the write that should have kept it failed. Then one message more is forgiven.
    """
    if site.operation in TELLING:
        return fault in {*LOST, "die-after"}
    if reads(site) or fault == "lost-reply":
        return False
    earlier = [one for one in sites[: sites.index(site)] if one.invocation == site.invocation]
    writes = [one for one in earlier if not reads(one)]
    return bool(writes) and writes[-1].operation in TELLING


class _AsBeforeError(Exception):
    """The fault is over and left nothing: the rest was told already."""


@dataclass
class Moment:
    """The world before one invocation."""

    driver: Driver
    account: dict[str, Any]
    slack: dict[str, Any]
    completed: list[str]
    outcome: Outcome


@dataclass
class Stage:
    """A story in an account, told once without a fault, then from any of its moments with one."""

    story: Story
    account: Account
    injector: Injector
    slack: ScriptedSlack
    moments: list[Moment] = field(default_factory=list)
    rounds: int = 0
    """How often the schedule had to come round in the last run."""

    def __post_init__(self) -> None:
        self.story.machine.settle = self._settle
        self._clock = FixedClock(self.story.now)
        driver = Driver(account=self.account, injector=self.injector, clock=self._clock)
        driver.say(self.story.before)
        driver.work_off()
        self.story.prepare(FunctionWorld(self.account, driver.clock))
        self.injector.arm()
        driver.say(self.story.said)
        if self.story.reconciling:
            driver.come_round()
        driver.before_each = self._keep
        driver.work_off()
        self.sites = tuple(self.injector.sites)
        self.models = [self._outcome(driver)]
        driver.before_each = lambda _: None
        for _ in range(2):
            self._come_round(driver)
        self.models.append(self._outcome(driver))

    def tell(
        self, site: Site, fault: str = "", *, refused: bool = False
    ) -> tuple[Outcome, Outcome]:
        """What comes of it if a call meets a fault, or if its operation is refused for good from
        there on; and the outcome without. The schedule comes round until nothing is missing.
        """
        moment = self.moments[site.invocation - 1]
        self._go_back_to(moment)
        self.injector.arm(
            fault=None if refused else (site, fault),
            refused=site.operation if refused else "",
            invocation=site.invocation - 1,
        )
        driver = moment.driver.copied()
        self._clock = driver.clock
        random.seed(0)  # of jitter
        self.rounds = 0
        driver.before_each = self._compare
        try:
            driver.work_off()
        except _AsBeforeError:
            return self.models[0], self.models[0]
        driver.before_each = lambda _: None
        run = self._outcome(driver)
        if not refused and not any(missing(run, self.models[0])):
            return run, self.models[0]
        for _ in range(1 if refused else RUNS_AFTERWARDS):
            self._come_round(driver)
            run = self._outcome(driver)
            if not any(missing(run, self.models[1])):
                break
        return run, self.models[1]

    def _settle(self) -> None:
        with self.injector.elsewhere():
            settle(FunctionWorld(self.account, self._clock))

    def _come_round(self, driver: Driver) -> None:
        self.rounds += 1
        driver.come_round()
        driver.work_off()

    def _outcome(self, driver: Driver) -> Outcome:
        return outcome_of(self.account, driver, self.slack, self.story.machine.told)

    def _keep(self, driver: Driver) -> None:
        kept = self.account.snapshot()
        shown = copy.deepcopy(self.slack.messages)
        told = list(self.story.machine.told)
        outcome = self._outcome(driver)
        self.moments.append(Moment(driver.copied(), kept, shown, told, outcome))

    def _compare(self, driver: Driver) -> None:
        """Stop where all is as it was at a moment without a fault, to the last word and bell."""
        if self.injector.over:
            bells = driver.bells
            alike = [m for m in self.moments if m.driver.bells == bells]
            if alike and self._outcome(driver) in [m.outcome for m in alike]:
                raise _AsBeforeError

    def _go_back_to(self, moment: Moment) -> None:
        self.account.restore(moment.account)
        self.account.fill_quotas()
        self.slack.messages = copy.deepcopy(moment.slack)
        self.story.machine.told[:] = moment.completed


@contextmanager
def staged(tell: Callable[[], Story]) -> Iterator[Stage]:
    """The story on its stage, while moto, the injector and Slack stand ready."""
    story, injector = tell(), Injector()
    slack = ScriptedSlack(injector)
    with an_account() as account, slack.answering():
        fakes = {**story.fakes, "sqs": account.sqs}
        with in_front_of_moto(injector, fakes):
            yield Stage(story, account, injector, slack)
