"""Who may read and write which items of a table: the conditions and the table's own policy.

MiniStack tells conditions neither `dynamodb:LeadingKeys` nor the attributes that are written, so
that they let everything pass; it drops the policy that a template gives a table, and asks none.

Sources: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control" and
"Using resource-based policies". A transaction is judged by the keys and attributes of all its parts
at once, which is never looser than each by itself.
"""

import functools
import importlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sandbox.emulator.borrowed import borrow
from sandbox.emulator.resources import Provisioned

ACTIONS: Final = "ministack.core.iam_actions"
TABLES: Final = "ministack.services.dynamodb"
MEMBERS: Final = ("ConditionCheck", "Put", "Update", "Delete", "Get")
KEYS, ATTRIBUTES = "dynamodb:LeadingKeys", "dynamodb:Attributes"
_EQUAL: Final = re.compile(r"([#\w.-]+)\s*=\s*(:\w+)")
_NAME: Final = re.compile(r"attribute_(?:not_)?exists\s*\(\s*([#\w.-]+)\s*\)|([#\w.-]+)\s*[<=>]")

Request = Mapping[str, Any]


def know_which_items() -> None:
    """Give conditions the partition keys that a request names, and the attributes that it puts."""
    module: Any = importlib.import_module(ACTIONS)
    known: Callable[[bytes], dict[str, Any]] = borrow(f"{ACTIONS}:dynamodb_service_context")

    @functools.wraps(known)
    def context(body: bytes) -> dict[str, Any]:
        found = known(body)
        parts = list(_parts(body))
        keys = {key for part in parts for key in _leading_keys(part)}
        put = {name for part in parts if "Item" in part for name in _attributes(part)}
        if keys:
            found[KEYS] = sorted(keys)
        if put:
            found[ATTRIBUTES] = sorted(put.union(found.get(ATTRIBUTES, ())))
        return found

    module.dynamodb_service_context = context


def _parts(body: bytes) -> Iterator[Request]:
    """A request, or each part of its transaction."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return
    if not isinstance(request, dict):
        return
    items = request.get("TransactItems")
    for item in items if isinstance(items, list) else [{"Put": request}]:
        named = [item.get(member) for member in MEMBERS] if isinstance(item, dict) else []
        yield from (part for part in named if isinstance(part, dict))


def _leading_keys(part: Request) -> Iterator[str]:
    name = _partition_key(part)
    given = {**part.get("Key", {}), **part.get("Item", {})}
    if name in given:
        yield _text(given[name])
    for left, right in _EQUAL.findall(part.get("KeyConditionExpression", "")):
        if _real(left, part) == name:
            yield _text(part.get("ExpressionAttributeValues", {}).get(right, {}))


def _partition_key(part: Request) -> str:
    """Of the table, or of the index that is asked."""
    table = borrow(f"{TABLES}:_tables").get(str(part.get("TableName", "")).rpartition("/")[2], {})
    index = part.get("IndexName")
    schemas = [one["KeySchema"] for one in _indexes(table) if one["IndexName"] == index]
    schema = schemas[0] if schemas else table.get("KeySchema", [])
    return next((key["AttributeName"] for key in schema if key["KeyType"] == "HASH"), "")


def _indexes(table: Request) -> list[Request]:
    kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    return [index for kind in kinds for index in table.get(kind) or ()]


def _attributes(part: Request) -> Iterator[str]:
    yield from part["Item"]
    for tested, compared in _NAME.findall(part.get("ConditionExpression", "")):
        yield _real(tested or compared, part)


def _real(name: str, part: Request) -> str:
    return str(part.get("ExpressionAttributeNames", {}).get(name, name))


def _text(value: Mapping[str, Any]) -> str:
    return str(next(iter(value.values()), ""))


def ask_table_policies() -> None:
    """Keep the policy that a template gives a table, and ask it at every request."""
    handler = borrow("ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS")[
        "AWS::DynamoDB::Table"
    ]
    create: Callable[..., Provisioned] = handler["create"]
    update: Callable[..., Provisioned] = handler["update"]

    @functools.wraps(create)
    def created(logical_id: str, properties: Request, *rest: Any, **more: Any) -> Provisioned:
        return _guarded(create(logical_id, properties, *rest, **more), properties)

    @functools.wraps(update)
    def updated(
        physical_id: str, old: Request, new: Request, *rest: Any, **more: Any
    ) -> Provisioned:
        return _guarded(update(physical_id, old, new, *rest, **more), new)

    handler["create"], handler["update"] = created, updated
    module: Any = importlib.import_module(TABLES)
    module.table_policy_for_arn = _policy_of
    borrow("ministack.core.iam_evaluator:_RESOURCE_POLICY_LOOKUPS")["dynamodb"] = (
        "dynamodb",
        "table_policy_for_arn",
    )


def _guarded(provisioned: Provisioned, properties: Request) -> Provisioned:
    policies, arn = borrow(f"{TABLES}:_resource_policies"), provisioned[1]["Arn"]
    document = properties.get("ResourcePolicy", {}).get("PolicyDocument")
    policies.pop(arn, None)
    if document:
        policies[arn] = {"Policy": json.dumps(document), "RevisionId": "1"}
    return provisioned


def _policy_of(arn: str) -> tuple[str, str] | None:
    """The policy of a table, which holds for its indexes too, and the account that owns it."""
    kept = borrow(f"{TABLES}:_resource_policies").get(arn.partition("/index/")[0])
    return (kept["Policy"], arn.split(":")[4]) if kept else None
