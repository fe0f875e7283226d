"""Links into the AWS console, built from identities only, never from strangers' text."""

from __future__ import annotations

from urllib.parse import quote

from signalbox.domain.identity import ReleaseId


def execution_url(release: ReleaseId) -> str:
    """The page of one pipeline execution in the console."""
    region = quote(release.pipeline.region, safe="")
    name = quote(release.pipeline.name, safe="")
    execution = quote(release.execution, safe="")
    return (
        f"https://{region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/{name}"
        f"/executions/{execution}/timeline?region={region}"
    )
