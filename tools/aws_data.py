"""Cut botocore's data to what one function calls, for its package; `tools.build` puts it there.

A client costs the reading of its whole service: DynamoDB's is half a megabyte, and the endpoints of
all services are more. What stays is what the code calls: the operations are read off the adapters.
Whatever is not in there is read from botocore's own data (`signalbox/runtime/aws_data.py`).
"""

from __future__ import annotations

import ast
import gzip
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore import xform_name

ROOT = Path(__file__).resolve().parent.parent
ADAPTERS = ROOT / "layers" / "signalbox" / "signalbox" / "adapters"
FOLDER = "aws-data"

CALLERS: Mapping[str, Mapping[str, str]] = {
    "answer_slack": {
        "dynamodb": "dynamodb_table.py",
        "secretsmanager": "secrets.py",
        "sqs": "sqs_bells.py",
    }
}
"""By function: the services it calls, and the one adapter in which it calls each."""

SHARED = ("_retry", "partitions", "sdk-default-configuration")
RULES = "endpoint-rule-set-1"


def calls_in(adapter: str) -> frozenset[str]:
    """The methods of its client that an adapter calls or hands on: `get_item`, `query` …"""
    tree = ast.parse((ADAPTERS / adapter).read_text(encoding="utf-8"))
    return frozenset(
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "_client"
    )


def cut_data(function: str, package: Path, data: Path) -> None:
    """Write the folder for one function into its package; those that need none get none.

    ``data`` is the data of the botocore that is shipped.
    """
    target = package / FOLDER
    shutil.rmtree(target, ignore_errors=True)
    services = CALLERS.get(function, {})
    for service, adapter in services.items():
        _cut_service(data / service, calls_in(adapter), target / service)
    if services:
        for name in SHARED:
            _write(target / f"{name}.json", _read(data / name))
        _write(target / "endpoints.json", _cut_endpoints(_read(data / "endpoints"), services))


def _cut_service(service: Path, calls: frozenset[str], target: Path) -> None:
    newest = max(path.name for path in service.iterdir() if path.is_dir())
    source, folder = service / newest, target / newest
    model = _read(source / "service-2")
    kept = {name: one for name, one in model["operations"].items() if xform_name(name) in calls}
    missing = calls - {xform_name(name) for name in kept}
    if missing:
        raise SystemExit(f"signalbox: {service.name} has no operation {sorted(missing)}")
    shapes = {name: model["shapes"][name] for name in _shapes_of(kept, model["shapes"])}
    cut = {"operations": kept, "shapes": shapes, "documentation": ""}
    _write(folder / "service-2.json", _undocumented(model | cut))
    _write(folder / f"{RULES}.json", _read(source / RULES))
    for extras in source.glob("service-2.*-extras.json"):
        shutil.copy(extras, folder / extras.name)


def _shapes_of(operations: Any, shapes: Mapping[str, Any]) -> frozenset[str]:
    """Every shape that is reached from these operations."""
    known: set[str] = set()
    todo = list(_named(operations))
    while todo:
        name = todo.pop()
        if name not in known:
            known.add(name)
            todo += _named(shapes[name])
    return frozenset(known)


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        for inner in value.values():
            yield from _named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner)


def _undocumented(value: Any) -> Any:
    """Without the texts; a member of a shape may be called `documentation` and is no text."""
    if isinstance(value, dict):
        return {
            name: _undocumented(inner)
            for name, inner in value.items()
            if not (name == "documentation" and isinstance(inner, str))
        }
    return [_undocumented(inner) for inner in value] if isinstance(value, list) else value


def _cut_endpoints(document: Any, services: Mapping[str, str]) -> Any:
    for partition in document["partitions"]:
        listed = partition["services"]
        partition["services"] = {name: listed[name] for name in services if name in listed}
    return document


def _read(stem: Path) -> Any:
    """One of botocore's documents, which may be compressed."""
    packed = stem.with_name(f"{stem.name}.json.gz")
    if packed.exists():
        return json.loads(gzip.decompress(packed.read_bytes()))
    return json.loads(stem.with_name(f"{stem.name}.json").read_bytes())


def _write(path: Path, document: Any) -> None:
    """Not compressed: reading is what costs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, separators=(",", ":")), encoding="utf-8")
