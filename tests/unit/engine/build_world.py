"""A world for builds without MiniStack: artifacts in memory, real commands in a scratch folder."""

import io
import json
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.engine.builds.handovers import Handover, Handovers
from sandbox.engine.builds.record import Build
from sandbox.engine.builds.reports import ReportStore
from sandbox.engine.builds.service import BuildService
from sandbox.engine.builds.world import BuildWorld
from sandbox.engine.executions import ArtifactLocation
from sandbox.engine.repositories import Repositories
from tests.unit.engine.engine_world import KeptEvents, SetClock

ROLE = "arn:aws:iam::123456789012:role/build"
SOURCE = ArtifactLocation(name="SourceArtifact", bucket="b", key="hello/SourceArti/aaaaaaa")
OUTPUT = ArtifactLocation(name="BuildArtifact", bucket="b", key="hello/BuildArtif/bbbbbbb")


@dataclass
class Stored:
    """S3 and CloudWatch Logs in memory."""

    objects: dict[str, bytes] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    exceptions: Any = None

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": io.BytesIO(self.objects[f"{Bucket}/{Key}"])}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self.objects[f"{Bucket}/{Key}"] = Body

    def create_log_stream(self, **_: str) -> None:
        """The stream is the list."""

    def put_log_events(self, *, logEvents: list[dict[str, Any]], **_: str) -> None:  # noqa: N803
        self.lines += [event["message"].rstrip("\n") for event in logEvents]


class BuildScene:
    """A project called `hello` that a pipeline builds."""

    def __init__(self, scratch: Path, denied: str = "", **environment: Any) -> None:
        self.stored, self.kept, self.handovers = Stored(), KeptEvents(), Handovers()
        self.scratch = scratch
        (scratch / "repositories").mkdir()
        self.service = BuildService(
            world=BuildWorld(
                clock=SetClock(),
                emit=self.kept,
                clients=lambda _, **__: self.stored,
                environment_of=lambda role, _: {"AWS_ACCESS_KEY_ID": f"of {role}"},
                denied=lambda _, action, __: f"no {action}" if action == denied else None,
                repositories=Repositories(scratch / "repositories"),
                reports=ReportStore(),
                scratch=scratch / "builds",
                interpreter=Path(sys.executable).parent,
            ),
            handovers=self.handovers,
        )
        self.service.put_project(
            {
                "name": "hello",
                "serviceRole": ROLE,
                "source": {"type": "CODEPIPELINE", "buildspec": "buildspec.yml"},
                "artifacts": {"type": "CODEPIPELINE"},
                "environment": {
                    "type": "ARM_CONTAINER",
                    "image": "aws/codebuild/amazonlinux-aarch64-standard:3.0",
                    "computeType": "BUILD_GENERAL1_SMALL",
                    "environmentVariables": [{"name": "FROM_PROJECT", "value": "project"}],
                    **environment,
                },
            },
            new=True,
        )

    def begin(self, files: dict[str, str]) -> Build:
        """Start a build of these files."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
        return self.begin_with(buffer.getvalue())

    def begin_with(self, source: bytes) -> Build:
        self.stored.objects[f"{SOURCE.bucket}/{SOURCE.key}"] = source
        self.handovers.put("t", Handover(pipeline="hello", source=SOURCE, outputs=(OUTPUT,)))
        return self.service.start({"projectName": "hello", "idempotencyToken": "t"}, "me")

    def build(self, buildspec: str, **files: str) -> Build:
        """Build to the end."""
        build = self.begin({"buildspec.yml": buildspec, **files})
        self.wait(build)
        return build

    def wait(self, build: Build, seconds: float = 30) -> None:
        self.service._builders[build.id].join(seconds)
        assert build.complete

    def clone_reference(self, commit: str) -> bytes:
        return json.dumps(
            {
                "format": "CODEBUILD_CLONE_REF",
                "connectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/c",
                "repository": "example/hello",
                "branch": "main",
                "commit": commit,
            }
        ).encode()

    def output(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(self.stored.objects[f"{OUTPUT.bucket}/{OUTPUT.key}"]))


def statuses(build: Build) -> dict[str, str | None]:
    return {phase.type: phase.status for phase in build.phases}
