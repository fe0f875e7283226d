"""Runs one build through its phases.

Phases, which of them runs after which failure, and the codes of phase contexts: CodeBuild user
guide, "Build phase transitions" and "Build specification reference". A failed INSTALL or PRE_BUILD
ends the commands; after a failed BUILD, POST_BUILD still runs. Reports are delivered either way.
"""

import shutil
import threading
from collections.abc import Callable
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.engine.builds import views
from sandbox.engine.builds.buildspec import PHASES, Buildspec, BuildspecInvalid, read_buildspec
from sandbox.engine.builds.environment import build_environment
from sandbox.engine.builds.logs import BuildLog, LogDenied
from sandbox.engine.builds.outputs import OutputFailed, upload_artifacts, upload_reports
from sandbox.engine.builds.record import Build, BuildStatus, Phase
from sandbox.engine.builds.shell import Shell
from sandbox.engine.builds.sources import SourceUnavailable, fetch_source
from sandbox.engine.builds.world import BuildWorld

_IMAGES = "aws/codebuild/"
_SECONDS_PER_MINUTE = 60.0


class PhaseFailed(Exception):  # noqa: N818 - how a phase ends
    """A phase did not succeed, with the code and message of its context."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Builder:
    """One build, on a thread of its own."""

    def __init__(self, world: BuildWorld, build: Build) -> None:
        self._world = world
        self._build = build
        self._folder = world.scratch / build.id.replace(":", "-")
        self._source, self._home = self._folder / "src", self._folder / "home"
        self._shell: Shell | None = None
        self._log: BuildLog | None = None
        self._spec: Buildspec | None = None
        self._ending: BuildStatus | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"build-{build.id}", daemon=True)

    def start(self) -> None:
        """Begin, and return at once."""
        self._thread.start()

    def stop(self, status: BuildStatus = BuildStatus.STOPPED) -> None:
        """End the build: its commands are killed, the record closed with this status."""
        with self._lock:
            if self._ending is None and not self._build.complete:
                self._ending = status
            shell = self._shell
        if shell is not None:
            shell.kill()

    def join(self, seconds: float) -> None:
        """Wait for the build's end."""
        self._thread.join(timeout=seconds)

    def _run(self) -> None:
        build, world = self._build, self._world
        self._say_state()
        limit = threading.Timer(
            build.timeout_minutes * _SECONDS_PER_MINUTE, self.stop, (BuildStatus.TIMED_OUT,)
        )
        limit.daemon = True
        limit.start()
        try:
            self._phases()
        finally:
            limit.cancel()
            self._phase("FINALIZING", self._finalize)
            build.phases.append(Phase(type="COMPLETED", started=world.clock.now()))
            build.phase, build.ended = "COMPLETED", world.clock.now()
            build.status = self._verdict()
            self._say_state()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _phases(self) -> None:
        for name, work in (
            ("SUBMITTED", self._nothing),
            ("QUEUED", self._nothing),
            ("PROVISIONING", self._provision),
            ("DOWNLOAD_SOURCE", self._download),
        ):
            if not self._phase(name, work):
                return
        if self._commands() or self._spec_has_reports():
            self._phase("UPLOAD_ARTIFACTS", self._upload)

    def _commands(self) -> bool:
        """Run the buildspec's phases; whether all went well."""
        well = True
        for name in PHASES:
            if not well and name != "post_build":
                return False
            well = self._phase(name.upper(), partial(self._run_phase, name)) and well
            if not well and name in ("install", "pre_build"):
                return False
        return well

    def _run_phase(self, name: str) -> None:
        phase = self._spec.phases.get(name) if self._spec else None
        shell = self._shell
        if phase is None or shell is None:
            return
        failure = shell.run(phase.commands)
        shell.environment["CODEBUILD_BUILD_SUCCEEDING"] = "0" if self._failed(failure) else "1"
        failure = shell.run(phase.last) or failure
        if failure is not None:
            raise PhaseFailed(
                "COMMAND_EXECUTION_ERROR",
                f"Error while executing command: {failure.command}. "
                f"Reason: exit status {failure.status}",
            )

    def _failed(self, failure: object) -> bool:
        return failure is not None or self._build.failed_phase() is not None

    def _provision(self) -> None:
        environment = self._build.project["environment"]
        if environment.get("privilegedMode"):
            raise PhaseFailed(
                "CLIENT_ERROR", "privileged mode needs a container: this sandbox has none"
            )
        if not environment["image"].startswith(_IMAGES):
            raise PhaseFailed(
                "CLIENT_ERROR",
                f"image {environment['image']} needs a container: this sandbox has none",
            )
        for folder in (self._source, self._home / "tmp"):
            folder.mkdir(parents=True)
        logs = self._build.project.get("logsConfig", {}).get("cloudWatchLogs", {})
        if logs.get("status", "ENABLED") == "ENABLED":
            self._open_log()

    def _open_log(self) -> None:
        build = self._build
        role = build.project["serviceRole"]
        log = BuildLog(
            client=self._world.clients("logs"),
            group=build.log_group,
            stream=build.log_stream,
            clock=self._world.clock,
            denied=partial(self._world.denied, role),
        )
        try:
            log.open()
        except LogDenied as error:
            raise PhaseFailed(
                "ACCESS_DENIED",
                f"Service role {role} does not allow AWS CodeBuild to create Amazon CloudWatch "
                f"Logs log streams for build {build.arn}. Error message: {error}",
            ) from error
        self._log = log

    def _download(self) -> None:
        build = self._build
        try:
            build.resolved_version = fetch_source(self._world, build, self._source)
        except SourceUnavailable as unavailable:
            raise PhaseFailed("CLIENT_ERROR", str(unavailable)) from unavailable
        try:
            self._spec = read_buildspec(self._buildspec_text())
        except BuildspecInvalid as invalid:
            raise PhaseFailed(invalid.code, str(invalid)) from invalid
        self._say(f"[Container] Source at {self._source}, commit {build.resolved_version or '-'}")
        shell = Shell(
            folder=self._source,
            state=self._folder / "state",
            environment=build_environment(
                self._world, build, self._spec, source=self._source, home=self._home
            ),
            say=self._say,
        )
        with self._lock:
            self._shell = shell
            if self._ending is not None:
                shell.kill()

    def _buildspec_text(self) -> str:
        given = self._build.buildspec or "buildspec.yml"
        if "\n" in given:
            return given
        path = (self._source / given).resolve()
        if not path.is_file() or not path.is_relative_to(self._source.resolve()):
            raise BuildspecInvalid(f"stat {path}: no such file or directory")
        return path.read_text(encoding="utf-8")

    def _spec_has_reports(self) -> bool:
        return self._spec is not None and bool(self._spec.reports)

    def _upload(self) -> None:
        if self._spec is None:
            return
        try:
            for line in upload_reports(self._world, self._build, self._spec, self._source):
                self._say(f"[Container] {line}")
            if self._build.failed_phase() is None:
                for line in upload_artifacts(self._world, self._build, self._spec, self._source):
                    self._say(f"[Container] {line}")
        except OutputFailed as failed:
            raise PhaseFailed(failed.code, str(failed)) from failed

    def _finalize(self) -> None:
        if self._spec is not None and self._shell is not None:
            known = self._shell.environment
            self._build.exported = {
                name: known[name] for name in self._spec.exported if name in known
            }
        if self._log is not None:
            self._log.close()

    def _nothing(self) -> None:
        """A phase in which only CodeBuild's own machinery works."""

    def _phase(self, name: str, work: Callable[[], object]) -> bool:
        """Run one phase and say so; whether it succeeded."""
        build, clock = self._build, self._world.clock
        if self._ending is not None and name != "FINALIZING":
            return False
        phase = Phase(type=name, started=clock.now())
        build.phases.append(phase)
        build.phase = name
        status = "SUCCEEDED"
        try:
            work()
        except PhaseFailed as failed:
            status, phase.code, phase.message = "FAILED", failed.code, str(failed)
        except (ClientError, BotoCoreError) as error:
            status, phase.code, phase.message = "FAILED", "CLIENT_ERROR", str(error)
        if self._ending is not None and name != "FINALIZING":
            status = str(self._ending)
        phase.ended, phase.status = clock.now(), status
        if phase.context:
            self._say(f"[Container] Phase context status code: {phase.context}")
        self._emit("CodeBuild Build Phase Change", views.phase_detail(build, phase))
        return status == "SUCCEEDED"

    def _verdict(self) -> BuildStatus:
        if self._ending is not None:
            return self._ending
        failed = self._build.failed_phase()
        return BuildStatus.SUCCEEDED if failed is None else BuildStatus.FAILED

    def _say(self, line: str) -> None:
        if self._log is not None:
            self._log.say(line)

    def _say_state(self) -> None:
        self._emit("CodeBuild Build State Change", views.state_detail(self._build))

    def _emit(self, detail_type: str, detail: dict[str, object]) -> None:
        self._world.emit(
            source="aws.codebuild",
            detail_type=detail_type,
            detail=detail,
            resources=[self._build.arn],
            time=self._world.clock.now(),
        )
