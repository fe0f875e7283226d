"""What a build leaves behind: artifacts in S3, reports in their groups."""

from pathlib import Path

from sandbox.engine.builds.artifacts import NoMatchingFiles, matching, zipped
from sandbox.engine.builds.buildspec import Buildspec, Files, ReportGroupFiles
from sandbox.engine.builds.record import Build
from sandbox.engine.builds.reports import ReportUnreadable, TestCase, read_junit
from sandbox.engine.builds.world import BuildWorld
from sandbox.engine.naming import codebuild_arn

_REPORT_RIGHTS = (
    "codebuild:CreateReportGroup",
    "codebuild:CreateReport",
    "codebuild:BatchPutTestCases",
    "codebuild:UpdateReport",
)


class OutputFailed(Exception):  # noqa: N818 - a fact that the phase context reports
    """An output cannot be delivered; `code` is the phase context's."""

    def __init__(self, message: str, code: str = "CLIENT_ERROR") -> None:
        super().__init__(message)
        self.code = code


def upload_artifacts(world: BuildWorld, build: Build, spec: Buildspec, source: Path) -> list[str]:
    """Put each output artifact of the action into S3; returns lines for the log."""
    if build.handover is None or not build.handover.outputs:
        return []
    store = world.clients("s3", role_arn=build.project["serviceRole"], session=build.id)
    said = []
    for output in build.handover.outputs:
        files = _files_of(spec, output.name, only=len(build.handover.outputs) == 1)
        try:
            found = matching(source, files)
        except NoMatchingFiles as missing:
            raise OutputFailed(str(missing)) from missing
        store.put_object(
            Bucket=output.bucket,
            Key=output.key,
            Body=zipped(found),
            ContentType="application/zip",
            Metadata={"codebuild-buildarn": build.arn},
        )
        said.append(f"Uploaded {output.name}: {len(found)} files")
    return said


def _files_of(spec: Buildspec, artifact: str, *, only: bool) -> Files:
    if artifact in spec.secondary_artifacts:
        return spec.secondary_artifacts[artifact]
    if only and spec.artifacts is not None:
        return spec.artifacts
    raise OutputFailed(f"no definition for artifact {artifact} in the buildspec")


def upload_reports(world: BuildWorld, build: Build, spec: Buildspec, source: Path) -> list[str]:
    """Read each report's files into its group; returns lines for the log."""
    said = []
    for entry in spec.reports:
        group = _group_name(build, entry)
        _require_rights(world, build, group)
        cases = _cases(entry, source)
        report = world.reports.add(group, build.arn, cases, world.clock.now())
        build.report_arns.append(report.arn)
        said.append(f"Uploaded report {report.arn}: {len(cases)} test cases, {report.status}")
    return said


def _group_name(build: Build, entry: ReportGroupFiles) -> str:
    if entry.group.startswith("arn:"):
        return entry.group.rsplit("/", 1)[-1]
    return f"{build.project_name}-{entry.group}"


def _require_rights(world: BuildWorld, build: Build, group: str) -> None:
    arn = codebuild_arn("report-group", group)
    for right in _REPORT_RIGHTS:
        refusal = world.denied(build.project["serviceRole"], right, arn)
        if refusal is not None:
            raise OutputFailed(refusal, "ACCESS_DENIED")


def _cases(entry: ReportGroupFiles, source: Path) -> list[TestCase]:
    if entry.format != "JUNITXML":
        raise OutputFailed(f"report format {entry.format} is not in this sandbox: use JUNITXML")
    try:
        found = matching(source, entry.files)
        return [case for name, path in found.items() for case in read_junit(path, name)]
    except (NoMatchingFiles, ReportUnreadable) as problem:
        raise OutputFailed(str(problem)) from problem
