"""Which right a call on a Lambda alias needs; MiniStack takes each of them for `ListAliases`.

Source: Service Authorization Reference, "Actions defined by AWS Lambda"; routes: botocore's model.
"""

import importlib
from collections.abc import Callable
from typing import Final

from sandbox.emulator.borrowed import borrow

_OF_ALIAS: Final = {"GET": "GetAlias", "PUT": "UpdateAlias", "DELETE": "DeleteAlias"}
_OF_PROVISIONED: Final = {
    "GET": "GetProvisionedConcurrencyConfig",
    "PUT": "PutProvisionedConcurrencyConfig",
    "DELETE": "DeleteProvisionedConcurrencyConfig",
}


def know_alias_rights() -> None:
    """Have the evaluator ask for the right that AWS asks for."""
    module = importlib.import_module("ministack.core.iam_actions")
    known: Callable[[str, str], str | None] = borrow("ministack.core.iam_actions:_lambda_action")

    def lambda_action(method: str, path: str) -> str | None:
        parts = [part for part in path.split("/") if part]
        if parts[-2:-1] == ["aliases"] and method in _OF_ALIAS:
            return _OF_ALIAS[method]
        if parts[-1:] == ["provisioned-concurrency"] and method in _OF_PROVISIONED:
            return _OF_PROVISIONED[method]
        return known(method, path)

    module._lambda_action = lambda_action  # type: ignore[attr-defined]
