"""CodeBuild's projects and builds."""

import copy
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.engine.builds.builder import Builder
from sandbox.engine.builds.handovers import Handovers
from sandbox.engine.builds.record import Build
from sandbox.engine.builds.world import BuildWorld
from sandbox.engine.naming import codebuild_arn, new_id
from sandbox.engine.refusals import Refusal

Request = Mapping[str, Any]
_DEFAULT_TIMEOUT_MINUTES = 60
_NOT_HERE = {
    "vpcConfig": "a VPC",
    "fileSystemLocations": "file systems",
    "buildBatchConfig": "batch builds",
}


class BuildService:
    """Keeps projects, starts and stops builds."""

    def __init__(self, *, world: BuildWorld, handovers: Handovers) -> None:
        self._world = world
        self._handovers = handovers
        self._lock = threading.RLock()
        self._projects: dict[str, dict[str, Any]] = {}
        self._builds: dict[str, Build] = {}
        self._builders: dict[str, Builder] = {}
        self._by_token: dict[str, str] = {}
        self.reports = world.reports

    def put_project(self, project: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
        """Create or change a project, given in the API's form."""
        name = project["name"]
        for member, what in _NOT_HERE.items():
            if project.get(member):
                raise Refusal("InvalidInputException", f"{what} are not in this sandbox: {member}")
        with self._lock:
            if new and name in self._projects:
                raise Refusal(
                    "ResourceAlreadyExistsException",
                    f"Project already exists: {codebuild_arn('project', name)}",
                )
            now = self._world.clock.now().timestamp()
            created = self._projects.get(name, {}).get("created", now)
            kept = {
                "timeoutInMinutes": _DEFAULT_TIMEOUT_MINUTES,
                **copy.deepcopy(dict(project)),
                "arn": codebuild_arn("project", name),
                "created": created,
                "lastModified": now,
            }
            self._projects[name] = kept
            return kept

    def delete_project(self, name: str) -> None:
        """Delete a project and its builds."""
        with self._lock:
            self._projects.pop(name, None)

    def projects(self) -> list[dict[str, Any]]:
        """Every project, by name."""
        with self._lock:
            return [self._projects[name] for name in sorted(self._projects)]

    def start(self, request: Request, initiator: str) -> Build:
        """Start a build as StartBuild asks; raises Refusal for no such project."""
        name = request["projectName"]
        token = request.get("idempotencyToken")
        with self._lock:
            project = self._projects.get(name)
            if project is None:
                raise Refusal(
                    "ResourceNotFoundException",
                    f"Project cannot be found: {codebuild_arn('project', name)}",
                )
            if token in self._by_token:
                return self._builds[self._by_token[token]]
            handover = self._handovers.take(token)
            if handover is None and project["source"]["type"] == "CODEPIPELINE":
                raise Refusal(
                    "InvalidInputException",
                    "Invalid project source type: CODEPIPELINE projects are started by a pipeline",
                )
            self._check_overrides(request)
            build = self._build(project, request, initiator)
            if handover is not None:
                build.handover = handover
                build.initiator = f"codepipeline/{handover.pipeline}"
                location = f"{handover.source.bucket}/{handover.source.key}"
                build.source_version = f"arn:aws:s3:::{location}"
            self._builds[build.id] = build
            if token:
                self._by_token[token] = build.id
            builder = self._builders[build.id] = Builder(self._world, build)
        builder.start()
        return build

    def stop(self, build_id: str) -> Build:
        """Stop a build; raises Refusal for no such build."""
        build = self.build(build_id)
        self._builders[build.id].stop()
        return build

    def build(self, build_id: str) -> Build:
        """One build, by its id or ARN."""
        found = self.find(build_id)
        if found is None:
            raise Refusal("ResourceNotFoundException", f"Build {build_id} does not exist")
        return found

    def find(self, build_id: str) -> Build | None:
        """One build by its id or ARN, if there is one."""
        with self._lock:
            return self._builds.get(build_id.rsplit("build/", 1)[-1])

    def builds_of(self, project: str | None) -> list[Build]:
        """The builds of a project, or all; the newest first."""
        with self._lock:
            newest = list(reversed(self._builds.values()))
        return [each for each in newest if project in (None, each.project_name)]

    def ensure_report_group(self, name: str, *, new: bool) -> dict[str, Any]:
        """The report group of that name, made when missing; with `new` it must be missing."""
        arn = codebuild_arn("report-group", name)
        if new and arn in self.reports.groups:
            raise Refusal("ResourceAlreadyExistsException", f"Report group already exists: {name}")
        return self.reports.groups[self.reports.ensure_group(name, self._world.clock.now())]

    def shutdown(self) -> None:
        """Kill every build that runs."""
        with self._lock:
            running = list(self._builders.values())
        for builder in running:
            builder.stop()
        for builder in running:
            builder.join(5)

    def _check_overrides(self, request: Request) -> None:
        known = {
            "projectName",
            "idempotencyToken",
            "environmentVariablesOverride",
            "buildspecOverride",
            "timeoutInMinutesOverride",
            "sourceVersion",
        }
        other = sorted(set(request) - known)
        if other:
            raise Refusal("InvalidInputException", f"{other[0]} is not in this sandbox yet")

    def _build(self, project: dict[str, Any], request: Request, initiator: str) -> Build:
        name, build_id = project["name"], new_id()
        logs = project.get("logsConfig", {}).get("cloudWatchLogs", {})
        prefix = logs.get("streamName")
        return Build(
            id=f"{name}:{build_id}",
            number=len(self.builds_of(name)) + 1,
            project=copy.deepcopy(project),
            initiator=initiator,
            started=self._world.clock.now(),
            environment=_merged(
                project["environment"].get("environmentVariables", []),
                request.get("environmentVariablesOverride", []),
            ),
            buildspec=request.get("buildspecOverride") or project["source"].get("buildspec", ""),
            source_version=request.get("sourceVersion", ""),
            timeout_minutes=request.get("timeoutInMinutesOverride") or project["timeoutInMinutes"],
            log_group=logs.get("groupName") or f"/aws/codebuild/{name}",
            log_stream=f"{prefix}/{build_id}" if prefix else build_id,
        )


def _merged(
    declared: Sequence[Mapping[str, str]], override: Sequence[Mapping[str, str]]
) -> list[dict[str, str]]:
    by_name = {each["name"]: {"type": "PLAINTEXT", **each} for each in (*declared, *override)}
    return list(by_name.values())
