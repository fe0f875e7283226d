"""Our own documents in Parameter Store, read strictly: an unknown field is a mistake."""

from __future__ import annotations

import json
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from signalbox.domain.errors import DocumentInvalidError

KEPT_FOR_SECONDS = 60.0
"""So long is what was read taken for the truth: a change of policy holds a minute later."""


class Part(BaseModel):
    """A part of a document: camelCase names, and no field but the known ones.

    An error shows no input: what pydantic cuts out of the middle of it, masking knows no more.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True
    )


class Document(Part):
    """A whole document: it names the version of the contract that it follows."""

    contract: Literal[1]


D = TypeVar("D", bound=Document)


def no_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """For ``json.loads``: a name that is written twice. JSON's last one wins, unseen."""
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} is written twice")
    return dict(pairs)


def parse(model: type[D], text: str, parameter: str) -> D:
    """Read a document. Raises DocumentInvalidError naming the parameter, the field and why."""
    try:
        json.loads(text, object_pairs_hook=no_twice)
    except ValueError as wrong:
        raise DocumentInvalidError(f"{parameter}: no JSON: {wrong}") from None
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise DocumentInvalidError(
            f"{parameter}: {fault_of(error)}", field=field_of(error)
        ) from error


def field_of(error: ValidationError) -> str:
    """The path of the first thing that is wrong, as ``groups.sre.0``; empty for the whole."""
    return ".".join(str(part) for part in error.errors(include_url=False)[0]["loc"])


def fault_of(error: ValidationError) -> str:
    """The first thing that is wrong with a document: the field, and why."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "the document"
    return f"{field}: {first['msg'].removeprefix('Value error, ')}"
