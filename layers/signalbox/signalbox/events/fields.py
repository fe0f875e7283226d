"""How single fields of strangers' payloads are read: strictly where a fact depends on them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from signalbox.domain.errors import UnreadableEventError
from signalbox.notifications.masking import mask

_LARGEST = 2**31
_COMPLAINTS = {
    "missing": "is missing",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "holds a character that no name in AWS has",
}
_KEY = r"^[!\"$-.0-~]{1,128}$"  # printable ASCII but blank, "#" and "/"

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Payload(BaseModel):
    """A part of a stranger's payload. Unknown fields change nothing, since AWS adds them.

    They stay in ``model_extra``, out of which ``leftovers`` keeps what fits.
    """

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)


class HyphenatedPayload(Payload):
    """A part whose keys are hyphenated, as in the details of the Code* services' events."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))


def text(value: object) -> str:
    """Text where a field holds text or a number, else nothing. Whole floats lose their ``.0``."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    whole = isinstance(value, float) and math.isfinite(value) and value.is_integer()
    return str(int(value)) if whole else str(value)


def whole(value: object) -> int | None:
    """A whole number out of ``6``, ``6.0``, ``"6"`` or ``"6.0"``; None out of anything else."""
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    return int(number) if math.isfinite(number) and 0 <= number < _LARGEST else None


def account(value: object) -> str:
    """An account id. A bare number has lost its leading zeros; they are put back."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return text(value).zfill(12)
    return text(value).strip()


def mapping(value: object) -> Mapping[str, Any]:
    """The object itself, or an empty one where AWS sent null, a list, or text instead."""
    return value if isinstance(value, Mapping) else {}


def mappings(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list, in order; of anything else, none."""
    return [part for part in value if isinstance(part, Mapping)] if isinstance(value, list) else []


def _essential(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    return text(value).strip()


def _optional_key(value: object) -> str:
    name = text(value).strip()
    return name if re.fullmatch(_KEY, name) else ""


def _optional_uuid(value: object) -> str:
    id = text(value).strip().lower()
    return id if re.fullmatch(_UUID, id) else ""


Text = Annotated[str, BeforeValidator(text)]
"""Text that a fact can do without."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=2048), BeforeValidator(_essential)]
"""Text that a fact depends on."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=128), BeforeValidator(_essential)]
"""A state or phase, known here or not: it becomes part of a key as well."""

Key = Annotated[
    str,
    StringConstraints(min_length=1, max_length=128, pattern=_KEY),
    BeforeValidator(_essential),
]
"""A name that becomes part of a key of the ledger; names of CodePipeline have 100 characters."""

OptionalKey = Annotated[str, BeforeValidator(_optional_key)]
"""Such a name where a fact can do without: nothing where it does not fit a key."""

OptionalUuid = Annotated[str, BeforeValidator(_optional_uuid)]
"""An id that AWS made, where a fact can do without; nothing where it is none."""

Whole = Annotated[int | None, BeforeValidator(whole)]
"""A number that a fact can do without."""

P = TypeVar("P", bound=Payload)
S = TypeVar("S", bound=StrEnum)


def parse(model: type[P], payload: object, *, where: str) -> P:
    """Parse ``payload``; ``where`` says what it is (``codepipeline.stage: detail``).

    Raises UnreadableEventError that names the first field that is wrong and what is wrong with it.
    No value is quoted: what cannot be read may hold a secret.
    """
    if payload is None:
        raise UnreadableEventError(f"{where}: is missing")
    if not isinstance(payload, Mapping):
        raise UnreadableEventError(f"{where}: is not an object")
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        path = ".".join([where, *(str(part) for part in first["loc"])])
        absent = "is missing" if first["input"] is None else "is not text"
        complaint = _COMPLAINTS.get(first["type"], absent)
        raise UnreadableEventError(f"{path}: {complaint}") from None


def known(states: type[S], value: str, otherwise: S) -> tuple[S, str]:
    """Look ``value`` up in a closed set; returns the state, and the value where it is not in it.

    The value becomes part of keys and sentences, so that a secret in it is masked.
    """
    try:
        return states(value.strip().upper()), ""
    except ValueError:
        return otherwise, mask(value)
