"""The ASGI application in front of the engine: JSON 1.1, signature, rights, validation.

Order of the checks is AWS's: the signature, the operation's name, the request's form, the caller's
rights, then the operation's own refusals. The work is done on a thread pool, for it may call back
into the same server.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.engine.cloudtrail import RECORDED, CloudTrail, Recorded
from sandbox.engine.refusals import Refusal
from sandbox.engine.validation import check_request
from sandbox.engine.wire import codebuild, codepipeline
from sandbox.engine.wire.codebuild import CodeBuildApi
from sandbox.engine.wire.codepipeline import CodePipelineApi

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

SERVICES = {
    "CodePipeline_20150709": "codepipeline",
    "CodeBuild_20161006": "codebuild",
    "CodeDeploy_20141006": "codedeploy",
}
_CONTENT_TYPE = "application/x-amz-json-1.1"
_WORKERS = 16
_log = logging.getLogger(__name__)


def serves(target: str) -> bool:
    """Whether requests with this `X-Amz-Target` are the engine's to answer."""
    return target.partition(".")[0] in SERVICES


class Identity(Protocol):
    """Who calls, and what they may: the emulator's evaluator."""

    def access_key_of(self, headers: Mapping[str, str]) -> str:
        """The access key of the signature."""
        ...

    def forgery(
        self, method: str, path: str, raw_headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> str | None:
        """Why the signature does not hold, else None."""
        ...

    def denied(self, access_key_id: str, action: str, resource_arn: str) -> str | None:
        """AWS's refusal, else None."""
        ...

    def caller_arn(self, access_key_id: str) -> str:
        """The caller's ARN."""
        ...

    def user_identity(self, access_key_id: str) -> Mapping[str, Any]:
        """The caller as CloudTrail writes it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One signed request."""

    method: str
    path: str
    raw_headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    source_address: str = "127.0.0.1"
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def headers(self) -> dict[str, str]:
        """The headers by lower-case name."""
        return {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in self.raw_headers}


class EngineGateway:
    """Answers CodePipeline, CodeBuild and (with a refusal) CodeDeploy."""

    def __init__(
        self,
        *,
        pipelines: CodePipelineApi,
        builds: CodeBuildApi,
        identity: Identity,
        trail: CloudTrail,
    ) -> None:
        self._pipelines = pipelines
        self._builds = builds
        self._identity = identity
        self._trail = trail
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="engine-api")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        call = Call(
            method=scope["method"],
            path=scope["path"],
            raw_headers=list(scope["headers"]),
            body=body,
            source_address=(scope.get("client") or ("127.0.0.1",))[0],
        )
        loop = asyncio.get_running_loop()
        status, answer = await loop.run_in_executor(self._pool, self.answer, call)
        payload = json.dumps(answer).encode()
        headers = [
            (b"content-type", _CONTENT_TYPE.encode()),
            (b"content-length", str(len(payload)).encode()),
            (b"x-amzn-requestid", call.id.encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": payload})

    def answer(self, call: Call) -> tuple[int, dict[str, Any]]:
        """The status and body for one call; refusals in AWS's error form."""
        try:
            return 200, self._operate(call)
        except Refusal as refusal:
            return refusal.status, {"__type": refusal.code, "message": refusal.message}
        except Exception as error:
            _log.exception("the engine failed")
            text = f"{type(error).__name__}: {error}"
            return 500, {"__type": "InternalFailure", "message": text}

    def close(self) -> None:
        """Take no more requests."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _operate(self, call: Call) -> dict[str, Any]:
        headers = call.headers()
        key = self._identity.access_key_of(headers)
        forged = self._identity.forgery(call.method, call.path, call.raw_headers, call.body)
        if forged is not None:
            raise Refusal("InvalidSignatureException", forged, 403)
        prefix, _, operation = headers.get("x-amz-target", "").partition(".")
        service = SERVICES[prefix]
        try:
            parsed = json.loads(call.body or b"{}")
        except ValueError as error:
            raise Refusal("SerializationException", f"The body is not JSON: {error}") from None
        try:
            answer = self._carry_out(service, operation, parsed, key)
        except Refusal as refusal:
            self._record(call, service, operation, parsed, refusal=refusal)
            raise
        self._record(call, service, operation, parsed, response=answer)
        return answer

    def _carry_out(self, service: str, operation: str, parsed: Any, key: str) -> dict[str, Any]:
        request = check_request(service, operation, parsed)
        if service == "codedeploy":
            raise Refusal(
                "InvalidOperationException", f"CodeDeploy's {operation} is not in this sandbox yet"
            )
        self._require_rights(service, operation, request, key)
        caller = self._identity.caller_arn(key)
        api = self._pipelines if service == "codepipeline" else self._builds
        return api.answer(operation, request, caller)

    def _record(
        self,
        call: Call,
        service: str,
        operation: str,
        parsed: Any,
        *,
        response: Mapping[str, Any] | None = None,
        refusal: Refusal | None = None,
    ) -> None:
        if service != "codepipeline" or operation not in RECORDED or not isinstance(parsed, dict):
            return
        headers = call.headers()
        self._trail.record(
            Recorded(
                operation=operation,
                identity=self._identity.user_identity(self._identity.access_key_of(headers)),
                source_address=call.source_address,
                user_agent=headers.get("user-agent", ""),
                request_id=call.id,
                request=parsed,
                response=response,
                refusal=refusal,
            )
        )

    def _require_rights(
        self, service: str, operation: str, request: Mapping[str, Any], key: str
    ) -> None:
        if service == "codepipeline":
            resources = [codepipeline.resource_of(operation, request)]
        else:
            resources = codebuild.resources_of(operation, request)
        for resource in resources:
            refusal = self._identity.denied(key, f"{service}:{operation}", resource)
            if refusal is not None:
                raise Refusal("AccessDeniedException", refusal)
