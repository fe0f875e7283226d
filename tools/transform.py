"""Write what CloudFormation will get: SAM transformed, machines inlined, nothing uploaded.

`build/cfn.json` is template.yaml; `build/service.json` and `build/environments.json` are the other
two. Linters and the structure tests read these: on the SAM files they miss unknown IAM actions and
broken state machines.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = {
    "cfn.json": "template.yaml",
    "service.json": "pipelines/service.yaml",
    "environments.json": "examples/lambda-service/environments.yaml",
}
# Where `sam deploy` would have uploaded code and templates to.
CODE = "s3://packaged/by-sam-deploy"
TEMPLATE = "https://s3.amazonaws.com/packaged/by-sam-deploy"

STAND_IN_ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
STAND_INS = {"LedgerTableName": "ledger"}

Template = dict[str, Any]


def main() -> int:
    """Transform every template into build/."""
    (ROOT / "build").mkdir(exist_ok=True)
    for name, source in TEMPLATES.items():
        template = transformed(ROOT / source)
        write(name, template)
        for machine, definition in definitions(template).items():
            write(f"{machine}.asl.json", definition)
    return 0


def write(name: str, document: Any) -> None:
    """Write one document into build/."""
    text = json.dumps(document, indent=1, sort_keys=False)
    (ROOT / "build" / name).write_text(text + "\n", encoding="utf-8")


def definitions(template: Template) -> dict[str, Any]:
    """The state machines of a transformed template by logical id, their substitutions filled in."""
    filled = {}
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != "AWS::StepFunctions::StateMachine":
            continue
        text = json.dumps(resource["Properties"]["Definition"])
        for name in resource["Properties"].get("DefinitionSubstitutions", {}):
            text = text.replace(f"${{{name}}}", STAND_INS.get(name, STAND_IN_ARN + name))
        filled[logical_id] = json.loads(text)
    return filled


def transformed(path: Path) -> Template:
    """The CloudFormation template that a SAM template stands for; a plain one is its own."""
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it counts, and nobody collects
    # SAM asks boto3 for the region of the partition, and never calls it.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse

    template: Template = yaml_parse(path.read_text(encoding="utf-8"))
    if "Transform" not in template:
        return template
    machines = take_machines(template, path.parent)
    stand_in_for_uploads(template)
    parameters = {
        name: parameter.get("Default", "")
        for name, parameter in template.get("Parameters", {}).items()
    }
    result: Template = Translator({}, Parser()).translate(template, parameters)
    for logical_id, definition in machines.items():
        properties = result["Resources"][logical_id]["Properties"]
        properties.pop("DefinitionString", None)
        properties.pop("DefinitionS3Location", None)
        properties["Definition"] = definition
    return result


def take_machines(template: Template, folder: Path) -> dict[str, Any]:
    """Replace each machine's file by a stand-in; returns the real definitions by logical id."""
    machines = {}
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            file = folder / resource["Properties"].pop("DefinitionUri")
            machines[logical_id] = json.loads(file.read_text(encoding="utf-8"))
            resource["Properties"]["Definition"] = {"StartAt": "A", "States": {}}
    return machines


def stand_in_for_uploads(template: Template) -> None:
    """Point code, layers and nested templates at where `sam deploy` would have put them."""
    function = template.get("Globals", {}).get("Function", {})
    if "CodeUri" in function:
        function["CodeUri"] = CODE
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for name in ("CodeUri", "ContentUri"):
            if name in properties:
                properties[name] = CODE
        if resource["Type"] == "AWS::Serverless::Application":
            properties["Location"] = TEMPLATE


if __name__ == "__main__":
    sys.exit(main())
