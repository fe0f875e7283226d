"""What a document may say of one stage: an editor and `signalbox policy validate` agree."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from signalbox.adapters.policy_schema import PolicyDocument
from signalbox.adapters.policy_stages import ABOVE_STAGES
from signalbox.domain.policy import Mode

from cli.documents import fault_in, schema_of

SCHEMA = schema_of("policy")
EDITOR = jsonschema.Draft202012Validator(SCHEMA)
HOLD = {"owner": "U0ADA00001", "reason": "calm", "cron": "0 16 * * 5", "for": "64h"}


def at_a_stage(**own: Any) -> dict[str, Any]:
    return {
        "contract": 2,
        "groups": {"sre": ["U0ADA00001", "U0GRACE001"]},
        "stages": {"Production": own},
    }


def refused(**own: Any) -> str:
    return fault_in(json.dumps(at_a_stage(**own), indent=1), "policy", "p.json")


def below() -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA["properties"]["stages"]["additionalProperties"]
    return found


def test_an_editor_knows_every_field_below_a_stage_but_those_above_all_stages() -> None:
    top = set(SCHEMA["properties"])
    assert set(below()["properties"]) == top - set(ABOVE_STAGES)
    assert set(ABOVE_STAGES) < top, "what is refused is a field"
    assert {"stages", "holds", "mode"} <= set(ABOVE_STAGES)
    EDITOR.check_schema(SCHEMA)


def test_below_a_stage_nothing_is_a_must_and_nothing_has_a_default_of_its_own() -> None:
    assert "required" not in below()
    assert not [name for name, field in below()["properties"].items() if "default" in field]
    assert EDITOR.is_valid(at_a_stage())


@pytest.mark.parametrize(
    ("own", "good"),
    [
        ({"approvals": 2, "approvers": ["sre"]}, True),
        ({"checks": {"coverage": {"atLeast": 80}, "soak": {"for": "30m"}}}, True),
        ({"hotfix": {"approvals": 3}}, True),
        ({"expiresAfter": "2h", "excluded": ["authors"], "groups": {"x": ["U0ADA00001"]}}, True),
        ({"approvals": 0}, False),
        ({"aprovals": 2}, False),
        ({"checks": {"coverage": {"atLeast": "much"}}}, False),
        ({"checks": {"soak": {}}}, False),
        ({"expiresAfter": "a day"}, False),
        ({"excluded": ["everybody"]}, False),
        ({"groups": {"x": ["@ada"]}}, False),
        ({"mode": "observe"}, False),
        ({"holds": [HOLD]}, False),
        ({"rollbackWindow": "30m"}, False),
        ({"keepReleases": 5}, False),
        ({"stages": {}}, False),
        ({"contract": 1}, False),
    ],
)
def test_an_editor_and_validate_say_the_same_of_a_stage(own: dict[str, Any], good: bool) -> None:
    assert EDITOR.is_valid(at_a_stage(**own)) is good
    assert (refused(**own) == "") is good


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"holds": [HOLD]}, 'write it at the top of the document, with "stages": ["Production"]'),
        ({"holds": []}, "a hold says itself what it holds"),
        ({"mode": "observe"}, "a mode holds for the whole pipeline; write it at the top"),
        ({"rollbackWindow": "30m"}, "it holds for the whole pipeline; write it at the top"),
        ({"keepReleases": 5}, "it holds for the whole pipeline; write it at the top"),
        ({"stages": {"A": {}}}, "no stages below a stage; write them beside Production"),
        ({"contract": 1}, "leave it out here"),
    ],
)
def test_what_only_a_pipeline_has_is_refused_with_its_line_and_where_it_belongs(
    own: dict[str, Any], words: str
) -> None:
    (name,) = own
    fault = refused(approvals=1, **own)
    text = json.dumps(at_a_stage(approvals=1, **own), indent=1).splitlines()
    (at,) = (number for number, line in enumerate(text, 1) if line.startswith(f'   "{name}"'))
    assert fault.startswith(f"p.json:{at}: stages.Production.{name}: ")
    assert words in fault


def test_a_stage_that_is_no_object_is_a_fault_and_no_crash() -> None:
    for own in (7, None, "x", ["holds"]):
        written = {"contract": 2, "stages": {"Production": own}}
        assert "stages.Production: Input should be" in fault_in(json.dumps(written), "policy", "p")


def test_what_is_refused_below_a_stage_is_taken_at_the_top() -> None:
    kept = {"mode": "observe", "holds": [{**HOLD, "stages": ["Production"]}]}
    written = {"contract": 2, **kept, "rollbackWindow": "30m", "keepReleases": 5}
    assert fault_in(json.dumps(written), "policy", "p") == ""
    assert EDITOR.is_valid(written)
    assert PolicyDocument.model_validate(written).policy().mode is Mode.OBSERVE
