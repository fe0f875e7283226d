"""Everything the API's endpoint asks for, with a gate that waits."""

from __future__ import annotations

import json
from typing import Any

from signalbox.adapters.api_endpoint import answer_api
from signalbox.domain.identity import PipelineId

from tests.fakes import ACCOUNT, REGION
from tests.gate_world import GateWorld

GRACE = "arn:aws:sts::123456789012:assumed-role/Team/grace"


class ApiWorld(GateWorld):
    """A world whose pipelines are, by default, those of its own account and region."""

    here = PipelineId(account=ACCOUNT, region=REGION, name="")

    def ask(
        self, route: str, body: Any = None, *, caller: str | None = GRACE, **path: str
    ) -> tuple[int, dict[str, Any]]:
        """One request, as API Gateway hands it over; its status and its body."""
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        event = {"routeKey": route, "pathParameters": path, "body": text, "isBase64Encoded": False}
        event["requestContext"] = {"authorizer": {"iam": {"userArn": caller}}} if caller else {}
        answer = answer_api(event, self)
        return answer["statusCode"], json.loads(answer["body"])
