"""The control plane's API in memory: what a terminal sends comes to the endpoint itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from signalbox.adapters.api_endpoint import ROUTES, answer_api

from tests.unit.api.api_world import ApiWorld

CALLER = "arn:aws:sts::123456789012:assumed-role/Team/grace"


@dataclass
class Reply:
    """What botocore's HTTP session gives back."""

    status_code: int
    text: str


@dataclass
class WiredApi:
    """An HTTP session whose other end is the endpoint, as API Gateway would call it.

    ``after`` runs after each POST: what the work queue does meanwhile. ``lying`` answers instead.
    """

    world: ApiWorld
    caller: str = CALLER
    after: Callable[[], None] = lambda: None
    lying: Reply | None = None
    sent: list[Any] = field(default_factory=list)

    def send(self, request: Any) -> Reply:
        self.sent.append(request)
        if self.lying is not None:
            return self.lying
        path = urlsplit(request.url).path
        key, parameters = routed(request.method, path)
        body = request.body.decode() if request.body else None
        event = {
            "routeKey": key,
            "pathParameters": parameters,
            "body": body,
            "isBase64Encoded": False,
            "requestContext": {"authorizer": {"iam": {"userArn": self.caller}}},
        }
        answer = answer_api(event, self.world)
        if request.method == "POST":
            self.after()
        return Reply(answer["statusCode"], answer["body"])

    def votes(self) -> list[Mapping[str, Any]]:
        """The votes that were sent."""
        return [json.loads(one.body) for one in self.sent if one.url.endswith("/votes")]


def routed(method: str, path: str) -> tuple[str, dict[str, str]]:
    """The route that API Gateway would choose, and the path's parameters."""
    parts = path.split("/")
    for key in sorted(ROUTES, key=lambda one: one.count("{")):
        verb, _, wanted = key.partition(" ")
        pattern = wanted.split("/")
        if verb != method or len(pattern) != len(parts):
            continue
        pairs = list(zip(pattern, parts, strict=True))
        if all(one.startswith("{") or one == part for one, part in pairs):
            return key, {one.strip("{}"): part for one, part in pairs if one.startswith("{")}
    return "$default", {}
