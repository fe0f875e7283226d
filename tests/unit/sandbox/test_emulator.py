"""What we take of MiniStack's inside is there, in the version that we have pinned."""

import importlib
import inspect
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from sandbox.emulator import access_key_of
from sandbox.emulator.authorization import role_of
from sandbox.emulator.borrowed import BORROWED, VERSION, borrow
from sandbox.preflight import ROOT

PACKAGE = ROOT / "sandbox" / "emulator"

PARAMETERS = {
    "ministack.app:_enforce_execute_api": [
        *("api_id", "stage", "method", "execute_path", "headers", "query_params", "iam_action"),
    ],
    "ministack.app:_execute_api_authorization_type": [
        *("api_id", "stage", "method", "execute_path"),
    ],
    "ministack.services.apigateway:find_api_scope": ["api_id"],
    "ministack.core.iam_actions:_lambda_action": ["method", "path"],
    "ministack.core.iam_evaluator:_resolve_condition_key": ["key", "ctx"],
    "ministack.core.iam_evaluator:enforce": [
        *("access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"),
    ],
    "ministack.services.cloudwatch:record_metric": [
        *("namespace", "metric_name", "value", "unit", "dimensions"),
    ],
    "ministack.services.eventbridge:_dispatch_event": ["event", "view"],
    "ministack.services.lambda_svc:_execute_function_dispatch": [
        *("func", "config", "event", "request_id", "started"),
    ],
    "ministack.services.s3:_check_object_lock": ["bucket_name", "key", "headers", "version_id"],
    "ministack.services.s3:_error": [
        *("code", "message", "status", "resource", "extra", "headers"),
    ],
    "ministack.services.s3:_object_lock_target": ["bucket_name", "key", "bucket", "query_params"],
    "ministack.services.s3:_put_bucket_versioning": ["name", "body"],
    "ministack.services.s3:_put_object": ["bucket_name", "key", "body", "headers"],
    "ministack.services.s3:_put_object_retention": [
        *("bucket_name", "key", "body", "headers", "query_params"),
    ],
    "ministack.services.ssm:handle_request": ["method", "path", "headers", "body", "query_params"],
    "ministack.services.stepfunctions:_execute_task": [
        *("state_def", "raw_input", "execution", "ctx"),
    ],
    "ministack.services.sts:register_session": ["access_key", "session"],
}


def test_the_installed_ministack_is_the_one_we_know() -> None:
    assert version("ministack") == VERSION


@pytest.mark.parametrize("reference", BORROWED)
def test_every_borrowed_name_is_still_there(reference: str) -> None:
    module, _, name = reference.partition(":")
    assert hasattr(importlib.import_module(module), name)


@pytest.mark.parametrize("reference", PARAMETERS)
def test_a_borrowed_function_takes_what_we_give_it(reference: str) -> None:
    assert list(inspect.signature(borrow(reference)).parameters) == PARAMETERS[reference]


def test_what_is_not_listed_cannot_be_borrowed() -> None:
    with pytest.raises(LookupError, match="not listed"):
        borrow("ministack.app:main")


def test_only_the_emulator_package_imports_ministack() -> None:
    importing = re.compile(r"^\s*(from|import)\s+ministack|[\"']ministack\.", re.MULTILINE)
    culprits = [
        path.relative_to(ROOT)
        for folder in ("sandbox", "cli", "layers", "functions")
        for path in (ROOT / folder).rglob("*.py")
        if not path.is_relative_to(PACKAGE) and importing.search(path.read_text("utf-8"))
    ]
    assert culprits == []


def test_the_access_key_is_read_out_of_a_signature() -> None:
    signed = "AWS4-HMAC-SHA256 Credential=ASIA1/20261122/us-east-1/x/aws4_request, Signature=0"
    assert access_key_of({"Authorization": signed}) == "ASIA1"
    assert access_key_of({"authorization": "Bearer xoxb-1"}) == ""


def test_borrowed_names_are_in_order(tmp_path: Path) -> None:
    assert list(BORROWED) == sorted(BORROWED, key=str.lower)


@pytest.mark.parametrize(
    ("caller", "named"),
    [
        (
            "arn:aws:sts::123456789012:assumed-role/app-Role/x",
            "arn:aws:iam::123456789012:role/app-Role",
        ),
        ("arn:aws:iam::123456789012:user/ada", "arn:aws:iam::123456789012:user/ada"),
        ("arn:aws:iam::123456789012:root", "arn:aws:iam::123456789012:root"),
    ],
)
def test_a_condition_on_the_caller_sees_the_role_of_a_session(caller: str, named: str) -> None:
    assert role_of(caller) == named
