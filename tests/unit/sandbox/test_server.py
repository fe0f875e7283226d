"""The switchboard: each request reaches the part it is meant for."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sandbox.server import Application, Switchboard

SIGNED = ("authorization", "AWS4-HMAC-SHA256 Credential=test/…")


def part(name: str) -> Application:
    return PlainTextResponse(name)


def board() -> Switchboard:
    async def own(_: Any) -> PlainTextResponse:
        return PlainTextResponse("own")

    routes = [Route("/", own), Route("/{rest:path}", own, methods=["GET", "POST"])]
    return Switchboard(aws=part("aws"), engine=part("engine"), routes=routes)


def asked(path: str, *headers: tuple[str, str]) -> str:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": [(n.encode("latin-1"), v.encode()) for n, v in headers],
    }
    asyncio.run(board()(scope, receive, send))
    return bytes(sent[-1]["body"]).decode()


@pytest.mark.parametrize(
    ("path", "headers", "answerer"),
    [
        ("/", [("x-amz-target", "CodePipeline_20150709.GetPipelineState"), SIGNED], "engine"),
        ("/", [("x-amz-target", "CodeBuild_20161006.BatchGetBuilds"), SIGNED], "engine"),
        ("/", [("x-amz-target", "CodeDeploy_20141006.GetDeployment"), SIGNED], "engine"),
        ("/", [("x-amz-target", "DynamoDB_20120810.PutItem"), SIGNED], "aws"),
        ("/", [SIGNED], "aws"),
        ("/console/events", [SIGNED], "aws"),
        ("/slack/interactions", [("host", "abc.execute-api.localhost:4600")], "aws"),
        ("/slack/api/chat.postMessage", [("authorization", "Bearer xoxb-1")], "own"),
        ("/_sandbox/health", [], "own"),
        ("/", [], "own"),
        ("/console/static/console.css", [], "own"),
        ("/a-bucket/a-key", [], "aws"),
    ],
)
def test_a_request_reaches_its_part(
    path: str, headers: list[tuple[str, str]], answerer: str
) -> None:
    assert asked(path, *headers) == answerer
