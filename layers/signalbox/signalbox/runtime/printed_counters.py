"""The metrics of the function that must not load Powertools, in the same form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signalbox.ports import Clock


class PrintedCounters:
    """``Counters`` as lines of the embedded metric format, one a count.

    Source: CloudWatch user guide, "Embedded metric format specification". Namespace and dimension
    are those of ``runtime/logging.py``.
    """

    def __init__(self, function: str, clock: Clock) -> None:
        self._function = function
        self._clock = clock

    def count(self, name: str) -> None:
        """Add one to the count of that name."""
        declared = {
            "Namespace": "Signalbox",
            "Dimensions": [["service"]],
            "Metrics": [{"Name": name, "Unit": "Count"}],
        }
        at = int(self._clock.now().timestamp() * 1000)
        line = {
            "_aws": {"Timestamp": at, "CloudWatchMetrics": [declared]},
            "service": self._function,
            name: 1,
        }
        print(json.dumps(line, separators=(",", ":")), flush=True)
