"""Gives each started action a thread and its provider's worker."""

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.engine.conductor import ActionOrder
from sandbox.engine.executions import ActionResult

_log = logging.getLogger(__name__)


class Worker(Protocol):
    """Does the work of one action provider."""

    def __call__(self, order: ActionOrder) -> ActionResult | None:
        """Work until the action ends; None leaves it open for somebody to decide."""
        ...


class ActionWorkers:
    """The table of workers, by the action's provider."""

    def __init__(self, workers: Mapping[str, Worker]) -> None:
        self._workers = workers

    def start(self, order: ActionOrder, finish: Callable[[ActionResult], None]) -> None:
        """Begin the work on a thread of its own."""
        name = f"action-{order.run.stage}-{order.run.declaration.name}"
        threading.Thread(target=self._work, args=(order, finish), name=name, daemon=True).start()

    def _work(self, order: ActionOrder, finish: Callable[[ActionResult], None]) -> None:
        worker = self._workers[order.run.declaration.provider]
        try:
            result = worker(order)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            denied = code in ("AccessDenied", "AccessDeniedException")
            result = ActionResult.failure("PermissionError" if denied else "JobFailed", str(error))
        except BotoCoreError as error:
            result = ActionResult.failure("InternalError", str(error))
        except Exception as error:
            _log.exception("action %s failed unexpectedly", order.run.declaration.name)
            result = ActionResult.failure("InternalError", f"{type(error).__name__}: {error}")
        if result is not None:
            finish(result)
