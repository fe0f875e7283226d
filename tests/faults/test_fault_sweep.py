"""Every call of AWS and of Slack, found by recording, meets every fault in turn.

By itself the sweep takes a sample, the same each time. `make sweep` takes all runs that differ, as
does the variable ``SIGNALBOX_SWEEP`` set to ``distinct``; with ``all`` it takes each and every one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.injection import FAULTS
from tests.faults.stories import STORIES
from tests.faults.sweep import ONE_IN, Stage, differs, sampled, staged
from tests.faults.verdicts import of_a_lasting_refusal, of_a_single_fault, of_no_fault

TAKES = {"distinct": differs, "all": lambda *_: True}.get(
    os.environ.get("SIGNALBOX_SWEEP", ""), sampled
)


@pytest.fixture(scope="module", params=STORIES)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with staged(STORIES[request.param]) as stage:
        yield stage


def test_without_a_fault_the_story_comes_to_its_end_by_itself(stage: Stage) -> None:
    assert stage.sites
    assert of_no_fault(stage) == []


@pytest.mark.case(52)
@pytest.mark.case(53)
@pytest.mark.case(54)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_call_that_fails_once_loses_and_doubles_nothing(stage: Stage, fault: str) -> None:
    sites = [site for site in stage.sites if TAKES(site, fault, stage.sites)]
    wrong = {str(site): of_a_single_fault(stage, site, fault) for site in sites}
    assert {site: found for site, found in wrong.items() if found} == {}


@pytest.mark.case(52)
def test_what_is_refused_for_good_is_done_all_the_same_or_heard_of(stage: Stage) -> None:
    first = {site.operation: site for site in reversed(stage.sites)}
    taken = list(first.items())
    if TAKES is sampled:
        taken = taken[len(stage.sites) % ONE_IN :: ONE_IN]
    wrong = {name: of_a_lasting_refusal(stage, site) for name, site in taken}
    assert {name: found for name, found in wrong.items() if found} == {}
