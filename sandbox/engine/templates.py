"""CloudFormation properties in the API's form, by the botocore model of the API.

Property names are the API's members with a capital letter; numbers and booleans may come as text.
"""

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from sandbox.engine.refusals import Refusal


def in_api_form(shape: Shape, value: Any, where: str = "") -> Any:
    """The template's value as the shape wants it; raises Refusal for an unknown property."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        read = {}
        for key, entry in value.items():
            name = members.get(str(key).lower())
            if name is None:
                raise Refusal(
                    "ValidationException", f"extraneous key [{where}{key}] is not permitted"
                )
            read[name] = in_api_form(shape.members[name], entry, f"{where}{key}.")
        return read
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [in_api_form(shape.member, entry, where) for entry in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {key: in_api_form(shape.value, entry, where) for key, entry in value.items()}
    return _scalar(shape, value)


def _scalar(shape: Shape, value: Any) -> Any:
    if shape.type_name == "string" and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if shape.type_name == "boolean" and str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    if shape.type_name in ("integer", "long") and isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return value
    return value
