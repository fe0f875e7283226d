"""Object Lock as S3 has it: from a template, and against whoever would get around it.

MiniStack drops the lock of a bucket that CloudFormation makes, lets the account's root bypass a
retention that the bucket's policy denies to everybody, compares dates as text, lets versioning be
suspended under a lock, and takes an object without a checksum. S3 does none of that (S3 user guide,
"Object Lock considerations"). Here nobody bypasses anything, which is stricter than S3 where a
bucket has no such policy.
"""

import functools
import importlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.emulator.borrowed import borrow
from sandbox.emulator.resources import Provisioned

MODULE: Final = "ministack.services.s3"
BYPASS: Final = "x-amz-bypass-governance-retention"
PROTECTED: Final = "Access Denied because object protected by object lock."
_UNTIL: Final = re.compile(rb"<(?:\w+:)?RetainUntilDate>([^<]+)<")
_SUSPENDED: Final = re.compile(rb"<(?:\w+:)?Status>\s*Suspended\s*<")

Headers = Mapping[str, str]


def keep_object_lock() -> None:
    """Lock buckets as their template says, and keep what is locked."""
    _lock_what_templates_lock()
    module: Any = importlib.import_module(MODULE)
    module._check_object_lock = _without_bypass(borrow(f"{MODULE}:_check_object_lock"))
    module._put_object_retention = _only_longer(borrow(f"{MODULE}:_put_object_retention"))
    module._put_bucket_versioning = _never_suspended(borrow(f"{MODULE}:_put_bucket_versioning"))
    module._put_object = _with_checksum(borrow(f"{MODULE}:_put_object"))


def _lock_what_templates_lock() -> None:
    handler = borrow("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS")[
        "AWS::S3::Bucket"
    ]
    create: Callable[..., Provisioned] = handler["create"]
    update: Callable[..., Provisioned] = handler["update"]

    @functools.wraps(create)
    def created(logical_id: str, properties: dict[str, Any], stack_name: str) -> Provisioned:
        return _locked(create(logical_id, properties, stack_name), properties)

    @functools.wraps(update)
    def updated(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str
    ) -> Provisioned:
        return _locked(update(physical_id, old, new, stack_name), new)

    handler["create"], handler["update"] = created, updated


def _locked(provisioned: Provisioned, properties: dict[str, Any]) -> Provisioned:
    """Give the bucket the lock of its properties. A lock once given is never taken away."""
    name = provisioned[0]
    if str(properties.get("ObjectLockEnabled", "")).lower() == "true":
        rule = properties.get("ObjectLockConfiguration", {}).get("Rule", {})
        borrow(f"{MODULE}:_bucket_object_lock")[name] = {
            "enabled": True,
            "default_retention": _retention(rule.get("DefaultRetention")),
        }
        borrow(f"{MODULE}:_bucket_versioning")[name] = "Enabled"
    return provisioned


def _retention(declared: dict[str, Any] | None) -> dict[str, Any] | None:
    """CloudFormation passes numbers as text where a parameter gives them."""
    if declared is None:
        return None
    return {name: value if name == "Mode" else int(value) for name, value in declared.items()}


def _without_bypass(check: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(check)
    def checked(bucket: str, key: str, headers: Headers, version: str | None) -> Any:
        return check(bucket, key, _unprivileged(headers), version)

    return checked


def _only_longer(put: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(put)
    def kept(
        bucket: str, key: str, body: bytes, headers: Headers, query: Mapping[str, Any] | None = None
    ) -> Any:
        wanted = _UNTIL.search(body)
        until = _moment(wanted[1].decode()) if wanted else None
        if until is not None and until <= datetime.now(UTC):
            message = "The retain until date must be in the future!"
            return _refused("InvalidArgument", message, 400)
        if until is not None and until < _held_until(bucket, key, query):
            return _refused("AccessDenied", PROTECTED, 403)
        return put(bucket, key, body, _unprivileged(headers), query)

    return kept


def _never_suspended(put: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(put)
    def versioned(bucket: str, body: bytes) -> Any:
        if borrow(f"{MODULE}:_bucket_object_lock").get(bucket) and _SUSPENDED.search(body):
            message = (
                "An Object Lock configuration is present on this bucket, so the versioning state"
                " cannot be changed."
            )
            return _refused("InvalidBucketState", message, 409)
        return put(bucket, body)

    return versioned


def _with_checksum(put: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(put)
    def checked(bucket: str, key: str, body: bytes, headers: Headers) -> Any:
        lock = borrow(f"{MODULE}:_bucket_object_lock").get(bucket) or {}
        named = any(name.startswith("x-amz-checksum-") for name in headers)
        if lock.get("default_retention") and not (
            named or "content-md5" in headers or "x-amz-trailer" in headers
        ):
            message = (
                "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests"
                " with Object Lock parameters"
            )
            return _refused("InvalidRequest", message, 400)
        return put(bucket, key, body, headers)

    return checked


def _unprivileged(headers: Headers) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != BYPASS}


def _held_until(bucket: str, key: str, query: Mapping[str, Any] | None) -> datetime:
    """Until when a version is kept; the beginning of time where it is not."""
    never = datetime.min.replace(tzinfo=UTC)
    buckets = borrow(f"{MODULE}:_buckets")
    if bucket not in buckets:
        return never
    held, missing = borrow(f"{MODULE}:_object_lock_target")(
        bucket, key, buckets[bucket], dict(query or {})
    )
    retention = None if missing else borrow(f"{MODULE}:_object_retention").get(held)
    return (_moment(retention["RetainUntilDate"]) if retention else None) or never


def _moment(text: str) -> datetime | None:
    """A date of S3's, or None where it is none: MiniStack answers that by itself."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _refused(code: str, message: str, status: int) -> Any:
    return borrow(f"{MODULE}:_error")(code, message, status)
