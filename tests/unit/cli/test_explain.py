from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from signalbox import __version__
from typer.testing import CliRunner

from cli.main import app
from tests.unit.events.samples import FILES, SAMPLES

RUNNER = CliRunner()


def explain(*files: Path | str, stdin: str = "") -> tuple[int, list[dict[str, Any]]]:
    result = RUNNER.invoke(app, ["explain", *map(str, files)], input=stdin)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_each_file_gets_one_line_and_all_readable_ones_exit_0() -> None:
    status, lines = explain(*FILES)
    assert status == 0
    assert [line["file"] for line in lines] == [str(file) for file in FILES]
    assert all(line["kind"] and line["facts"] and line["would"] for line in lines)


@pytest.mark.parametrize(
    ("name", "kind", "would"),
    [
        ("codepipeline_action_approval_started", "codepipeline.action", "Start the approval"),
        ("codepipeline_pipeline_started", "codepipeline.pipeline", "post the release's message"),
        ("codepipeline_action_build_failed", "codepipeline.action", "say why"),
        ("cloudwatch_alarm_raised", "cloudwatch.alarm", "Start a rollback if"),
        ("cloudwatch_alarm_cleared", "cloudwatch.alarm", "Record only"),
        ("ecr_image_pushed", "ecr.image_action", "Nothing"),
    ],
)
def test_it_says_what_it_takes_an_event_for_and_what_it_would_do(
    name: str, kind: str, would: str
) -> None:
    _, (line,) = explain(SAMPLES / f"{name}.json")
    assert line["kind"] == kind
    assert would in line["would"]


def test_a_file_of_several_events_names_each_kind_once() -> None:
    _, (line,) = explain(SAMPLES / "sqs_inbox_batch.json")
    assert line["kind"] == "codepipeline.stage, codepipeline.action, cloudwatch.alarm"
    assert [fact["fact"] for fact in line["facts"]] == [
        "StageChanged",
        "ActionChanged",
        "AlarmChanged",
    ]


def test_an_unreadable_file_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"a": ')
    good = SAMPLES / "codepipeline_stage_failed.json"
    status, (bad, fine) = explain(broken, good)
    assert status == 1
    assert bad == {"file": str(broken), "error": "the event is not JSON (line 1, column 7)"}
    assert fine["kind"] == "codepipeline.stage"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe\x00", "the file is not text in UTF-8"),
        (b"", "the event is not JSON (line 1, column 1)"),
        (b"[]", "the event is an empty list"),
        (b'{"source": "aws.ecs", "detail-type": "Tea"}', "aws.ecs: detail-type: 'Tea' is not"),
        (None, "the file cannot be read: No such file or directory"),
    ],
)
def test_each_reason_is_one_clear_sentence(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "event.json"
    if content is not None:
        file.write_bytes(content)
    status, (line,) = explain(file)
    assert status == 1
    assert line["error"].startswith(reason)


def test_a_dash_reads_standard_input() -> None:
    sample = (SAMPLES / "codepipeline_stage_failed.json").read_text()
    status, (line,) = explain("-", stdin="\ufeff" + sample)
    assert (status, line["kind"]) == (0, "codepipeline.stage")


def test_the_version_is_said() -> None:
    result = RUNNER.invoke(app, ["--version"])
    assert result.stdout == f"signalbox {__version__}\n"
