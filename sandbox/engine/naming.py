"""Names of things in the sandbox's one account and region."""

import secrets
import string
import uuid

ACCOUNT = "123456789012"
REGION = "us-east-1"
_KEY_ALPHABET = string.ascii_letters + string.digits


def pipeline_arn(name: str) -> str:
    """The ARN of a pipeline; stages and actions follow it after slashes."""
    return f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{name}"


def codebuild_arn(kind: str, name: str) -> str:
    """The ARN of a CodeBuild `project`, `build`, `report-group` or `report`."""
    return f"arn:aws:codebuild:{REGION}:{ACCOUNT}:{kind}/{name}"


def artifact_key(pipeline: str, artifact: str) -> str:
    """A fresh S3 key as CodePipeline makes them: names cut to 20 and 10, seven random letters."""
    tail = "".join(secrets.choice(_KEY_ALPHABET) for _ in range(7))
    return f"{pipeline[:20]}/{artifact[:10]}/{tail}"


def new_id() -> str:
    """A fresh identifier in the form of a UUID, as executions, actions and tokens have."""
    return str(uuid.uuid4())
