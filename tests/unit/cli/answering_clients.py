"""AWS clients that answer what a test has laid down, in whatever order they are asked."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import validate_parameters

Answer = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]]
REGION = "us-east-1"


class AnsweringClients:
    """Stands for botocore's session. Questions and answers are held against AWS's own models."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        """``answers`` are by ``service:Operation``."""
        self.answers = answers
        self.asked: list[str] = []
        self._session = botocore.session.Session()

    def create_client(self, service: str, **_: Any) -> Any:
        client: Any = self._session.create_client(
            service, region_name=REGION, aws_access_key_id="t", aws_secret_access_key="t"
        )

        def answer(model: Any, params: Any, **_: Any) -> Any:
            key = f"{service}:{model.name}"
            self.asked.append(key)
            laid = self.answers[key]
            given = laid(params) if callable(laid) else laid
            if "code" in given:
                status = {"HTTPStatusCode": 400}
                said = {"Code": given["code"], "Message": given.get("message", "no")}
                error = {"Error": said, "ResponseMetadata": status}
                raise ClientError(error, model.name)  # type: ignore[arg-type]
            if model.output_shape is not None:
                validate_parameters(given, model.output_shape)
            return _Http(), copy.deepcopy(given)  # botocore decodes policies in place

        client.meta.events.register("before-call", answer)
        return client


class _Http:
    status_code = 200


def denied(what: str) -> dict[str, Any]:
    """AWS's refusal for want of a right."""
    return {"code": "AccessDeniedException", "message": f"not authorized to perform: {what}"}
