"""Logs of one JSON line, counts as embedded metrics, and the decorator that every handler wears."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

from signalbox.domain.errors import SignalboxError
from signalbox.notifications.masking import mask

Handler = Callable[[Any, Any], Any]


class MaskingFormatter(LambdaPowertoolsFormatter):
    """Powertools' own format, with secrets covered in the finished line."""

    def serialize(self, log: Any) -> str:
        """One line of JSON in which every string has passed ``mask``, stack traces included."""
        return json.dumps(_masked(json.loads(super().serialize(log))), separators=(",", ":"))


@cache
def logger() -> Logger:
    """The function's logger. Made at first use: Powertools reads the environment.

    What use cases say through the standard library leaves by the same handler, in the same form.
    """
    made = Logger(logger_formatter=MaskingFormatter())
    ours = logging.getLogger("signalbox")
    ours.handlers = [made.registered_handler]
    ours.setLevel(made.log_level)
    ours.propagate = False
    return made


@cache
def metrics() -> Metrics:
    """The function's metrics, in one namespace and with one dimension, the function: a dimension
    per pipeline would cost more than all else (CloudWatch bills each as a metric of its own).
    """
    return Metrics(namespace="Signalbox")


def count(name: str, number: int = 1) -> None:
    """Add ``number`` to the count ``name``; it leaves with the invocation's other metrics."""
    metrics().add_metric(name=name, unit=MetricUnit.Count, value=number)


def reported(handle: Handler) -> Handler:
    """Wrap a handler: the request id in each line, errors of ours logged once, counts flushed.

    Errors still escape, for queues and state machines act on their names. The event itself is
    never logged: it may hold what Slack or a stranger put into it.
    """

    @wraps(handle)
    def wrapped(event: Any, context: Any) -> Any:
        request = getattr(context, "aws_request_id", "")
        logger().append_keys(function_request_id=request)
        try:
            return handle(event, context)
        except SignalboxError as error:
            logger().error(str(error), error=type(error).__name__, exc_info=error)
            raise
        finally:
            _flush()

    return wrapped


def _flush() -> None:
    if metrics().metric_set:
        metrics().flush_metrics()


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(key): _masked(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    return value
