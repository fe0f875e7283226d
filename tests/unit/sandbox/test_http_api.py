"""An HTTP API's route with `AWS_IAM`, on the real server: who reaches the function, and as whom."""

from typing import Any

import httpx
import pytest
from botocore.credentials import Credentials

from sandbox.emulator import ACCOUNT
from sandbox.emulator.http_api import signed_for_apis
from tests.unit.sandbox.an_api import Api
from tests.unit.sandbox.live import ROOT_KEY, make_role, signature

pytestmark = pytest.mark.sandbox


def authorizer(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()["requestContext"]["authorizer"]["iam"]
    return found


def forbidden(response: httpx.Response) -> bool:
    return response.status_code == 403 and response.json() == {"message": "Forbidden"}


def test_an_unsigned_request_is_forbidden(api: Api) -> None:
    assert forbidden(api.post({}))


def test_a_header_that_is_no_signature_is_forbidden(api: Api) -> None:
    assert forbidden(api.post({"Authorization": "Bearer xoxb-1"}))


def test_a_session_of_a_role_reaches_the_function_under_its_own_name(
    api: Api, caller: Credentials
) -> None:
    iam = authorizer(api.post_as(caller))
    assert iam["userArn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/caller/ana"
    assert iam["userId"] == iam["callerId"]
    assert iam["userId"].endswith(":ana")
    assert (iam["accountId"], iam["accessKey"]) == (ACCOUNT, caller.access_key)


def test_the_accounts_root_reaches_the_function_as_root(api: Api) -> None:
    iam = authorizer(api.post_as(ROOT_KEY))
    assert iam["userArn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert {iam["userId"], iam["callerId"], iam["accountId"]} == {ACCOUNT}


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("of-another-route", "$default/POST/releases/*"),
        ("of-another-method", "$default/GET/*"),
        ("of-another-stage", "prod/POST/*"),
        ("of-nothing", ""),
    ],
)
def test_the_right_to_invoke_is_asked_for_this_very_call(api: Api, name: str, call: str) -> None:
    allowed = {"execute_api__Invoke": api.arn(call)} if call else {}
    assert forbidden(api.post_as(make_role(api.box, name, **allowed)))


def test_a_body_other_than_the_signed_one_is_forbidden(api: Api, caller: Credentials) -> None:
    assert forbidden(api.post_as(caller, sent=b'{"approve": true}'))


def test_a_signature_for_another_path_is_forbidden(api: Api, caller: Credentials) -> None:
    headers = signature(f"http://{api.host}/gates/g1", b"{}", caller)
    assert forbidden(api.post(headers, "/gates/g2"))


@pytest.mark.parametrize("service", ["codepipeline", "lambda"])
def test_a_signature_for_another_service_is_forbidden(
    api: Api, caller: Credentials, service: str
) -> None:
    assert forbidden(api.post_as(caller, service=service))


def test_a_key_that_nobody_has_is_forbidden(api: Api) -> None:
    assert forbidden(api.post_as(Credentials("AKIAIOSFODNN7EXAMPLE", "nobody")))


def test_a_route_without_iam_asks_for_nothing(api: Api) -> None:
    response = api.post({"Authorization": "Bearer xoxb-1"}, "/open")
    assert response.status_code == 200
    assert "authorizer" not in response.json()["requestContext"]


@pytest.mark.parametrize(
    ("header", "counts"),
    [
        ("AWS4-HMAC-SHA256 Credential=AKIA1/20261122/us-east-1/execute-api/aws4_request, X", True),
        ("AWS4-HMAC-SHA256 Credential=AKIA1/20261122/us-east-1/lambda/aws4_request, X", False),
        ("Bearer Credential=AKIA1/20261122/us-east-1/execute-api/aws4_request", False),
    ],
)
def test_the_scope_of_a_signature_is_read(header: str, counts: bool) -> None:
    assert signed_for_apis({"Authorization": header}) is counts
