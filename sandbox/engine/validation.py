"""Requests against the full botocore model, refused in AWS's wording.

AWS's services ignore members that they do not know; here an unknown member is refused as well, for
it is nearly always a typing error of ours.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.loaders
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from sandbox.engine.refusals import Refusal

_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "double": (int, float),
    "float": (int, float),
    "timestamp": (int, float, str),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
    "blob": (str,),
}


@cache
def service_model(service: str) -> ServiceModel:
    """botocore's model of a service, e.g. `codepipeline`."""
    loaded = botocore.loaders.Loader().load_service_model(service, "service-2")
    return ServiceModel(loaded, service)


def operation_model(service: str, operation: str) -> OperationModel:
    """The model of one operation; raises Refusal (UnknownOperationException) for no such one."""
    model = service_model(service)
    if operation not in model.operation_names:
        raise Refusal("UnknownOperationException", f"Unknown operation {operation}")
    return model.operation_model(operation)


def check_request(service: str, operation: str, request: Any) -> dict[str, Any]:
    """The request, if it is what the operation's input shape allows; raises Refusal if not."""
    shape = operation_model(service, operation).input_shape
    if not isinstance(request, dict):
        raise Refusal(
            "SerializationException", "Start of structure or map found where not expected"
        )
    if shape is not None:
        check(shape, request)
    return request


def check(shape: Shape, value: Any) -> None:
    """Raise Refusal unless the value satisfies the shape."""
    problems = list(_problems(shape, value, ""))
    if problems:
        many = "error" if len(problems) == 1 else "errors"
        raise Refusal(
            "ValidationException",
            f"{len(problems)} validation {many} detected: " + "; ".join(problems),
        )


def _fits(shape: Shape, value: Any) -> bool:
    allowed = _PYTHON_TYPES[shape.type_name]
    return isinstance(value, allowed) and (bool in allowed or not isinstance(value, bool))


def _problems(shape: Shape, value: Any, where: str) -> Iterator[str]:
    if not _fits(shape, value):
        raise Refusal(
            "SerializationException",
            f"{type(value).__name__} value at '{where}' can not be converted to {shape.type_name}",
        )
    if isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, where)
    elif isinstance(shape, ListShape):
        yield from _size_problems(shape, len(value), "length", value, where)
        for index, member in enumerate(value, start=1):
            yield from _problems(shape.member, member, f"{where}.{index}.member")
    elif isinstance(shape, MapShape):
        yield from _size_problems(shape, len(value), "length", value, where)
        for key, member in value.items():
            yield from _problems(shape.key, key, f"{where}.key")
            yield from _problems(shape.value, member, f"{where}.{key}.member")
    elif isinstance(value, str) and shape.type_name == "string":
        yield from _string_problems(shape, value, where)
    elif shape.type_name in ("integer", "long", "double", "float"):
        yield from _size_problems(shape, value, "value", value, where)


def _structure_problems(shape: StructureShape, value: Any, where: str) -> Iterator[str]:
    prefix = f"{where}." if where else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield _problem(None, prefix + name, "Member must not be null")
    for name, member in value.items():
        if name not in shape.members:
            known = ", ".join(shape.members)
            yield _problem(member, prefix + name, f"Member must be one of: [{known}]")
        elif member is not None:
            yield from _problems(shape.members[name], member, prefix + name)


def _string_problems(shape: Shape, value: str, where: str) -> Iterator[str]:
    yield from _size_problems(shape, len(value), "length", value, where)
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        choices = ", ".join(allowed)
        yield _problem(value, where, f"Member must satisfy enum value set: [{choices}]")
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(_in_python(pattern), value):
        yield _problem(value, where, f"Member must satisfy regular expression pattern: {pattern}")


def _size_problems(
    shape: Shape, size: float, measure: str, value: Any, where: str
) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < float(least):
        yield _problem(value, where, f"Member must have {measure} greater than or equal to {least}")
    if most is not None and size > float(most):
        yield _problem(value, where, f"Member must have {measure} less than or equal to {most}")


def _in_python(pattern: str) -> str:
    """Java's Unicode classes in Python's words."""
    return pattern.replace(r"\p{L}", r"\w").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d")


def _problem(value: Any, where: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{where}' failed to satisfy constraint: {constraint}"
