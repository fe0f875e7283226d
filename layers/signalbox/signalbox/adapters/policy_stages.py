"""What a policy document may say of one stage: its own fields, but for those above all stages."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from signalbox.domain.errors import DocumentInvalidError

TOP = "write it at the top of the document"
ABOVE_STAGES: Mapping[str, str] = {
    "contract": "the contract is the whole document's; leave it out here",
    "stages": "there are no stages below a stage; write them beside {stage}",
    "mode": f"a mode holds for the whole pipeline; {TOP}",
    "holds": f'a hold says itself what it holds; {TOP}, with "stages": ["{{stage}}"]',
    "rollbackWindow": f"it holds for the whole pipeline; {TOP}",
    "keepReleases": f"it holds for the whole pipeline; {TOP}",
}
"""What no stage has for itself, and where it belongs. Whatever closes stages, rolls back or cleans
up goes by the pipeline's policy: below a stage nobody would look."""


def refuse_what_stands_above(stage: str, own: object, parameter: str) -> None:
    """Raise DocumentInvalidError where the fields below a stage have one that belongs above."""
    for name in own if isinstance(own, dict) else ():
        if name in ABOVE_STAGES:
            field, why = f"stages.{stage}.{name}", ABOVE_STAGES[name].format(stage=stage)
            raise DocumentInvalidError(f"{parameter}: {field}: {why}", field=field)


def describe_stages(schema: dict[str, Any]) -> None:
    """Let editors know the fields below a stage, in the JSON Schema of a policy document. None of
    them is a must, and none has a default of its own: what is not written is the document's.
    """
    told = schema["properties"]
    below = {
        name: {key: value for key, value in field.items() if key != "default"}
        for name, field in told.items()
        if name not in ABOVE_STAGES
    }
    told["stages"]["additionalProperties"] = {
        "additionalProperties": False,
        "description": "What is written here replaces the document's at the gates of this stage.",
        "properties": deepcopy(below),
        "type": "object",
    }
