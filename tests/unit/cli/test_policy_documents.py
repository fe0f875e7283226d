"""`signalbox policy`: bad documents are refused with line and reason, good ones are written."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from signalbox.adapters.dynamodb_documents import to_document
from signalbox.domain.gates import GateStatus, Verdict
from signalbox.domain.recorded import Recorded
from typer.testing import CliRunner

from cli.documents import KINDS, LARGEST, fault_in, fitting, kind_of, line_of, schema_of
from cli.main import app
from sandbox.team import people_document
from tests.fakes import NOW
from tests.unit.policies.cases import a_gate, says

ROOT = Path(__file__).parents[3]
RUNNER = CliRunner()
GOOD = """{
  "contract": 2,
  "groups": {
    "sre": ["U0ADA00001"]
  },
  "approvers": ["sre"]
}
"""


def in_a_file(folder: Path, text: str) -> str:
    file = folder / "policy.json"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.case(11)
@pytest.mark.parametrize("who", ["ada", "@ada", "ada@example.com", "Ada Lovelace", "u0ada"])
def test_an_approver_by_name_or_address_is_refused_with_its_line(who: str) -> None:
    fault = fault_in(GOOD.replace("U0ADA00001", who), "policy", "p.json")
    assert fault.startswith("p.json:4: groups.sre.0: write the Slack user id")


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (('"contract": 2', '"contract": 3'), 2, "contract"),
        (('"approvers": ["sre"]', '"approvers": ["ops"]'), 1, "not among groups"),
        (('"approvers": ["sre"]', '"approvals": 2, "approvers": ["sre"]'), 1, "of 1 people"),
        (('"approvers": ["sre"]', '"aprovers": ["sre"]'), 6, "Extra inputs"),
        (('"approvers": ["sre"]', '"expiresAfter": "a day"'), 6, "45s, 30m, 24h or 7d"),
        (('"approvers": ["sre"]', '"checks": {"soak": {"for": "0s"}}'), 6, "duration"),
        (('"approvers": ["sre"]', '"stages": {"A": {"approvals": 0}}'), 6, "approvals"),
        (('"approvers": ["sre"]', '"stages": {"A": {"holds": []}}'), 6, "at the top"),
        (('"approvers": ["sre"]', '"hotfix": {"approvals": 1}'), 6, "write 2 or more"),
        (('"approvers": ["sre"]', '"approvers": ["sre"'), 7, "no JSON"),
    ],
)
def test_a_fault_names_its_line_and_the_reason(
    change: tuple[str, str], line: int, words: str
) -> None:
    fault = fault_in(GOOD.replace(*change), "policy", "p.json")
    assert fault.startswith(f"p.json:{line}: "), fault
    assert words in fault


def test_a_line_is_found_for_every_value_whatever_is_around_it() -> None:
    text = '\n{"a" :[1, {"b\\"}":\n"x{[,"} ,\n\ntrue],\n "c": {}\n}'
    lines = {"a.0": 2, "a.1": 2, 'a.1.b"}': 3, "a.2": 5, "c": 6, "c.gone": 6, "": 2}
    assert {field: line_of(text, field) for field in lines} == lines


def test_a_document_is_known_by_its_fields() -> None:
    assert kind_of(GOOD) == "policy"
    assert kind_of(people_document()) == "people"
    assert kind_of('{"contract": 1, "waivers": []}') == "waivers"
    assert kind_of('{"contract": 1, "channel": "#x"}') == "routes"


def test_what_does_not_fit_is_written_without_blanks_or_refused_by_how_much() -> None:
    blanks = GOOD + " " * LARGEST
    assert fitting(GOOD) == (GOOD, False)
    short, shortened = fitting(blanks)
    assert shortened
    assert json.loads(short) == json.loads(GOOD)
    with pytest.raises(Exception, match=r"this is [0-9]+ longer"):
        fitting(json.dumps({"contract": 2, "x": "y" * LARGEST}))


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_schemas_for_editors_are_current(kind: str) -> None:
    file = ROOT / "docs" / "reference" / f"{kind}.schema.json"
    assert json.loads(file.read_text(encoding="utf-8")) == schema_of(kind)


def test_the_documents_that_the_how_to_shows_are_good_ones() -> None:
    page = (ROOT / "docs" / "how-to" / "write-a-policy.md").read_text(encoding="utf-8")
    shown = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert [kind_of(text) for text in shown] == ["people", "policy", "policy", "waivers"]
    assert [fault_in(text, kind_of(text), "page") for text in shown] == [""] * 4


def test_validate_says_which_is_good_and_fails_for_one_that_is_not(tmp_path: Path) -> None:
    good = in_a_file(tmp_path, GOOD)
    done = RUNNER.invoke(app, ["policy", "validate", good])
    assert done.exit_code == 0, done.output
    assert "a good policy document" in done.output
    bad = tmp_path / "bad.json"
    bad.write_text("{", encoding="utf-8")
    done = RUNNER.invoke(app, ["policy", "validate", good, str(bad)])
    assert done.exit_code == 1
    assert "bad.json:1: no JSON" in done.output


@pytest.mark.parametrize("options", [[], ["--default", "--people"]])
def test_put_wants_to_know_which_document_it_is(tmp_path: Path, options: list[str]) -> None:
    done = RUNNER.invoke(app, ["policy", "put", in_a_file(tmp_path, GOOD), *options])
    assert done.exit_code == 1
    assert "say which" in done.output


def test_put_writes_nothing_of_a_bad_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.session.get_session", lambda: pytest.fail("AWS was asked"))
    bad = in_a_file(tmp_path, GOOD.replace("U0ADA00001", "ada"))
    done = RUNNER.invoke(app, ["policy", "put", bad, "--pipeline", "hello"])
    assert done.exit_code == 1
    assert "policy.json:4" in done.output


class WrittenTo:
    """SSM and CloudFormation that remember what was written."""

    def __init__(self) -> None:
        self.written: dict[str, Any] = {}

    def create_client(self, name: str, **_: Any) -> Any:
        return self

    def describe_stacks(self, **_: Any) -> Any:
        output = {"OutputKey": "ParameterPrefix", "OutputValue": "/signalbox/x"}
        return {"Stacks": [{"Outputs": [output]}]}

    def put_parameter(self, **asked: Any) -> None:
        self.written = asked


@pytest.mark.parametrize(
    ("option", "name"),
    [(["--pipeline", "hello"], "policy/hello"), (["--default"], "policy/default")],
)
def test_put_writes_a_good_document_where_it_belongs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: list[str], name: str
) -> None:
    aws = WrittenTo()
    monkeypatch.setattr("botocore.session.get_session", lambda: aws)
    done = RUNNER.invoke(app, ["policy", "put", in_a_file(tmp_path, GOOD), *option])
    assert done.exit_code == 0, done.output
    assert aws.written["Name"] == f"/signalbox/x/{name}"
    assert json.loads(aws.written["Value"]) == json.loads(GOOD)
    assert aws.written["Overwrite"] is True


def test_a_policy_is_tried_on_what_was_recorded(tmp_path: Path) -> None:
    gate = replace(
        a_gate(None, says("grace"), says("ada"), recorded=Recorded(at=NOW)),
        status=GateStatus.SETTLED,
        verdict=Verdict.APPROVED,
        decided_at=NOW,
    )
    recorded, people = tmp_path / "gates.json", tmp_path / "people.json"
    recorded.write_text(json.dumps([to_document(gate)]), encoding="utf-8")
    team = {"ada": ["U0ADA"], "grace": ["U0GRACE"], "linus": ["U0LINUS"]}
    named = {name: {"slack": ids, "emails": [f"{name}@example.com"]} for name, ids in team.items()}
    people.write_text(json.dumps({"contract": 1, "people": named}), encoding="utf-8")
    options = ["--recorded", str(recorded), "--people", str(people)]
    same = RUNNER.invoke(app, ["policy", "test", _rules(tmp_path, approvals=1), *options])
    assert same.exit_code == 0, same.output
    assert "= aaaaaaa at Approval" in same.output
    assert "was APPROVED, would APPROVED" in same.output
    stricter = RUNNER.invoke(app, ["policy", "test", _rules(tmp_path, approvals=2), *options])
    assert "≠ aaaaaaa" in stricter.output
    assert "1 of 2 approvals" in stricter.output
    assert "ada's vote would not count: own change" in stricter.output


def _rules(folder: Path, **rules: Any) -> str:
    return in_a_file(folder, json.dumps({"contract": 2, **rules}))
