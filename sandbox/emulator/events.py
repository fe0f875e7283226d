"""Events of AWS services, put on the default bus from inside."""

import json
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sandbox import clock
from sandbox.emulator.borrowed import borrow
from sandbox.emulator.environment import ACCOUNT, REGION

_emission = threading.Lock()


def emit_event(
    *,
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    resources: Sequence[str],
    time: datetime | None = None,
) -> None:
    """Put an AWS service's event on the default bus; safe from any thread.

    `PutEvents` refuses `aws.*` sources, here as on AWS, so this is the way in for our engine.
    """
    event = {
        "EventId": str(uuid.uuid4()),
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "EventBusName": "default",
        "Time": int((time or clock.now()).timestamp()),
        "Resources": list(resources),
        "Account": ACCOUNT,
        "Region": REGION,
    }
    with _emission:
        borrow("ministack.services.eventbridge:_events_log_list")().append(event)
        view = borrow("ministack.services.eventbridge:_pattern_event_view")(event)
        borrow("ministack.services.eventbridge:_dispatch_event")(event, view)
