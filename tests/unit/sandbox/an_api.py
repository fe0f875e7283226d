"""An HTTP API on the real server, behind whose routes a function says what it was sent."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from botocore.credentials import Credentials

from sandbox.emulator import ACCOUNT, REGION
from sandbox.process import Box
from tests.unit.sandbox.live import make_role, signature, trust

ECHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""
TO_ECHO = {"Fn::Sub": "integrations/${Integration}"}
TEMPLATE: dict[str, dict[str, Any]] = {
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": json.loads(trust({"Service": "lambda.amazonaws.com"}))
        },
    },
    "Function": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": ECHO},
        },
    },
    "Api": {
        "Type": "AWS::ApiGatewayV2::Api",
        "Properties": {"Name": "gates", "ProtocolType": "HTTP"},
    },
    "Integration": {
        "Type": "AWS::ApiGatewayV2::Integration",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": {"Fn::GetAtt": ["Function", "Arn"]},
            "PayloadFormatVersion": "2.0",
        },
    },
    "Guarded": {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {
            "ApiId": {"Ref": "Api"},
            "RouteKey": "POST /gates/{gate}",
            "AuthorizationType": "AWS_IAM",
            "Target": TO_ECHO,
        },
    },
    "Open": {
        "Type": "AWS::ApiGatewayV2::Route",
        "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "POST /open", "Target": TO_ECHO},
    },
    "Stage": {
        "Type": "AWS::ApiGatewayV2::Stage",
        "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
    },
}


@dataclass(frozen=True, slots=True)
class Api:
    """The deployed API."""

    box: Box
    id: str

    @property
    def host(self) -> str:
        return f"{self.id}.execute-api.localhost:{self.box.port}"

    def arn(self, call: str) -> str:
        return f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{self.id}/{call}"

    def post(
        self, headers: Mapping[str, str], path: str = "/gates/g1", body: bytes = b"{}"
    ) -> httpx.Response:
        with self.box.web() as web:
            return web.post(path, content=body, headers={"Host": self.host, **headers})

    def post_as(
        self,
        keys: Credentials,
        path: str = "/gates/g1",
        *,
        sent: bytes = b"{}",
        service: str = "execute-api",
    ) -> httpx.Response:
        headers = signature(f"http://{self.host}{path}", b"{}", keys, service=service)
        return self.post(headers, path, sent)


@pytest.fixture(scope="session")
def api(box: Box) -> Api:
    stacks = box.client("cloudformation")
    stacks.create_stack(
        StackName="gates",
        TemplateBody=json.dumps(
            {"Resources": TEMPLATE, "Outputs": {"Api": {"Value": {"Ref": "Api"}}}}
        ),
        Capabilities=["CAPABILITY_IAM"],
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        stack = stacks.describe_stacks(StackName="gates")["Stacks"][0]
        if stack["StackStatus"] != "CREATE_IN_PROGRESS":
            break
        time.sleep(0.05)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    return Api(box, stack["Outputs"][0]["OutputValue"])


@pytest.fixture(scope="session")
def caller(api: Api) -> Credentials:
    allowed = api.arn("$default/POST/gates/*")
    return make_role(api.box, "caller", execute_api__Invoke=allowed)
