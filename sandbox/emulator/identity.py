"""Who calls, whether the signature holds, and whether their policies allow it."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sandbox.emulator.authorization import role_of
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


def user_identity(access_key_id: str) -> dict[str, Any]:
    """Who holds this key, as CloudTrail writes it (user guide, "CloudTrail userIdentity element").

    MiniStack keeps no source identity of a session, so there is none here.
    """
    found = borrow("ministack.core.iam_evaluator:resolve_caller_identity")(access_key_id) or {}
    arn = str(found.get("userArn") or f"arn:aws:iam::{ACCOUNT}:root")
    identity: dict[str, Any] = {
        "principalId": str(found.get("userId") or ACCOUNT),
        "arn": arn,
        "accountId": ACCOUNT,
        "accessKeyId": access_key_id,
    }
    if ":assumed-role/" in arn:
        return {"type": "AssumedRole", **identity, **_session(arn, found.get("session") or {})}
    if ":user/" in arn:
        return {"type": "IAMUser", **identity, "userName": arn.rsplit("/", 1)[-1]}
    return {"type": "Root", **identity}


def _session(arn: str, session: Mapping[str, Any]) -> dict[str, Any]:
    """Which role issued the session; its ARN has the role's path, the session's ARN has not."""
    issuer = role_of(arn)
    name = issuer.rsplit("/", 1)[-1]
    role = borrow("ministack.services.iam:_roles").get_scoped(ACCOUNT, None, name) or {}
    issued = datetime.fromtimestamp(session.get("IssuedAt", 0), tz=UTC)
    role_id = role.get("RoleId", name)
    return {
        "principalId": f"{role_id}:{arn.rsplit('/', 1)[-1]}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role_id,
                "arn": role.get("Arn", issuer),
                "accountId": ACCOUNT,
                "userName": name,
            },
            "attributes": {
                "creationDate": issued.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "mfaAuthenticated": "false",
            },
        },
    }
