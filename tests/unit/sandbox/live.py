"""What tests of the real server need: a port, people and roles with rights, signed requests."""

import json
import socket
from collections.abc import Mapping
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sandbox.emulator import ACCOUNT, REGION
from sandbox.process import Box

ROOT_KEY = Credentials("test", "test")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def trust(principal: Mapping[str, str]) -> str:
    allow = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def session_of(box: Box, role: str, *, session: str = "ana") -> Credentials:
    """The keys of a session of a role."""
    keys = box.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}", RoleSessionName=session
    )["Credentials"]
    return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def make_role(box: Box, name: str, **allowed: str) -> Credentials:
    """A role that may do nothing but `service__Action="resource"`, and a session of it."""
    iam = box.client("iam")
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(root))
    for number, (action, resource) in enumerate(allowed.items()):
        service, operation = action.split("__")
        statement = {
            "Effect": "Allow",
            "Action": f"{service.replace('_', '-')}:{operation}",
            "Resource": resource,
        }
        iam.put_role_policy(
            RoleName=name,
            PolicyName=f"p{number}",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
    return session_of(box, name)


def client_as(box: Box, service: str, keys: Credentials) -> Any:
    """A boto3 client with these keys."""
    import boto3
    from botocore.config import Config

    return boto3.session.Session(
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        region_name=REGION,
    ).client(
        service,
        endpoint_url=box.endpoint,
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def signature(
    url: str, body: bytes, keys: Credentials, *, service: str = "execute-api"
) -> dict[str, str]:
    """The headers of a signed POST."""
    request = AWSRequest(method="POST", url=url, data=body)
    SigV4Auth(keys, service, REGION).add_auth(request)
    return dict(request.headers)
