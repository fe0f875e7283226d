"""Operations of Systems Manager that MiniStack lacks, beside those it has, with IAM's say in them.

MiniStack asks IAM for the right on the first document of a request, which `authorization` names;
here each further one is asked for (Service Authorization Reference, AWS Systems Manager).
"""

import functools
import importlib
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from sandbox.emulator.authorization import document_arns
from sandbox.emulator.borrowed import borrow
from sandbox.emulator.identity import access_key_of, denied

MODULE: Final = "ministack.services.ssm"
Answer = Callable[[str, dict[str, Any]], tuple[int, dict[str, Any]]]
Response = tuple[int, dict[str, str], bytes]


def extend_systems_manager(operations: Collection[str], answer: Answer) -> None:
    """Have `answer` answer these operations; MiniStack answers the others."""
    module: Any = importlib.import_module(MODULE)
    known = borrow(f"{MODULE}:handle_request")
    ours = frozenset(operations)

    @functools.wraps(known)
    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any
    ) -> Any:
        target = headers.get("x-amz-target", "")
        operation = target.rpartition(".")[2]
        if operation not in ours:
            return await known(method, path, headers, body, query)
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            return _written(400, {"__type": "SerializationException", "Message": "no JSON"})
        key = access_key_of(headers)
        for arn in document_arns(target, body)[1:]:
            refusal = denied(key, f"ssm:{operation}", arn)
            if refusal is not None:
                return _written(400, {"__type": "AccessDeniedException", "Message": refusal})
        return _written(*answer(operation, request))

    module.handle_request = handle


def _written(status: int, answer: Mapping[str, Any]) -> Response:
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()
