"""CloudFormation resource types that MiniStack lacks or does by halves."""

from collections.abc import Callable
from typing import Any

from sandbox.emulator.borrowed import borrow

Provisioned = tuple[str, dict[str, Any]]


def register_resource(
    type_name: str,
    *,
    create: Callable[[str, dict[str, Any], str], Provisioned],
    update: Callable[[str, dict[str, Any], dict[str, Any], str], Provisioned],
    delete: Callable[[str, dict[str, Any]], None],
) -> None:
    """Teach CloudFormation a resource type, or replace one it knows.

    `create(logical_id, properties, stack_name)`, `update(physical_id, old, new, stack_name)` and
    `delete(physical_id, properties)`; the first two return the physical id and the attributes.
    """
    borrow("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS")[type_name] = {
        "create": create,
        "update": update,
        "delete": delete,
    }
