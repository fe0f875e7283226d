"""Builds in the API's shape and in that of the events.

Events write times like `Sep 1, 2017 4:12:29 PM`, without a zone; `phase-context` is a list of texts
while `current-phase-context` is always the text `[]` (captured events, 2017 to 2020).
"""

from datetime import UTC, datetime
from typing import Any

from sandbox.engine.builds.record import Build, Phase
from sandbox.engine.naming import REGION

_CONSOLE = f"https://console.aws.amazon.com/cloudwatch/home?region={REGION}"


def build_view(build: Build) -> dict[str, Any]:
    """One entry of BatchGetBuilds."""
    view: dict[str, Any] = {
        "id": build.id,
        "arn": build.arn,
        "buildNumber": build.number,
        "startTime": build.started.timestamp(),
        "currentPhase": build.phase,
        "buildStatus": str(build.status),
        "projectName": build.project_name,
        "phases": [_phase_view(phase) for phase in build.phases],
        "source": build.project["source"] | {"buildspec": build.buildspec},
        "artifacts": {"location": artifact_location(build)},
        "cache": build.project.get("cache", {"type": "NO_CACHE"}),
        "environment": build.project["environment"] | {"environmentVariables": build.environment},
        "serviceRole": build.project["serviceRole"],
        "logs": {
            "groupName": build.log_group,
            "streamName": build.log_stream,
            "deepLink": _link(build),
        },
        "timeoutInMinutes": build.timeout_minutes,
        "queuedTimeoutInMinutes": build.project.get("queuedTimeoutInMinutes", 480),
        "buildComplete": build.complete,
        "initiator": build.initiator,
        "exportedEnvironmentVariables": [
            {"name": name, "value": value} for name, value in build.exported.items()
        ],
        "reportArns": build.report_arns,
    }
    if build.source_version:
        view["sourceVersion"] = build.source_version
    if build.resolved_version:
        view["resolvedSourceVersion"] = build.resolved_version
    if build.ended:
        view["endTime"] = build.ended.timestamp()
    return view


def _phase_view(phase: Phase) -> dict[str, Any]:
    view: dict[str, Any] = {"phaseType": phase.type, "startTime": phase.started.timestamp()}
    if phase.status is not None and phase.ended is not None:
        view |= {
            "phaseStatus": phase.status,
            "endTime": phase.ended.timestamp(),
            "durationInSeconds": phase.seconds,
            "contexts": [{"statusCode": phase.code, "message": phase.message}],
        }
    return view


def state_detail(build: Build) -> dict[str, Any]:
    """The detail of `CodeBuild Build State Change`."""
    return {
        "build-status": str(build.status),
        "project-name": build.project_name,
        "build-id": build.arn,
        "additional-information": additional_information(build),
        "current-phase": build.phase,
        "current-phase-context": "[]",
        "version": "1",
    }


def phase_detail(build: Build, phase: Phase) -> dict[str, Any]:
    """The detail of `CodeBuild Build Phase Change`."""
    return {
        "completed-phase": phase.type,
        "completed-phase-status": phase.status,
        "completed-phase-duration-seconds": phase.seconds,
        "completed-phase-start": event_time(phase.started),
        "completed-phase-end": event_time(phase.ended or phase.started),
        "completed-phase-context": f"[{phase.context}]",
        "project-name": build.project_name,
        "build-id": build.arn,
        "additional-information": additional_information(build),
        "version": "1",
    }


def additional_information(build: Build) -> dict[str, Any]:
    """What both events tell of the build."""
    environment = build.project["environment"]
    information: dict[str, Any] = {
        "cache": {"type": build.project.get("cache", {}).get("type", "NO_CACHE")},
        "build-number": float(build.number),
        "timeout-in-minutes": float(build.timeout_minutes),
        "build-complete": build.complete,
        "initiator": build.initiator,
        "build-start-time": event_time(build.started),
        "source": {"type": build.project["source"]["type"], "buildspec": build.buildspec},
        "artifact": {"location": artifact_location(build)},
        "environment": {
            "image": environment["image"],
            "privileged-mode": environment.get("privilegedMode", False),
            "image-pull-credentials-type": "CODEBUILD",
            "compute-type": environment["computeType"],
            "type": environment["type"],
            "environment-variables": build.environment,
        },
        "logs": {
            "group-name": build.log_group,
            "stream-name": build.log_stream,
            "deep-link": _link(build),
        },
        "phases": [_event_phase(phase) for phase in build.phases],
        "queued-timeout-in-minutes": float(build.project.get("queuedTimeoutInMinutes", 480)),
    }
    if build.source_version:
        information["source-version"] = build.source_version
    return information


def _event_phase(phase: Phase) -> dict[str, Any]:
    if phase.status is None or phase.ended is None:
        return {"phase-type": phase.type, "start-time": event_time(phase.started)}
    return {
        "phase-type": phase.type,
        "phase-status": phase.status,
        "phase-context": [phase.context] if phase.context else [],
        "start-time": event_time(phase.started),
        "end-time": event_time(phase.ended),
        "duration-in-seconds": float(phase.seconds),
    }


def event_time(moment: datetime) -> str:
    """An instant as CodeBuild's events write it."""
    at = moment.astimezone(UTC)
    hour = at.hour % 12 or 12
    return f"{at:%b} {at.day}, {at.year} {hour}:{at:%M:%S} {'AM' if at.hour < 12 else 'PM'}"


def artifact_location(build: Build) -> str:
    """The ARN of the first output artifact, empty when the build has none."""
    if build.handover is None or not build.handover.outputs:
        return ""
    first = build.handover.outputs[0]
    return f"arn:aws:s3:::{first.bucket}/{first.key}"


def _link(build: Build) -> str:
    return f"{_CONSOLE}#logEvent:group={build.log_group};stream={build.log_stream}"
