"""CodeBuild's operations."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.engine.builds.service import BuildService
from sandbox.engine.builds.views import build_view
from sandbox.engine.naming import codebuild_arn
from sandbox.engine.refusals import Refusal

Request = Mapping[str, Any]
Response = dict[str, Any]


def resources_of(operation: str, request: Request) -> list[str]:
    """The ARNs that IAM is asked about; `*` where the action knows no resource.

    Source: Service Authorization Reference, "Actions defined by AWS CodeBuild": builds are guarded
    by their project, reports by their group.
    """
    if "projectName" in request:
        return [codebuild_arn("project", request["projectName"])]
    if operation in ("CreateProject", "UpdateProject", "DeleteProject"):
        return [codebuild_arn("project", request["name"])]
    if operation in ("CreateReportGroup",):
        return [codebuild_arn("report-group", request["name"])]
    if operation == "BatchGetProjects":
        return [codebuild_arn("project", _last(name)) for name in request["names"]]
    if operation == "BatchGetBuilds":
        return [codebuild_arn("project", _last(each).split(":")[0]) for each in request["ids"]]
    if operation in ("StopBuild", "RetryBuild"):
        return [codebuild_arn("project", _last(request["id"]).split(":")[0])]
    reports = request.get("reportArns") or filter(None, [request.get("reportArn")])
    groups = request.get("reportGroupArns") or filter(None, [request.get("reportGroupArn")])
    named = [codebuild_arn("report-group", _last(arn).split(":")[0]) for arn in (*reports, *groups)]
    return named or ["*"]


def _last(arn_or_name: str) -> str:
    return arn_or_name.rsplit("/", 1)[-1]


class CodeBuildApi:
    """Answers each operation; `caller` is the ARN of who asks."""

    def __init__(self, builds: BuildService) -> None:
        self._builds = builds
        self._operations: dict[str, Callable[[Request, str], Response]] = {
            "CreateProject": lambda r, _: {"project": builds.put_project(r, new=True)},
            "UpdateProject": self._update_project,
            "DeleteProject": self._delete_project,
            "ListProjects": lambda _r, _: {"projects": [p["name"] for p in builds.projects()]},
            "BatchGetProjects": self._batch_get_projects,
            "StartBuild": self._start_build,
            "StopBuild": lambda r, _: {"build": build_view(builds.stop(r["id"]))},
            "BatchGetBuilds": self._batch_get_builds,
            "ListBuilds": lambda r, _: self._ids(None, r),
            "ListBuildsForProject": lambda r, _: self._ids(r["projectName"], r),
            "CreateReportGroup": self._create_report_group,
            "DeleteReportGroup": self._delete_report_group,
            "ListReportGroups": lambda _r, _: {"reportGroups": list(builds.reports.groups)},
            "BatchGetReportGroups": self._batch_get_report_groups,
            "ListReports": lambda _r, _: {"reports": list(reversed(builds.reports.reports))},
            "ListReportsForReportGroup": self._list_reports_for_group,
            "BatchGetReports": self._batch_get_reports,
            "DescribeTestCases": self._describe_test_cases,
        }

    def answer(self, operation: str, request: Request, caller: str) -> Response:
        """Carry out one operation; raises Refusal."""
        handler = self._operations.get(operation)
        if handler is None:
            raise Refusal(
                "InvalidInputException", f"CodeBuild's {operation} is not in this sandbox yet"
            )
        return handler(request, caller)

    def _update_project(self, request: Request, _: str) -> Response:
        known = {project["name"]: project for project in self._builds.projects()}
        if request["name"] not in known:
            raise Refusal("ResourceNotFoundException", f"Project not found: {request['name']}")
        changed = {**known[request["name"]], **request}
        return {"project": self._builds.put_project(changed, new=False)}

    def _delete_project(self, request: Request, _: str) -> Response:
        self._builds.delete_project(request["name"])
        return {}

    def _batch_get_projects(self, request: Request, _: str) -> Response:
        known = {project["name"]: project for project in self._builds.projects()}
        names = [_last(name) for name in request["names"]]
        return {
            "projects": [known[name] for name in names if name in known],
            "projectsNotFound": [name for name in names if name not in known],
        }

    def _start_build(self, request: Request, caller: str) -> Response:
        initiator = caller.split(":", 5)[-1].removeprefix("assumed-role/").removeprefix("user/")
        return {"build": build_view(self._builds.start(request, initiator))}

    def _batch_get_builds(self, request: Request, _: str) -> Response:
        found = {each: self._builds.find(each) for each in request["ids"]}
        return {
            "builds": [build_view(build) for build in found.values() if build is not None],
            "buildsNotFound": [each for each, build in found.items() if build is None],
        }

    def _ids(self, project: str | None, request: Request) -> Response:
        builds = self._builds.builds_of(project)
        if request.get("sortOrder") == "ASCENDING":
            builds.reverse()
        return {"ids": [build.id for build in builds]}

    def _create_report_group(self, request: Request, _: str) -> Response:
        created = self._builds.ensure_report_group(request["name"], new=True)
        return {"reportGroup": created}

    def _delete_report_group(self, request: Request, _: str) -> Response:
        self._builds.reports.groups.pop(request["arn"], None)
        return {}

    def _batch_get_report_groups(self, request: Request, _: str) -> Response:
        groups = self._builds.reports.groups
        arns = request["reportGroupArns"]
        return {
            "reportGroups": [groups[arn] for arn in arns if arn in groups],
            "reportGroupsNotFound": [arn for arn in arns if arn not in groups],
        }

    def _list_reports_for_group(self, request: Request, _: str) -> Response:
        if request["reportGroupArn"] not in self._builds.reports.groups:
            raise Refusal(
                "ResourceNotFoundException", f"Report group not found: {request['reportGroupArn']}"
            )
        found = self._builds.reports.of_group(request["reportGroupArn"])
        wanted = request.get("filter", {}).get("status")
        arns = [report.arn for report in found if wanted in (None, report.status)]
        if request.get("sortOrder") == "ASCENDING":
            arns.reverse()
        return {"reports": arns}

    def _batch_get_reports(self, request: Request, _: str) -> Response:
        reports, arns = self._builds.reports.reports, request["reportArns"]
        return {
            "reports": [reports[arn].view() for arn in arns if arn in reports],
            "reportsNotFound": [arn for arn in arns if arn not in reports],
        }

    def _describe_test_cases(self, request: Request, _: str) -> Response:
        report = self._builds.reports.reports.get(request["reportArn"])
        if report is None:
            raise Refusal("ResourceNotFoundException", f"Report not found: {request['reportArn']}")
        wanted = request.get("filter", {})
        cases = [
            case
            for case in report.case_views()
            if wanted.get("status") in (None, case["status"])
            and wanted.get("keyword", "") in case["name"]
        ]
        first, size = int(request.get("nextToken", 0)), request.get("maxResults", 100)
        page: Response = {"testCases": cases[first : first + size]}
        if first + size < len(cases):
            page["nextToken"] = str(first + size)
        return page
