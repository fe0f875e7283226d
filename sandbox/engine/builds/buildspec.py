"""The buildspec: which commands run in which phase, what comes out.

Source: CodeBuild user guide, "Build specification reference", version 0.2. What this sandbox does
not do is refused, never passed over: batch builds and commands that need a container.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
_NEEDS_A_CONTAINER = re.compile(r"(?:^|[;&|]\s*|\bsudo\s+)(docker|podman|buildctl|finch)\b")
_TOP_LEVEL = frozenset(
    {"version", "run-as", "env", "proxy", "batch", "phases", "reports", "artifacts", "cache"}
)


class BuildspecInvalid(Exception):  # noqa: N818 - a fact about the file, reported in a phase context
    """The buildspec cannot be run; `code` is the phase context's."""

    def __init__(self, message: str, code: str = "YAML_FILE_ERROR") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Which files to take for artifacts or reports."""

    patterns: tuple[str, ...]
    base_directory: str = "."
    discard_paths: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportGroupFiles:
    """A `reports` entry: the group's name or ARN, its format and files."""

    group: str
    format: str
    files: Files


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseCommands:
    """The commands of one phase; `last` run whatever happened (`finally`)."""

    commands: tuple[str, ...] = ()
    last: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Buildspec:
    """A buildspec that this sandbox can run."""

    phases: Mapping[str, PhaseCommands]
    variables: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    exported: tuple[str, ...] = ()
    artifacts: Files | None = None
    secondary_artifacts: Mapping[str, Files] = field(default_factory=dict)
    reports: tuple[ReportGroupFiles, ...] = ()


def read_buildspec(text: str) -> Buildspec:
    """Read a buildspec; raises BuildspecInvalid with AWS's code and a sentence."""
    try:
        raw = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildspecInvalid(f"YAML is not valid: {error}") from error
    if not isinstance(raw, dict):
        raise BuildspecInvalid("wrong type in the buildspec: expected a mapping")
    unknown = sorted(str(key) for key in set(raw) - _TOP_LEVEL)
    if unknown:
        raise BuildspecInvalid(f"unknown key in the buildspec: {unknown[0]}")
    if str(raw.get("version")) != "0.2":
        raise BuildspecInvalid(f"version {raw.get('version')} is not supported: use 0.2")
    if "batch" in raw:
        raise BuildspecInvalid("batch builds are not in this sandbox yet", "CLIENT_ERROR")
    env = _mapping(raw.get("env"), "env")
    artifacts = _mapping(raw.get("artifacts"), "artifacts")
    return Buildspec(
        phases=_phases(_mapping(raw.get("phases"), "phases")),
        variables=_texts(env.get("variables"), "env.variables"),
        parameters=_texts(env.get("parameter-store"), "env.parameter-store"),
        secrets=_texts(env.get("secrets-manager"), "env.secrets-manager"),
        exported=_strings(env.get("exported-variables"), "env.exported-variables"),
        artifacts=_files(artifacts, "artifacts") if artifacts.get("files") else None,
        secondary_artifacts={
            str(name): _files(_mapping(entry, str(name)), f"secondary-artifacts.{name}")
            for name, entry in _mapping(
                artifacts.get("secondary-artifacts"), "secondary-artifacts"
            ).items()
        },
        reports=tuple(
            ReportGroupFiles(
                group=str(name),
                format=str(_mapping(entry, str(name)).get("file-format", "JUNITXML")).upper(),
                files=_files(_mapping(entry, str(name)), f"reports.{name}"),
            )
            for name, entry in _mapping(raw.get("reports"), "reports").items()
        ),
    )


def _phases(raw: Mapping[str, Any]) -> dict[str, PhaseCommands]:
    unknown = sorted(set(raw) - set(PHASES))
    if unknown:
        raise BuildspecInvalid(f"unknown phase: {unknown[0]}")
    if not raw:
        raise BuildspecInvalid("phases are missing in the buildspec")
    read = {}
    for name, entry in raw.items():
        phase = _mapping(entry, name)
        commands = _strings(phase.get("commands"), f"phases.{name}.commands")
        last = _strings(phase.get("finally"), f"phases.{name}.finally")
        _refuse_containers(name, commands + last)
        read[name] = PhaseCommands(commands=commands, last=last)
    return read


def _refuse_containers(phase: str, commands: Sequence[str]) -> None:
    for command in commands:
        found = _NEEDS_A_CONTAINER.search(command)
        if found:
            raise BuildspecInvalid(
                f"phase {phase} calls {found.group(1)}: this sandbox has no containers",
                "CLIENT_ERROR",
            )


def _files(raw: Mapping[str, Any], where: str) -> Files:
    patterns = _strings(raw.get("files"), f"{where}.files")
    if not patterns:
        raise BuildspecInvalid(f"{where}.files is missing")
    return Files(
        patterns=patterns,
        base_directory=str(raw.get("base-directory", ".")),
        discard_paths=str(raw.get("discard-paths", "no")).lower() in ("yes", "true"),
    )


def _mapping(raw: Any, where: str) -> Mapping[str, Any]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise BuildspecInvalid(f"wrong type in the buildspec: {where} must be a mapping")
    return raw


def _texts(raw: Any, where: str) -> dict[str, str]:
    return {str(name): str(value) for name, value in _mapping(raw, where).items()}


def _strings(raw: Any, where: str) -> tuple[str, ...]:
    if raw is None:
        return ()
    entries = raw if isinstance(raw, list) else [raw]
    if any(isinstance(entry, dict | list) or entry is None for entry in entries):
        raise BuildspecInvalid(f"wrong type in the buildspec: {where} must hold strings only")
    return tuple(str(entry) for entry in entries)
