"""boto3 clients of the sandbox, as root or as a role that an AWS service has assumed."""

import hashlib
import os
from typing import Any

from sandbox.emulator.borrowed import borrow
from sandbox.emulator.environment import ACCOUNT, REGION, endpoint


def client(service: str, *, role_arn: str | None = None, session: str = "sandbox") -> Any:
    """A boto3 client of the sandbox, as root or as a role that an AWS service has assumed.

    For the engine's threads; on the event loop it would wait for itself.
    """
    import boto3

    keys: dict[str, Any] = dict(_session_of(role_arn, session)) if role_arn else {}
    return boto3.session.Session(region_name=REGION, **keys).client(
        service, endpoint_url=endpoint()
    )


def session_environment(role_arn: str, session: str) -> dict[str, str]:
    """The environment in which a child process acts as a role (a build's container has one)."""
    keys = _session_of(role_arn, session)
    return {
        **{name: os.environ[name] for name in ("AWS_ENDPOINT_URL", "AWS_EC2_METADATA_DISABLED")},
        **{name.upper(): value for name, value in keys.items()},
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
    }


def _session_of(role_arn: str, session: str) -> dict[str, str]:
    name = role_arn.rsplit("/", 1)[-1]
    digest = hashlib.sha256(f"{role_arn}#{session}".encode()).hexdigest()
    secret = hashlib.sha256(f"secret#{digest}".encode()).hexdigest()
    token = hashlib.sha256(f"token#{digest}".encode()).hexdigest()
    key = f"ASIA{digest[:16].upper()}"
    borrow("ministack.services.sts:register_session")(
        key,
        {
            "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session[:64]}",
            "UserId": f"{name}:{session[:64]}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        },
    )
    return {
        "aws_access_key_id": key,
        "aws_secret_access_key": secret,
        "aws_session_token": token,
    }
