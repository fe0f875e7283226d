"""A build's source: the artifact's files, or a full clone where the artifact is a reference."""

import io
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

from sandbox.engine.actions.source import CLONE_REFERENCE
from sandbox.engine.builds.record import Build
from sandbox.engine.builds.world import BuildWorld
from sandbox.engine.connections import use_rights
from sandbox.engine.naming import ACCOUNT, REGION
from sandbox.engine.repositories import RepositoryMissing


class SourceUnavailable(Exception):  # noqa: N818 - a fact that the phase context reports
    """The source cannot be fetched."""


def fetch_source(world: BuildWorld, build: Build, folder: Path) -> str:
    """Put the build's source into the folder; returns the resolved commit, empty for a plain zip.

    Raises SourceUnavailable.
    """
    if build.handover is None:
        raise SourceUnavailable(
            "this sandbox builds for a pipeline's CodeBuild action only: start the pipeline"
        )
    source = build.handover.source
    store = world.clients("s3", role_arn=build.project["serviceRole"], session=build.id)
    body: bytes = store.get_object(Bucket=source.bucket, Key=source.key)["Body"].read()
    reference = _reference(body)
    if reference is None:
        try:
            zipfile.ZipFile(io.BytesIO(body)).extractall(folder)
        except zipfile.BadZipFile as bad:
            raise SourceUnavailable(f"the source artifact is not a zip: {bad}") from bad
        return ""
    _require_right(world, build, reference)
    return _clone(world, reference, folder)


def _reference(body: bytes) -> dict[str, Any] | None:
    try:
        read = json.loads(body)
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    return read if isinstance(read, dict) and read.get("format") == CLONE_REFERENCE else None


def _require_right(world: BuildWorld, build: Build, reference: dict[str, Any]) -> None:
    role = build.project["serviceRole"]
    if reference["connectionArn"]:
        arn, rights = reference["connectionArn"], use_rights()
    else:
        name = reference["repository"]
        arn, rights = f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{name}", ("codecommit:GitPull",)
    refusals = [world.denied(role, right, arn) for right in rights]
    if all(refusals):
        raise SourceUnavailable(f"authorization failed: {refusals[0]}")


def _clone(world: BuildWorld, reference: dict[str, Any], folder: Path) -> str:
    commit: str = reference["commit"]
    try:
        origin = world.repositories.path(reference["repository"])
    except RepositoryMissing as missing:
        raise SourceUnavailable(str(missing)) from missing
    commands = (
        ["clone", "--quiet", "--no-hardlinks", str(origin), str(folder)],
        ["-C", str(folder), "checkout", "--quiet", "--detach", commit],
    )
    for command in commands:
        done = subprocess.run(["git", *command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SourceUnavailable(f"git clone failed: {done.stderr.strip()}")
    return commit
