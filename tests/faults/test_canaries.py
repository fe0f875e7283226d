"""Secrets planted in every input are found nowhere that people, queues, logs or auditors look."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from signalbox.adapters.ssm_people import parse_people
from signalbox.adapters.ssm_policies import SsmPolicies
from signalbox.adapters.ssm_routes import parse_routes
from signalbox.adapters.ssm_waivers import parse_waivers
from signalbox.domain.errors import AwsRefusedError, DocumentInvalidError
from signalbox.domain.identity import PipelineId
from signalbox.notifications.masking import FORMATS as MASKED_FORMATS
from signalbox.notifications.masking import mask
from signalbox.runtime import logging as logs

from cli.explain import explanation
from tests.adapters.test_ssm_routes import ScriptedParameters
from tests.faults.canaries import FORMATS, Canary, canaries
from tests.faults.canary_events import other_events, release_events, unreadable_events
from tests.faults.canary_story import StoryWorld, tell_by_mail, tell_it_all
from tests.gate_world import APPROVAL_TOKEN, TASK_TOKEN
from tests.unit.events.samples import FILES

CANARIES = list(canaries(seed=1))
PIPELINE = PipelineId(account="123456789012", region="us-east-1", name="hello")
OTHER_READERS: tuple[Callable[[str], object], ...] = (
    lambda text: parse_routes(text, "/signalbox/routes"),
    lambda text: parse_people(text, "/signalbox/people"),
    lambda text: parse_waivers(text, "/signalbox/waivers"),
)
IDENTITY = {
    "account",
    "accountId",
    "AWSAccountId",
    "action",
    "action-execution-id",
    "actionName",
    "alarmName",
    "AlarmName",
    "AlarmArn",
    "alarmArn",
    "execution-id",
    "pipeline",
    "pipelineName",
    "region",
    "stage",
    "stageName",
}
"""Fields that name things of the account's owner. They are identity, and text of no stranger."""


@pytest.fixture(autouse=True)
def _fresh_loggers(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    # Powertools keeps a logger, and the stdout it found, for each name of a service.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", request.node.name)
    logs.logger.cache_clear()
    logs.metrics.cache_clear()


def leaks(canary: Canary, outputs: dict[str, str]) -> dict[str, str]:
    """Where a part of the secret is seen, with what stands around it."""
    found = {}
    for where, output in outputs.items():
        if part := canary.is_seen_in(output):
            at = output.lower().index(part)
            found[where] = output[max(0, at - 160) : at + 40]
    return found


def all_outputs(world: StoryWorld, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    printed = capsys.readouterr()
    return world.outputs() | {"log": printed.out, "stderr": printed.err}


def explained(folder: Path, *payloads: Any) -> str:
    lines = []
    for number, payload in enumerate(payloads):
        file = folder / f"{number}.json"
        file.write_text(payload if isinstance(payload, str) else json.dumps(payload))
        lines.append(json.dumps(explanation(file), ensure_ascii=False))
    return "\n".join(lines)


@pytest.mark.case(33)
@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.format)
@pytest.mark.parametrize("around", ["{}", "fix the build: {} (see above)"])
def test_a_secret_told_everywhere_is_seen_nowhere(
    canary: Canary, around: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = around.format(canary.text)
    world = StoryWorld()
    tell_it_all(world, said)
    outputs = all_outputs(world, capsys)
    payloads = (*release_events(said), *other_events(said), *unreadable_events(said))
    outputs["explain"] = explained(tmp_path, *payloads)
    assert leaks(canary, outputs) == {}
    assert len(world.dead_letters) == len(unreadable_events(said)), "they went aside"
    assert "[masked]" in outputs["Slack"], "the story was told"


@pytest.mark.case(33)
@pytest.mark.parametrize("before", [40, 95, 180, 290, 390, 490, 580, 690, 990, 1490, 1990, 2990])
def test_a_secret_where_text_is_cut_is_not_shown_in_part(
    before: int, capsys: pytest.CaptureFixture[str]
) -> None:
    for less, canary in enumerate(itertools.islice(CANARIES, before % 19, None, 19)):
        world = StoryWorld()
        tell_it_all(world, f"{'word ' * (before // 5)}{'x' * less * 4} {canary.text}")
        assert leaks(canary, all_outputs(world, capsys)) == {}, canary.format


@pytest.mark.case(33)
@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.format)
def test_a_secret_is_not_mailed_either(canary: Canary, capsys: pytest.CaptureFixture[str]) -> None:
    world = StoryWorld()
    tell_by_mail(world, canary.text)
    outputs = all_outputs(world, capsys)
    assert leaks(canary, outputs) == {}
    assert "[masked]" in outputs["SNS"], "the story was mailed"


def planted() -> list[tuple[str, dict[str, Any], Canary]]:
    """Each text in each sample in turn, replaced by the next format's canary."""
    formats = itertools.cycle(CANARIES)
    found = []
    for file in FILES:
        payload = json.loads(file.read_text())
        for place in _texts(payload):
            canary = next(formats)
            spoilt = json.loads(file.read_text())
            parent = spoilt
            for key in place[:-1]:
                parent = parent[key]
            parent[place[-1]] = canary.text
            found.append((f"{file.stem}: {place}", spoilt, canary))
    return found


def _texts(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = [(key, part) for key, part in value.items() if key not in IDENTITY]
    elif isinstance(value, list):
        inner = list(enumerate(value))
    here = [(*path, key) for key, part in inner if isinstance(part, str)]
    return here + [place for key, part in inner for place in _texts(part, (*path, key))]


@pytest.mark.case(33)
def test_no_field_of_any_event_carries_a_secret_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = planted()
    assert len(places) > 500
    for name, payload, canary in places:
        world = StoryWorld()
        world.receive(payload)
        world.tell()
        outputs = all_outputs(world, capsys) | {"explain": explained(tmp_path, payload)}
        assert leaks(canary, outputs) == {}, name


@pytest.mark.case(33)
def test_what_aws_says_in_an_error_is_masked_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    for canary in CANARIES:
        world = StoryWorld()
        world.pipelines.fail_with = AwsRefusedError(f"not with {canary.text}", code="Odd")
        world.receive(*release_events("hello"))
        world.tell()

        def refuse(*_: object, said: str = canary.text) -> None:
            raise AwsRefusedError(f"again: {said}", code="Odd") from ValueError(said)

        with pytest.raises(AwsRefusedError):
            logs.reported(refuse)({}, None)
        assert leaks(canary, all_outputs(world, capsys)) == {}


@pytest.mark.case(33)
def test_no_document_of_ours_carries_a_secret_out(capsys: pytest.CaptureFixture[str]) -> None:
    table: Any = SimpleNamespace(get=lambda *_: None)

    def read(text: str) -> None:
        SsmPolicies(ScriptedParameters(text), "/signalbox", table).policy_for(PIPELINE)

    for canary in CANARIES:
        said = json.dumps(canary.text)
        for text in (
            f'{{"contract": 1, "mode": {said}}}',
            f'{{"contract": 2, "groups": {{"sre": [{said}]}}}}',
            f'{{"contract": 2, "checks": {{"changeWindow": {{"windows": [{{"cron": {said}}}]}}}}}}',
            f'{{"contract": 2, "approvers": [{said}]}}',
            f'{{"contract": 1, "channel": "#a", "routes": [{said}]}}',
            f'{{"contract": 1, "people": {{"ada": {{"slack": [{said}]}}}}}}',
            f'{{"contract": 1, "waivers": [{{"until": {said}}}]}}',
            f'{{"contract": 1, {said}: true}}',
            f'{{"contract": {said}}}',
            canary.text,
        ):
            for reader in (read, *OTHER_READERS):
                with pytest.raises(DocumentInvalidError):
                    logs.reported(lambda *_, reader=reader, text=text: reader(text))({}, None)
        assert leaks(canary, all_outputs(StoryWorld(), capsys)) == {}, canary.format


@pytest.mark.case(22)
def test_tokens_of_tasks_and_approvals_stay_in_the_ledger(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = StoryWorld()
    tell_it_all(world, "hello")
    outputs = all_outputs(world, capsys)
    for token in (APPROVAL_TOKEN, TASK_TOKEN):
        assert not [where for where, output in outputs.items() if token in output]
    assert world.pipelines.answers[0][0].token == APPROVAL_TOKEN, "and were used"
    assert world.workflows.completed[0][0] == TASK_TOKEN


@pytest.mark.case(33)
def test_every_format_that_is_masked_by_its_look_has_a_canary() -> None:
    assert len(FORMATS) >= 50
    import re

    looks = {
        name
        for name, pattern in MASKED_FORMATS.items()
        for canary in CANARIES
        if re.search(pattern, canary.text)
    }
    assert set(MASKED_FORMATS) - looks == set()


@pytest.mark.case(33)
def test_every_canary_is_masked_whatever_it_is_made_of() -> None:
    for seed in range(20):
        for canary in canaries(seed):
            for around in ("{}", "({})", "a\n{}\nb", "'{}',", "{};"):
                said = mask(around.format(canary.text))
                assert not canary.is_seen_in(said), canary.format


def test_a_canary_that_sings_is_heard() -> None:
    canary = CANARIES[0]
    assert canary.is_seen_in(f"oh no: {canary.text}")
    assert canary.is_seen_in(canary.text[:-4])
    assert not canary.is_seen_in("silence")
