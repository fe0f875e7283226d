"""Source actions: a revision of a git repository becomes the pipeline's first artifact.

Output variables and the JSON form of a connection's revision summary: CodePipeline user guide,
action references "CodeStarSourceConnection" and "CodeCommit"; captured executions.
"""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from sandbox.engine.conductor import ActionOrder
from sandbox.engine.connections import Connections, use_rights
from sandbox.engine.events import instant
from sandbox.engine.executions import ActionResult, Revision, Status
from sandbox.engine.naming import ACCOUNT, REGION
from sandbox.engine.ports import Clients
from sandbox.engine.repositories import Commit, Repositories, RepositoryMissing

CLONE_REFERENCE = "CODEBUILD_CLONE_REF"
COMMIT_ID = re.compile(r"[0-9a-f]{40}")

Denied = Callable[[str, str, str], str | None]
"""`denied(role ARN, action, resource ARN)`: None when allowed, else AWS's refusal."""


class SourceWorker:
    """Fetches a revision under the pipeline's role and puts it into the artifact bucket."""

    def __init__(
        self,
        *,
        repositories: Repositories,
        connections: Connections,
        clients: Clients,
        denied: Denied,
    ) -> None:
        self._repositories = repositories
        self._connections = connections
        self._clients = clients
        self._denied = denied

    def __call__(self, order: ActionOrder) -> ActionResult:
        """Fetch; the revision asked for, else the branch's head.

        A revision that is asked for must be a commit's whole id. Whether AWS takes a short one, or
        the name of a branch, is not documented: here neither.
        """
        configuration = order.run.configuration
        connected = order.run.declaration.provider == "CodeStarSourceConnection"
        refusal = self._refusal(order, connected=connected)
        if refusal is not None:
            return ActionResult.failure("PermissionError", refusal)
        repository = configuration["FullRepositoryId" if connected else "RepositoryName"]
        wanted = order.execution.requested_revisions.get(order.run.declaration.name)
        if wanted is not None and not COMMIT_ID.fullmatch(wanted):
            return ActionResult.failure("ConfigurationError", f"{wanted} is no id of a commit")
        try:
            commit = self._repositories.commit(
                repository, wanted or f"refs/heads/{configuration['BranchName']}"
            )
            body = self._artifact(configuration, repository, commit)
        except RepositoryMissing as missing:
            return ActionResult.failure(
                "ConfigurationError",
                f"[{order.run.declaration.provider}] {missing}",
            )
        output = order.run.outputs[0]
        self._clients("s3", role_arn=order.role_arn, session=order.execution.id).put_object(
            Bucket=output.bucket, Key=output.key, Body=body
        )
        if connected:
            return self._connected(order, commit)
        return _committed(order, commit)

    def _refusal(self, order: ActionOrder, *, connected: bool) -> str | None:
        configuration = order.run.configuration
        if connected:
            arn = configuration["ConnectionArn"]
            answers = [self._denied(order.role_arn, right, arn) for right in use_rights()]
            return answers[0] if all(answers) else None
        arn = f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{configuration['RepositoryName']}"
        rights = ("codecommit:GetBranch", "codecommit:GetCommit", "codecommit:UploadArchive")
        return next(filter(None, (self._denied(order.role_arn, r, arn) for r in rights)), None)

    def _artifact(self, configuration: Any, repository: str, commit: Commit) -> bytes:
        if configuration.get("OutputArtifactFormat") != CLONE_REFERENCE:
            return self._repositories.archive(repository, commit.id)
        reference = {
            "format": CLONE_REFERENCE,
            "connectionArn": configuration.get("ConnectionArn", ""),
            "repository": repository,
            "branch": configuration["BranchName"],
            "commit": commit.id,
        }
        return json.dumps(reference).encode()

    def _connected(self, order: ActionOrder, commit: Commit) -> ActionResult:
        configuration = order.run.configuration
        connection, repository = configuration["ConnectionArn"], configuration["FullRepositoryId"]
        provider = self._connections.provider_of(connection)
        url = connection_url(connection, repository, commit.id)
        summary = json.dumps({"ProviderType": provider, "CommitMessage": commit.message})
        return _result(
            order,
            commit,
            summary=summary,
            url=url,
            variables={
                "AuthorDate": instant(commit.authored),
                "AuthorDisplayName": commit.author_name,
                "AuthorEmail": commit.author_email,
                "AuthorId": commit.author_name,
                "BranchName": configuration["BranchName"],
                "CommitId": commit.id,
                "CommitMessage": commit.message,
                "ConnectionArn": connection,
                "FullRepositoryName": repository,
                "ProviderType": provider,
            },
        )


def connection_url(connection_arn: str, repository: str, commit: str) -> str:
    """The link that CodePipeline shows for a connection's revision."""
    return (
        f"https://{REGION}.console.aws.amazon.com/codesuite/settings/connections/redirect"
        f"?connectionArn={connection_arn}&referenceType=COMMIT"
        f"&FullRepositoryId={quote(repository, safe='/')}&Commit={commit}"
    )


def _committed(order: ActionOrder, commit: Commit) -> ActionResult:
    configuration = order.run.configuration
    repository = configuration["RepositoryName"]
    return _result(
        order,
        commit,
        summary=commit.message,
        url=f"https://{REGION}.console.aws.amazon.com/codecommit/home#/repository/"
        f"{repository}/commit/{commit.id}",
        variables={
            "AuthorDate": instant(commit.authored),
            "BranchName": configuration["BranchName"],
            "CommitId": commit.id,
            "CommitMessage": commit.message,
            "CommitterDate": instant(commit.committed),
            "RepositoryName": repository,
        },
    )


def _result(
    order: ActionOrder, commit: Commit, *, summary: str, url: str, variables: dict[str, str]
) -> ActionResult:
    return ActionResult(
        status=Status.SUCCEEDED,
        external_id=commit.id,
        external_url=url,
        summary=summary,
        output_variables=variables,
        revision=Revision(
            action=order.run.declaration.name,
            artifact=order.run.outputs[0].name,
            revision_id=commit.id,
            summary=summary,
            url=url,
            created=commit.committed,
        ),
    )
