"""What a push starts.

A V2 pipeline's `triggers` (git configuration: branches, file paths, includes and excludes) and,
where there are none, a source action with `DetectChanges`; CodeCommit announces the push on the
event bus
and a rule with the pipeline as its target starts it. Events and triggers carry the author as
CodeConnections delivers it. Source: CodePipeline user guide, "Add trigger with code push".
"""

import fnmatch
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.engine.connections import Connections
from sandbox.engine.declaration import ActionDeclaration, PipelineDeclaration
from sandbox.engine.events import instant
from sandbox.engine.executions import Trigger
from sandbox.engine.naming import ACCOUNT, REGION, pipeline_arn
from sandbox.engine.pipelines import Pipelines
from sandbox.engine.ports import Clients, Emit
from sandbox.engine.repositories import Commit, Repositories


class PushTriggers:
    """Starts pipelines on pushes."""

    def __init__(
        self,
        *,
        pipelines: Pipelines,
        repositories: Repositories,
        connections: Connections,
        clients: Clients,
        emit: Emit,
    ) -> None:
        self._pipelines = pipelines
        self._repositories = repositories
        self._connections = connections
        self._clients = clients
        self._emit = emit

    def received(self, repository: str, branch: str, before: str, after: str) -> list[str]:
        """Start what the push starts; returns the executions' ids. A deleted branch starts none."""
        if not after.strip("0"):
            return []
        commit = self._repositories.commit(repository, after)
        changed = self._repositories.changed_files(repository, before, after)
        started = []
        for pipeline in self._pipelines.all():
            declaration = pipeline.declaration
            for action in declaration.sources():
                if _repository_of(action) != _last(repository):
                    continue
                if action.provider == "CodeStarSourceConnection":
                    if not _detected(declaration, action, branch, changed):
                        continue
                    trigger = self._connected(action, commit, branch)
                elif action.configuration.get("BranchName") != branch:
                    continue
                else:
                    self._announce(repository, branch, before, after)
                    found = self._committed(declaration, action)
                    if found is None:
                        continue
                    trigger = found
                execution = self._pipelines.start(
                    declaration.name, trigger, revisions={action.name: commit.id}
                )
                started.append(execution.id)
        return started

    def _connected(self, action: ActionDeclaration, commit: Commit, branch: str) -> Trigger:
        connection = action.configuration["ConnectionArn"]
        fields = {
            "author-display-name": commit.author_name,
            "full-repository-name": action.configuration["FullRepositoryId"],
            "provider-type": self._connections.provider_of(connection),
            "author-email": commit.author_email,
            "commit-message": commit.message,
            "author-date": instant(commit.authored),
            "branch-name": branch,
            "commit-id": commit.id,
            "connection-arn": connection,
            "author-id": commit.author_name,
        }
        return Trigger(type="WebhookV2", detail=json.dumps(fields), commit=fields)

    def _committed(
        self, declaration: PipelineDeclaration, action: ActionDeclaration
    ) -> Trigger | None:
        if action.configuration.get("PollForSourceChanges", "true").lower() != "false":
            return Trigger(type="PollForSourceChanges", detail=action.name)
        names = self._clients("events").list_rule_names_by_target(
            TargetArn=pipeline_arn(declaration.name)
        )["RuleNames"]
        if not names:
            return None
        rule = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{names[0]}"
        return Trigger(type="CloudWatchEvent", detail=rule)

    def _announce(self, repository: str, branch: str, before: str, after: str) -> None:
        name = _last(repository)
        created = not before.strip("0")
        detail = {
            "event": "referenceCreated" if created else "referenceUpdated",
            "repositoryName": name,
            "repositoryId": name,
            "referenceType": "branch",
            "referenceName": branch,
            "referenceFullName": f"refs/heads/{branch}",
            "commitId": after,
            "callerUserArn": f"arn:aws:iam::{ACCOUNT}:root",
        }
        if not created:
            detail["oldCommitId"] = before
        self._emit(
            source="aws.codecommit",
            detail_type="CodeCommit Repository State Change",
            detail=detail,
            resources=[f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{name}"],
        )


def _detected(
    declaration: PipelineDeclaration, action: ActionDeclaration, branch: str, changed: Sequence[str]
) -> bool:
    configured = [
        push
        for trigger in declaration.triggers
        if trigger["gitConfiguration"]["sourceActionName"] == action.name
        for push in trigger["gitConfiguration"].get("push", ())
    ]
    if configured:
        return any(_admits(push, branch, changed) for push in configured)
    detects = action.configuration.get("DetectChanges", "true").lower() != "false"
    return detects and action.configuration.get("BranchName") == branch


def _admits(push: Mapping[str, Any], branch: str, changed: Sequence[str]) -> bool:
    if "tags" in push:
        return False
    branches, paths = push.get("branches", {}), push.get("filePaths", {})
    return _passes(branches, [branch]) and _passes(paths, changed)


def _passes(filters: Mapping[str, Any], names: Sequence[str]) -> bool:
    """Whether one of the names is included and not excluded; no filter admits everything."""
    includes, excludes = filters.get("includes", ["**"]), filters.get("excludes", [])
    if not filters:
        return True
    return any(
        any(fnmatch.fnmatchcase(name, each) for each in includes)
        and not any(fnmatch.fnmatchcase(name, each) for each in excludes)
        for name in names
    )


def _repository_of(action: ActionDeclaration) -> str:
    configuration = action.configuration
    return _last(configuration.get("FullRepositoryId") or configuration.get("RepositoryName", ""))


def _last(full_id: str) -> str:
    return full_id.rsplit("/", 1)[-1]
