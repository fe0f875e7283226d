"""HTTP API routes with `AWS_IAM`: who gets through, where MiniStack is more generous than AWS.

MiniStack lets in whoever sends any `Authorization` header that is no signature, takes a signature
made for another service, and says why it refuses. An HTTP API answers each of them with 403 and
`{"message": "Forbidden"}` (API Gateway developer guide, "Control access to HTTP APIs with IAM
authorization"; Signature Version 4, "credential scope"). Signatures of the account's root key
`test` are not checked, for MiniStack takes any secret for it.
"""

import functools
import importlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from sandbox.emulator.borrowed import borrow

MODULE: Final = "ministack.app"
_SIGNED_FOR_APIS: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/,\s]+/\d{8}/[^/,\s]+/execute-api/aws4_request\b"
)
Refused = tuple[int, dict[str, str], bytes]


def guard_iam_routes() -> None:
    """Refuse on a route with `AWS_IAM` whatever is not signed for it, as an HTTP API does."""
    module: Any = importlib.import_module(MODULE)
    enforce = borrow(f"{MODULE}:_enforce_execute_api")
    authorization_of = borrow(f"{MODULE}:_execute_api_authorization_type")
    is_http_api = borrow("ministack.services.apigateway:find_api_scope")

    @functools.wraps(enforce)
    def guarded(
        api_id: str,
        stage: str,
        method: str,
        execute_path: str,
        headers: Mapping[str, str],
        *rest: Any,
        **more: Any,
    ) -> Any:
        refusal = enforce(api_id, stage, method, execute_path, headers, *rest, **more)
        if is_http_api(api_id) is None:
            return refusal
        if authorization_of(api_id, stage, method, execute_path) != "AWS_IAM":
            return refusal
        return _forbidden() if refusal or not signed_for_apis(headers) else None

    module._enforce_execute_api = guarded


def signed_for_apis(headers: Mapping[str, str]) -> bool:
    """Whether the request bears a signature whose scope is `execute-api`."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return _SIGNED_FOR_APIS.match(lowered.get("authorization", "")) is not None


def _forbidden() -> Refused:
    return 403, {"Content-Type": "application/json"}, json.dumps({"message": "Forbidden"}).encode()
