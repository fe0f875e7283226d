"""The environment of a build's commands: clean, and nothing of the sandbox's own.

Names: CodeBuild user guide, "Environment variables in build environments".
"""

from collections.abc import Mapping
from pathlib import Path

from sandbox.engine.builds.buildspec import Buildspec
from sandbox.engine.builds.record import Build
from sandbox.engine.builds.world import BuildWorld


def build_environment(
    world: BuildWorld, build: Build, spec: Buildspec, *, source: Path, home: Path
) -> dict[str, str]:
    """Everything that the first command sees."""
    role = build.project["serviceRole"]
    system = f"{world.interpreter}:/usr/local/bin:/usr/bin:/bin"
    fixed = {
        "PATH": system,
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "LANG": "C.UTF-8",
        "SHELL": "/bin/bash",
        "CI": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "CODEBUILD_BUILD_ID": build.id,
        "CODEBUILD_BUILD_ARN": build.arn,
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_BUILD_IMAGE": build.project["environment"]["image"],
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_INITIATOR": build.initiator,
        "CODEBUILD_LOG_PATH": build.log_stream,
        "CODEBUILD_RESOLVED_SOURCE_VERSION": build.resolved_version,
        "CODEBUILD_SOURCE_VERSION": build.source_version,
        "CODEBUILD_SRC_DIR": str(source),
        "CODEBUILD_START_TIME": str(int(build.started.timestamp() * 1000)),
        "CODEBUILD_KMS_KEY_ID": build.project.get("encryptionKey", ""),
    }
    return {
        **fixed,
        **world.environment_of(role, build.id),
        **spec.variables,
        **_fetched(world, build, spec),
        **_declared(world, build),
    }


def _declared(world: BuildWorld, build: Build) -> dict[str, str]:
    values = {}
    for each in build.environment:
        kind = each.get("type", "PLAINTEXT")
        values[each["name"]] = _value(world, build, kind, each["value"])
    return values


def _fetched(world: BuildWorld, build: Build, spec: Buildspec) -> Mapping[str, str]:
    named = [("PARAMETER_STORE", spec.parameters), ("SECRETS_MANAGER", spec.secrets)]
    return {
        name: _value(world, build, kind, reference)
        for kind, entries in named
        for name, reference in entries.items()
    }


def _value(world: BuildWorld, build: Build, kind: str, reference: str) -> str:
    role = build.project["serviceRole"]
    if kind == "PARAMETER_STORE":
        parameters = world.clients("ssm", role_arn=role, session=build.id)
        found = parameters.get_parameter(Name=reference, WithDecryption=True)
        return str(found["Parameter"]["Value"])
    if kind == "SECRETS_MANAGER":
        secrets = world.clients("secretsmanager", role_arn=role, session=build.id)
        return str(secrets.get_secret_value(SecretId=reference)["SecretString"])
    return reference
