"""`signalbox policy test` and `signalbox policy show`, as they are called."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from signalbox.adapters.dynamodb_documents import to_document
from signalbox.adapters.dynamodb_items import to_attributes
from signalbox.domain.gates import Gate, GateStatus, Verdict
from signalbox.domain.recorded import Recorded
from typer.testing import CliRunner

from cli.main import app
from tests.fakes import NOW, PIPELINE, release_id
from tests.gate_world import EVERYBODY
from tests.unit.cli.answering_clients import AnsweringClients, denied
from tests.unit.policies.cases import a_gate, says

RUNNER = CliRunner()
FULL = Recorded(at=NOW, asked=("coverage", "noHold"), coverage=91.0)


def gate(recorded: Recorded | None) -> Gate:
    """A gate that Grace has approved."""
    found = a_gate(None, says("grace"), recorded=recorded)
    ended = {"status": GateStatus.SETTLED, "verdict": Verdict.APPROVED, "decided_at": NOW}
    return replace(found, **ended)


PEOPLE = {
    "contract": 1,
    "people": {
        one.id: {"slack": sorted(one.slack), "emails": sorted(one.emails)}
        for one in EVERYBODY.people
    },
}
OUTPUTS = {
    "ParameterPrefix": "/signalbox/signalbox",
    "AuditTableName": "audit",
    "AnchorBucketName": "anchors",
    "LedgerTableName": "ledger",
}
FIRST, SECOND = release_id("e-1"), release_id("e-2")
RULES_OF_COVERAGE = {"contract": 2, "checks": {"coverage": {"atLeast": 95}}}


def written(folder: Path, name: str, document: Any) -> str:
    file = folder / name
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


def aws(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> AnsweringClients:
    """A control plane whose ledger has a gate of each of two releases."""
    gates = {
        "g1": replace(gate(FULL), id="g1", release=FIRST),
        "g2": replace(gate(None), id="g2", release=SECOND),
    }

    def query(asked: dict[str, Any]) -> dict[str, Any]:
        subject = json.loads(asked["body"])["ExpressionAttributeValues"][":pk"]["S"]
        if subject.startswith("release#"):
            (one,) = (one for one in gates.values() if subject == f"release#{one.release.key}")
            items = [{"pk": subject, "sk": "gate#a", "gate_id": one.id}]
        else:
            one = gates[subject.removeprefix("gate#")]
            document = to_document(one)
            votes = document.pop("votes")
            items = [{"pk": subject, "sk": "gate", **document}]
            items += [{"pk": subject, "sk": f"vote#{n}", **vote} for n, vote in enumerate(votes)]
        return {"Items": [to_attributes(item) for item in items]}

    laid: dict[str, Any] = {
        "cloudformation:DescribeStacks": {
            "Stacks": [
                {
                    "StackName": "signalbox",
                    "CreationTime": NOW,
                    "StackStatus": "CREATE_COMPLETE",
                    "Outputs": [
                        {"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()
                    ],
                }
            ]
        },
        "codepipeline:ListPipelineExecutions": {
            "pipelineExecutionSummaries": [
                {"pipelineExecutionId": one.execution} for one in (SECOND, FIRST)
            ]
        },
        "sts:GetCallerIdentity": {"Account": PIPELINE.account},
        "ssm:GetParameter": {"Parameter": {"Value": json.dumps(PEOPLE)}},
        "dynamodb:Query": query,
    }
    clients = AnsweringClients(laid | answers)
    monkeypatch.setattr("botocore.session.get_session", lambda: clients)
    return clients


FROM_LEDGER = ("--from-ledger", "--pipeline", PIPELINE.name)


def test_the_releases_of_a_pipeline_are_read_from_the_ledger_newest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clients = aws(monkeypatch)
    file = written(tmp_path, "p.json", RULES_OF_COVERAGE)
    done = RUNNER.invoke(app, ["policy", "test", file, *FROM_LEDGER])
    assert done.exit_code == 0, done.output
    shown = done.output.splitlines()
    assert [line[0] for line in shown if not line.startswith(" ")] == ["?", "≠"]
    assert "    coverage unknown: not recorded" in shown[: shown.index(shown[-1])]
    assert shown[-1] == "    coverage block: coverage is 91 %, below 95 %"
    assert "coverage block: the build reported no coverage" not in done.output
    assert not [one for one in clients.asked if "Put" in one], "it only reads"


def test_how_many_releases_are_asked_for_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def listed(asked: dict[str, Any]) -> dict[str, Any]:
        seen.append(json.loads(asked["body"])["maxResults"])
        return {"pipelineExecutionSummaries": []}

    aws(monkeypatch, **{"codepipeline:ListPipelineExecutions": listed})
    file = written(tmp_path, "p.json", RULES_OF_COVERAGE)
    done = RUNNER.invoke(app, ["policy", "test", file, *FROM_LEDGER, "--last", "7"])
    assert (done.exit_code, seen) == (0, [7])
    assert done.output == "No gate is recorded there.\n"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("codepipeline:ListPipelineExecutions", "list the executions of hello"),
        ("ssm:GetParameter", "read /signalbox/signalbox/people"),
        ("dynamodb:Query", "Query"),
    ],
)
def test_what_aws_refuses_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, words: str
) -> None:
    aws(monkeypatch, **{call: denied(call)})
    file = written(tmp_path, "p.json", RULES_OF_COVERAGE)
    done = RUNNER.invoke(app, ["policy", "test", file, *FROM_LEDGER])
    assert done.exit_code == 1
    assert words in done.output
    assert "Traceback" not in done.output


def test_what_gate_show_prints_is_tried_as_it_is(tmp_path: Path) -> None:
    people = written(tmp_path, "people.json", PEOPLE)
    one = written(tmp_path, "gate.json", to_document(gate(FULL)))
    file = written(tmp_path, "p.json", RULES_OF_COVERAGE)
    options = ("--recorded", one, "--people", people)
    done = RUNNER.invoke(app, ["policy", "test", file, *options])
    assert done.exit_code == 0, done.output
    assert "coverage block: coverage is 91 %, below 95 %" in done.output


@pytest.mark.parametrize(
    ("recorded", "options", "words"),
    [
        ([7], ["--people"], "holds no gates"),
        ([{"id": "g"}], ["--people"], "holds no gates"),
        ([], ["--people"], "No gate is recorded there."),
        ([], [], "say who is who"),
    ],
)
def test_a_file_that_is_none_is_told(
    tmp_path: Path, recorded: Any, options: list[str], words: str
) -> None:
    people = written(tmp_path, "people.json", PEOPLE)
    file = written(tmp_path, "p.json", RULES_OF_COVERAGE)
    given_files = ["--recorded", written(tmp_path, "gates.json", recorded)]
    given_files += [*options, people] if options else []
    done = RUNNER.invoke(app, ["policy", "test", file, *given_files])
    assert words in done.output


@pytest.mark.parametrize("options", [[], ["--from-ledger"]])
def test_it_wants_to_know_what_to_try_the_policy_on(tmp_path: Path, options: list[str]) -> None:
    file = written(tmp_path, "p.json", RULES_OF_COVERAGE)
    done = RUNNER.invoke(app, ["policy", "test", file, *options])
    assert done.exit_code == 1
    assert "say what to try it on" in done.output


def test_a_policy_that_is_none_is_not_tried(tmp_path: Path) -> None:
    file = written(tmp_path, "p.json", {"contract": 2, "approvals": 0})
    done = RUNNER.invoke(app, ["policy", "test", file, *FROM_LEDGER])
    assert done.exit_code == 1
    assert "approvals" in done.output


# `signalbox policy show`

OWN = {"contract": 2, "approvals": 2}


def parameters(monkeypatch: pytest.MonkeyPatch, **held: Any) -> AnsweringClients:
    def read(asked: dict[str, Any]) -> dict[str, Any]:
        name = json.loads(asked["body"])["Name"].removeprefix("/signalbox/signalbox/")
        if name not in held:
            return {"code": "ParameterNotFound"}
        value = held[name]
        text = value if isinstance(value, str) else json.dumps(value)
        return {"Parameter": {"Value": text}}

    return aws(monkeypatch, **{"ssm:GetParameter": read})


def show(*words: str) -> tuple[int, str]:
    done = RUNNER.invoke(app, ["policy", "show", *words])
    return done.exit_code, done.output


def test_show_prints_a_pipelines_own_policy_and_else_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parameters(monkeypatch, **{"policy/hello": OWN, "policy/default": {"contract": 2}})
    assert show("hello") == (0, f"/signalbox/signalbox/policy/hello\n{json.dumps(OWN)}\n")
    default = (0, '/signalbox/signalbox/policy/default\n{"contract": 2}\n')
    assert show("other") == show() == default


@pytest.mark.parametrize("kind", ["people", "waivers", "routes"])
def test_show_prints_the_other_documents(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    good = {
        "people": PEOPLE,
        "waivers": {"contract": 1, "waivers": []},
        "routes": {"contract": 1, "channel": "#releases"},
    }[kind]
    parameters(monkeypatch, **{kind: good})
    code, output = show(f"--{kind}")
    assert (code, output.splitlines()[0]) == (0, f"/signalbox/signalbox/{kind}")
    assert json.loads(output.splitlines()[1]) == good


def test_show_says_where_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters(monkeypatch)
    assert show("hello") == (
        1,
        "signalbox policy: /signalbox/signalbox/policy/default is not written\n",
    )
    assert show("--waivers")[1].endswith("/signalbox/signalbox/waivers is not written\n")


def test_show_says_what_is_wrong_with_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    weak = {**OWN, "hotfix": {"approvals": 2}}
    parameters(monkeypatch, **{"policy/hello": weak})
    code, output = show("hello")
    assert code == 1
    assert json.dumps(weak) in output
    assert "write 3 or more" in output
    assert "The last good document stays in force" in output


def test_show_says_what_aws_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    aws(monkeypatch, **{"ssm:GetParameter": denied("ssm:GetParameter")})
    code, output = show("hello")
    assert (code, output.count("\n")) == (1, 1)
    assert "AccessDenied" in output
