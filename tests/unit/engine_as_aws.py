"""The sandbox's CodePipeline behind a real botocore client, in process: no server, no sockets.

Requests go through botocore's model on the way in and its parser on the way out, so an adapter
reads exactly what it would read from the sandbox, which the contract tests hold against AWS.
"""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from signalbox.domain.services import Service

from sandbox.engine.refusals import Refusal
from sandbox.engine.wire.codepipeline import CodePipelineApi
from tests.fakes import REGION
from tests.unit.engine.engine_world import CALLER, World


class EngineAsAws:
    """``ServiceClients`` whose CodePipeline is the engine of a test's world."""

    def __init__(self, world: World) -> None:
        self._api = CodePipelineApi(pipelines=world.pipelines, interventions=world.interventions)
        self.asked: list[str] = []
        self._client = boto3.client(
            "codepipeline",
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self._client.meta.events.register("before-send.codepipeline.*", self._answer)

    def for_service(self, service: Service, name: str) -> Any:
        assert name == "codepipeline"
        return self._client

    def _answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        target = target.decode() if isinstance(target, bytes) else target
        operation = target.rpartition(".")[2]
        self.asked.append(operation)
        try:
            status, document = 200, self._api.answer(operation, json.loads(request.body), CALLER)
        except Refusal as refusal:
            status = refusal.status
            document = {"__type": refusal.code, "message": refusal.message}
        answer = AWSResponse(request.url, status, {}, None)
        answer._content = json.dumps(document).encode()
        return answer
