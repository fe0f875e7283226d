"""Who calls, whether the signature holds, and whether their policies allow it."""

import re
from collections.abc import Mapping, Sequence

from sandbox.emulator.borrowed import borrow
from sandbox.emulator.environment import ACCOUNT, REGION


def access_key_of(headers: Mapping[str, str]) -> str:
    """The access key in the SigV4 `Authorization` header; empty without one."""
    lowered = {name.lower(): value for name, value in headers.items()}
    found = re.search(r"Credential=([^/]+)/", lowered.get("authorization", ""))
    return found.group(1) if found else ""


def forgery(
    method: str, path: str, raw_headers: Sequence[tuple[bytes, bytes]], body: bytes
) -> str | None:
    """Why this signed request does not count, or `None` when its SigV4 signature holds.

    Only for services that our engine answers; MiniStack checks its own.
    """
    key = access_key_of({n.decode("latin-1"): v.decode("latin-1") for n, v in raw_headers})
    borrow("ministack.core.iam_evaluator:pin_signed_request")(method, path, {}, list(raw_headers))
    borrow("ministack.core.iam_evaluator:pin_signed_body")(body)
    found = borrow("ministack.core.iam_evaluator:authenticate")(key, ACCOUNT)
    if isinstance(found, borrow("ministack.core.iam_evaluator:AuthError")):
        return str(found.message)
    return None


def denied(access_key_id: str, action: str, resource_arn: str) -> str | None:
    """Ask the policy evaluator; `None` when allowed, else the text of AWS's refusal."""
    found = borrow("ministack.core.iam_evaluator:enforce")(
        access_key_id, action, action.partition(":")[0], REGION, resource_arn=resource_arn
    )
    if found is None:
        return None
    if isinstance(found, borrow("ministack.core.iam_evaluator:AuthError")):
        return str(found.message)
    return str(
        borrow("ministack.core.iam_actions:identity_denial_message")(
            action, found.principal_arn, resource_arn, found.decision == "Deny"
        )
    )


def caller_arn(access_key_id: str) -> str:
    """Who holds this key: an assumed role's session, or the account's root user."""
    found = borrow("ministack.core.iam_evaluator:resolve_caller_identity")(access_key_id)
    return str(found["userArn"]) if found else f"arn:aws:iam::{ACCOUNT}:root"
