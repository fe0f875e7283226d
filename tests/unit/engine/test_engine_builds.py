"""Builds really run: a tiny buildspec, real commands, in a scratch folder."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from sandbox.engine.refusals import Refusal
from tests.unit.engine.build_world import BuildScene, statuses

TINY = """
version: 0.2
env:
  variables: {GREETING: hello}
  exported-variables: [RESULT]
phases:
  install:
    commands: ["mkdir -p out && cd out"]
  build:
    commands:
      - export RESULT="$GREETING from $(basename "$PWD"), $FROM_PROJECT"
      - echo "$RESULT" > said.txt
artifacts:
  files: ["**/*"]
  base-directory: out
"""


@pytest.fixture
def scene(tmp_path: Path) -> BuildScene:
    return BuildScene(tmp_path)


def test_directory_and_variables_outlive_a_command_and_a_phase(scene: BuildScene) -> None:
    build = scene.build(TINY)
    assert build.status == "SUCCEEDED"
    assert scene.output().read("said.txt") == b"hello from out, project\n"
    assert build.exported == {"RESULT": "hello from out, project"}


def test_the_same_files_make_the_same_zip(tmp_path: Path) -> None:
    zips = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        scene = BuildScene(tmp_path / name)
        scene.build(TINY)
        zips.append(scene.stored.objects["b/hello/BuildArtif/bbbbbbb"])
    assert zips[0] == zips[1]


def test_nothing_of_the_callers_environment_is_seen(
    scene: BuildScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "x")
    scene.build(
        "version: 0.2\nphases: {build: {commands: ['env']}}\nartifacts: {files: [buildspec.yml]}"
    )
    text = "\n".join(scene.stored.lines)
    assert "SECRET_OF_THE_HOST" not in text
    assert f"HOME={os.environ['HOME']}\n" not in text
    assert "AWS_ACCESS_KEY_ID=of arn:aws:iam::123456789012:role/build" in text
    assert "CODEBUILD_INITIATOR=codepipeline/hello" in text


def test_a_failed_build_still_runs_post_build_and_delivers_reports(scene: BuildScene) -> None:
    build = scene.build(
        """
version: 0.2
phases:
  build:
    commands:
      - cp given.xml junit.xml
      - "exit 3"
      - echo never
    finally: ["echo finally ran"]
  post_build:
    commands: ["echo succeeding=$CODEBUILD_BUILD_SUCCEEDING"]
reports: {tests: {files: [junit.xml]}}
artifacts: {files: [junit.xml]}
""",
        **{
            "given.xml": '<testsuite><testcase classname="t" name="good" time="0.5"/>'
            '<testcase classname="t" name="bad"><failure message="no"/></testcase></testsuite>'
        },
    )
    assert build.status == "FAILED"
    phase = build.failed_phase()
    assert phase is not None
    assert phase.context == (
        "COMMAND_EXECUTION_ERROR: Error while executing command: exit 3. Reason: exit status 3"
    )
    assert "finally ran" in scene.stored.lines
    assert "succeeding=0" in scene.stored.lines
    assert "never" not in scene.stored.lines
    (arn,) = build.report_arns
    view = scene.service.reports.reports[arn].view()
    assert view["testSummary"]["statusCounts"]["FAILED"] == 1
    assert view["reportGroupArn"].endswith(":report-group/hello-tests")
    assert list(scene.stored.objects) == ["b/hello/SourceArti/aaaaaaa"]


def test_a_failed_install_runs_no_further_phase(scene: BuildScene) -> None:
    build = scene.build(
        "version: 0.2\nphases: {install: {commands: ['false']}, build: {commands: ['echo x']}}"
    )
    assert "BUILD" not in statuses(build)
    assert statuses(build)["INSTALL"] == "FAILED"


def test_a_stopped_build_leaves_no_process(scene: BuildScene) -> None:
    build = scene.begin(
        {
            "buildspec.yml": "version: 0.2\nphases: {build: {commands: "
            "['echo $$ > $CODEBUILD_SRC_DIR/../../pid; sleep 600']}}"
        }
    )
    noted = scene.scratch / "builds" / "pid"
    deadline = time.monotonic() + 20
    while not (noted.exists() and noted.read_text().strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    scene.service.stop(build.id)
    scene.wait(build)
    assert build.status == "STOPPED"
    with pytest.raises(ProcessLookupError):
        os.killpg(int(noted.read_text()), 0)
    assert not [path for path in (scene.scratch / "builds").iterdir() if path.is_dir()]


@pytest.mark.parametrize(
    ("buildspec", "said"),
    [
        ("version: 0.2\nphases: {build: {commands: ['docker build .']}}", "no containers"),
        ("version: 0.2\nbatch: {}\nphases: {build: {commands: [x]}}", "batch builds"),
        ("version: 0.1\nphases: {build: {commands: [x]}}", "use 0.2"),
        ("version: 0.2\nphase: {}", "unknown key in the buildspec: phase"),
        ("version: 0.2\nphases: {build: {commands: [{a: b}]}}", "strings only"),
        ("version: 0.2\nphases: [", "YAML is not valid"),
    ],
)
def test_a_buildspec_that_cannot_run_says_why(scene: BuildScene, buildspec: str, said: str) -> None:
    build = scene.build(buildspec)
    phase = build.failed_phase()
    assert phase is not None
    assert phase.type == "DOWNLOAD_SOURCE"
    assert said in phase.message


def test_privileged_mode_and_own_images_are_refused(tmp_path: Path) -> None:
    for name, changes in (("a", {"privilegedMode": True}), ("b", {"image": "python:3.13"})):
        (tmp_path / name).mkdir()
        build = BuildScene(tmp_path / name, **changes).build(TINY)
        phase = build.failed_phase()
        assert phase is not None
        assert phase.type == "PROVISIONING"
        assert "container" in phase.message


@pytest.mark.parametrize(
    ("right", "phase"),
    [
        ("logs:PutLogEvents", "PROVISIONING"),
        ("codebuild:CreateReport", "UPLOAD_ARTIFACTS"),
    ],
)
def test_a_role_without_a_right_fails_the_phase_that_needs_it(
    tmp_path: Path, right: str, phase: str
) -> None:
    build = BuildScene(tmp_path, denied=right).build(
        "version: 0.2\nphases: {build: {commands: ['echo \"<a/>\" > j.xml']}}\n"
        "reports: {tests: {files: [j.xml]}}\nartifacts: {files: [j.xml]}"
    )
    failed = build.failed_phase()
    assert failed is not None
    assert (failed.type, failed.code) == (phase, "ACCESS_DENIED")


def test_a_clone_reference_becomes_a_full_clone(scene: BuildScene) -> None:
    bare, clone = scene.scratch / "repositories" / "hello.git", scene.scratch / "clone"
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", bare], check=True)
    subprocess.run(["git", "clone", "-q", bare, clone], check=True, capture_output=True)
    spec = (
        "version: 0.2\nphases: {build: {commands: ['git log --format=%s > log.txt']}}\n"
        "artifacts: {files: [log.txt]}"
    )
    (clone / "buildspec.yml").write_text(spec)
    for message in ("one", "two"):
        subprocess.run(["git", "-C", clone, "add", "."], check=True)
        subprocess.run(
            ["git", "-C", clone, *who, "commit", "-q", "--allow-empty", "-m", message], check=True
        )
    subprocess.run(["git", "-C", clone, "push", "-q", "origin", "HEAD:main"], check=True)
    head = subprocess.run(
        ["git", "-C", clone, "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    build = scene.begin_with(scene.clone_reference(head))
    scene.wait(build)
    assert build.status == "SUCCEEDED", build.failed_phase()
    assert scene.output().read("log.txt") == b"two\none\n"
    assert build.resolved_version == head


def test_a_pipelines_project_is_not_started_by_hand(scene: BuildScene) -> None:
    with pytest.raises(Refusal, match="InvalidInputException"):
        scene.service.start({"projectName": "hello"}, "me")


def test_events_tell_each_phase_and_the_end(scene: BuildScene) -> None:
    scene.build(TINY)
    states = [e for e in scene.kept.events if e["detail-type"] == "CodeBuild Build State Change"]
    assert [e["detail"]["build-status"] for e in states] == ["IN_PROGRESS", "SUCCEEDED"]
    last = states[-1]["detail"]
    assert last["current-phase"] == "COMPLETED"
    assert last["current-phase-context"] == "[]"
    assert last["additional-information"]["build-start-time"] == "Nov 22, 2026 12:00:00 PM"
    completed = [
        e["detail"]["completed-phase"]
        for e in scene.kept.events
        if e["detail-type"] == "CodeBuild Build Phase Change"
    ]
    assert completed == [
        "SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD",
        "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING",
    ]  # fmt: skip
