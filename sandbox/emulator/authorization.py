"""Which right a request needs, where MiniStack's table asks IAM for another than AWS does.

Source: Service Authorization Reference, for AWS Lambda, Systems Manager and CloudWatch.
"""

import functools
import importlib
import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.emulator.borrowed import borrow
from sandbox.emulator.environment import ACCOUNT, REGION

MODULE = "ministack.core.iam_actions"
IAM_NAMES = {"Invoke": "InvokeFunction", "InvokeAsync": "InvokeFunction"}
"""Lambda's operations whose right has another name."""


def ask_for_the_right_rights() -> None:
    """Take the action from botocore's routes, and name the resource that AWS names."""
    module: Any = importlib.import_module(MODULE)
    borrow(f"{MODULE}:_BOTOCORE_SERVICE_MAP")["lambda"] = ["lambda"]
    match = borrow(f"{MODULE}:_match_rest_action")
    lambda_action = borrow(f"{MODULE}:_lambda_action")
    resource_arn = borrow(f"{MODULE}:extract_resource_arn")

    @functools.wraps(lambda_action)
    def action_of(method: str, path: str) -> str:
        operation = match("lambda", method, path)
        return str(IAM_NAMES.get(operation, operation) or lambda_action(method, path))

    @functools.wraps(resource_arn)
    def resource_of(
        service: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        query: Mapping[str, Any],
        *rest: Any,
    ) -> str:
        found = str(resource_arn(service, method, path, headers, body, query, *rest))
        if service == "lambda" and path.endswith("/invocations"):
            return _qualified(found, query)
        if service == "ssm" and found == "*":
            documents = document_arns(headers.get("x-amz-target", ""), body)
            return documents[0] if documents else _parameters(body)
        if f"{path} {headers.get('x-amz-target', '')}".strip().endswith("DescribeAlarms"):
            return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:*"
        return found

    module._lambda_action = action_of
    module.extract_resource_arn = resource_of


def name_the_role_of_a_session() -> None:
    """Give conditions on `aws:PrincipalArn` the role's ARN where a session of the role calls.

    Source: IAM user guide, "AWS global condition context keys": "For assumed roles, the request
    context returns the ARN of the role, not the ARN of the user that assumed the role".
    """
    module: Any = importlib.import_module("ministack.core.iam_evaluator")
    resolve = borrow("ministack.core.iam_evaluator:_resolve_condition_key")

    @functools.wraps(resolve)
    def resolved(key: str, ctx: Any) -> Any:
        return (
            role_of(ctx.principal_arn) if key.lower() == "aws:principalarn" else resolve(key, ctx)
        )

    module._resolve_condition_key = resolved


def role_of(principal_arn: str) -> str:
    """The ARN of the role behind a session, roles with a path not known; others stay."""
    session = re.fullmatch(r"arn:(aws[a-z-]*):sts::(\d{12}):assumed-role/([^/]+)/.+", principal_arn)
    return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else principal_arn


def _qualified(arn: str, query: Mapping[str, Any]) -> str:
    qualifier = query.get("Qualifier") or ""
    name = qualifier[0] if isinstance(qualifier, list) else qualifier
    return f"{arn}:{name}" if name and arn.count(":") == 6 else arn


def document_arn(name: str) -> str:
    """The ARN of a document of Systems Manager, which may be given as one."""
    return name if name.startswith("arn:") else f"arn:aws:ssm:{REGION}:{ACCOUNT}:document/{name}"


def document_arns(target: str, body: bytes) -> list[str]:
    """The documents that a request of Systems Manager is about, by its `X-Amz-Target`."""
    operation = target.rpartition(".")[2]
    if not operation.endswith("Document") and operation != "GetCalendarState":
        return []
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return []
    if not isinstance(request, dict):
        return []
    calendars = request.get("CalendarNames")
    names = calendars if isinstance(calendars, list) else [request.get("Name")]
    return [document_arn(name) for name in names if isinstance(name, str)]


def _parameters(body: bytes) -> str:
    try:
        request = json.loads(body)
    except ValueError:
        return "*"
    names = request.get("Names") or [request.get("Path")]
    name = names[0]
    if not isinstance(name, str):
        return "*"
    return f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{name.strip('/')}"
