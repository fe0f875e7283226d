"""CloudFormation resource types that MiniStack lacks or does by halves."""

import functools
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


def keep_object_lock() -> None:
    """MiniStack drops `ObjectLockConfiguration` of a bucket in silence; AWS locks."""
    handler = borrow("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS")[
        "AWS::S3::Bucket"
    ]
    plain: Callable[..., Provisioned] = handler["create"]

    @functools.wraps(plain)
    def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Provisioned:
        name, attributes = plain(logical_id, properties, stack_name)
        if str(properties.get("ObjectLockEnabled", "")).lower() == "true":
            rule = properties.get("ObjectLockConfiguration", {}).get("Rule", {})
            borrow("ministack.services.s3:_bucket_object_lock")[name] = {
                "enabled": True,
                "default_retention": _retention(rule.get("DefaultRetention")),
            }
            borrow("ministack.services.s3:_bucket_versioning")[name] = "Enabled"
        return name, attributes

    handler["create"] = create


def _retention(declared: dict[str, Any] | None) -> dict[str, Any] | None:
    """CloudFormation passes numbers as text where a parameter gives them."""
    if declared is None:
        return None
    return {name: value if name == "Mode" else int(value) for name, value in declared.items()}
