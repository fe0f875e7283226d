"""CloudFormation's resource types that the engine provides.

Return values (Ref, GetAtt) as the CloudFormation resource reference has them. A bad property fails
the resource with the API's own refusal, as CREATE_FAILED with that reason.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

from typing_extensions import override

from sandbox.engine.builds.service import BuildService
from sandbox.engine.connections import DEFAULT_PROVIDER, Connections
from sandbox.engine.declaration import PARALLEL
from sandbox.engine.executions import Trigger
from sandbox.engine.naming import ACCOUNT, REGION, codebuild_arn, new_id
from sandbox.engine.pipelines import Pipelines
from sandbox.engine.refusals import Refusal
from sandbox.engine.templates import in_api_form
from sandbox.engine.validation import check, service_model

Properties = dict[str, Any]
Provisioned = tuple[str, dict[str, Any]]


class RegisterResource(Protocol):
    """The emulator's way to teach CloudFormation a type."""

    def __call__(
        self,
        type_name: str,
        *,
        create: Callable[[str, Properties, str], Provisioned],
        update: Callable[[str, Properties, Properties, str], Provisioned],
        delete: Callable[[str, Properties], None],
    ) -> None:
        """Register the handlers of a type."""
        ...


class Handler(Protocol):
    """Creates, updates and deletes the resources of one type."""

    def create(self, logical_id: str, properties: Properties, stack: str) -> Provisioned:
        """Create; returns the physical id and the attributes."""
        ...

    def update(self, physical_id: str, old: Properties, new: Properties, stack: str) -> Provisioned:
        """Change in place, or replace when the name changes."""
        ...

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete."""
        ...


def register(
    register_resource: RegisterResource,
    *,
    pipelines: Pipelines,
    builds: BuildService,
    connections: Connections,
) -> None:
    """Teach CloudFormation the engine's types."""
    handlers: dict[str, Handler] = {
        "AWS::CodePipeline::Pipeline": PipelineResource(pipelines),
        "AWS::CodeBuild::Project": ProjectResource(builds),
        "AWS::CodeBuild::ReportGroup": ReportGroupResource(builds),
        "AWS::CodeConnections::Connection": ConnectionResource(connections, "codeconnections"),
        "AWS::CodeStarConnections::Connection": ConnectionResource(
            connections, "codestar-connections"
        ),
        "AWS::CodeCommit::Repository": RepositoryResource(),
    }
    for name, handler in handlers.items():
        register_resource(name, create=handler.create, update=handler.update, delete=handler.delete)


class PipelineResource(Handler):
    """AWS::CodePipeline::Pipeline: Ref is the name, GetAtt Version the structure's version."""

    _NOT_STRUCTURE = frozenset(
        {"Tags", "RestartExecutionOnUpdate", "DisableInboundStageTransitions"}
    )

    def __init__(self, pipelines: Pipelines) -> None:
        self._pipelines = pipelines

    @override
    def create(self, logical_id: str, properties: Properties, stack: str) -> Provisioned:
        structure = self._structure(logical_id, properties, stack)
        if properties.get("DisableInboundStageTransitions") and _is_parallel(structure):
            raise Refusal("ValidationException", "PARALLEL mode has no transitions")
        pipeline = self._pipelines.create(structure, _tags(properties))
        name = pipeline.declaration.name
        self._close_transitions(name, properties)
        self._pipelines.start(name, Trigger(type="CreatePipeline", detail=_DEPLOYER))
        return name, {"Version": str(pipeline.version)}

    @override
    def update(self, physical_id: str, old: Properties, new: Properties, stack: str) -> Provisioned:
        if new.get("Name") not in (None, physical_id):
            created = self.create("", new, stack)
            self._pipelines.delete(physical_id)
            return created
        pipeline = self._pipelines.get(physical_id)
        structure = self._structure("", {**new, "Name": physical_id}, stack)
        if structure != pipeline.declaration.structure:
            self._pipelines.update(structure)
        pipeline.tags.clear()
        pipeline.tags.update(_tags(new))
        if str(new.get("RestartExecutionOnUpdate", "")).lower() == "true" and new != old:
            self._pipelines.start(physical_id, Trigger(type="UpdatePipeline", detail=_DEPLOYER))
        return physical_id, {"Version": str(pipeline.version)}

    @override
    def delete(self, physical_id: str, properties: Properties) -> None:
        self._pipelines.delete(physical_id)

    def _structure(self, logical_id: str, properties: Properties, stack: str) -> dict[str, Any]:
        declared = {k: v for k, v in properties.items() if k not in self._NOT_STRUCTURE}
        declared.setdefault("Name", _generated(stack, logical_id))
        shape = service_model("codepipeline").shape_for("PipelineDeclaration")
        structure: dict[str, Any] = in_api_form(shape, declared)
        check(shape, structure)
        return structure

    def _close_transitions(self, name: str, properties: Properties) -> None:
        pipeline = self._pipelines.get(name)
        for each in properties.get("DisableInboundStageTransitions", []):
            pipeline.transition(each["StageName"], "Inbound").set(
                enabled=False, reason=each["Reason"], by=_DEPLOYER, at=pipeline.created
            )


def _is_parallel(structure: Properties) -> bool:
    return bool(structure.get("executionMode") == PARALLEL)


class ProjectResource(Handler):
    """AWS::CodeBuild::Project: Ref is the name; GetAtt Arn."""

    _NOT_API: ClassVar = {"Visibility": "ProjectVisibility"}

    def __init__(self, builds: BuildService) -> None:
        self._builds = builds

    @override
    def create(self, logical_id: str, properties: Properties, stack: str) -> Provisioned:
        return self._put(_generated(stack, logical_id), properties, new=True)

    @override
    def update(self, physical_id: str, old: Properties, new: Properties, stack: str) -> Provisioned:
        return self._put(physical_id, new, new=new.get("Name") not in (None, physical_id))

    @override
    def delete(self, physical_id: str, properties: Properties) -> None:
        self._builds.delete_project(physical_id)

    def _put(self, name: str, properties: Properties, *, new: bool) -> Provisioned:
        if properties.get("Triggers"):
            raise Refusal("InvalidInputException", "webhooks (Triggers) are not in this sandbox")
        declared = {self._NOT_API.get(k, k): v for k, v in properties.items() if k != "Triggers"}
        declared.setdefault("Name", name)
        model = service_model("codebuild").operation_model("CreateProject").input_shape
        if model is None:
            raise LookupError("CreateProject has no input shape")
        project = in_api_form(model, declared)
        check(model, project)
        kept = self._builds.put_project(project, new=new)
        return kept["name"], {"Arn": kept["arn"]}


class ReportGroupResource(Handler):
    """AWS::CodeBuild::ReportGroup: Ref and GetAtt Arn are the ARN."""

    def __init__(self, builds: BuildService) -> None:
        self._builds = builds

    @override
    def create(self, logical_id: str, properties: Properties, stack: str) -> Provisioned:
        name = properties.get("Name") or _generated(stack, logical_id)
        arn = self._builds.ensure_report_group(name, new=True)["arn"]
        return arn, {"Arn": arn}

    @override
    def update(self, physical_id: str, old: Properties, new: Properties, stack: str) -> Provisioned:
        name = new.get("Name") or physical_id.rsplit("/", 1)[-1]
        arn = self._builds.ensure_report_group(name, new=False)["arn"]
        return arn, {"Arn": arn}

    @override
    def delete(self, physical_id: str, properties: Properties) -> None:
        self._builds.reports.groups.pop(codebuild_arn("report-group", physical_id), None)
        self._builds.reports.groups.pop(physical_id, None)


class ConnectionResource(Handler):
    """A connection: Ref and GetAtt ConnectionArn are the ARN. On AWS a person completes it."""

    def __init__(self, connections: Connections, service: str) -> None:
        self._connections = connections
        self._service = service

    @override
    def create(self, logical_id: str, properties: Properties, stack: str) -> Provisioned:
        connection = self._connections.create(
            properties["ConnectionName"],
            properties.get("ProviderType", DEFAULT_PROVIDER),
            self._service,
        )
        return connection.arn, {
            "ConnectionArn": connection.arn,
            "ConnectionStatus": "AVAILABLE",
            "OwnerAccountId": ACCOUNT,
        }

    @override
    def update(self, physical_id: str, old: Properties, new: Properties, stack: str) -> Provisioned:
        if old.get("ConnectionName") != new.get("ConnectionName"):
            return self.create("", new, stack)
        return physical_id, {"ConnectionArn": physical_id, "ConnectionStatus": "AVAILABLE"}

    @override
    def delete(self, physical_id: str, properties: Properties) -> None:
        self._connections.delete(physical_id)


class RepositoryResource(Handler):
    """AWS::CodeCommit::Repository: its bare git repository is made by the sandbox's deployment."""

    @override
    def create(self, logical_id: str, properties: Properties, stack: str) -> Provisioned:
        return new_id(), self._attributes(properties)

    @override
    def update(self, physical_id: str, old: Properties, new: Properties, stack: str) -> Provisioned:
        return physical_id, self._attributes(new)

    @override
    def delete(self, physical_id: str, properties: Properties) -> None:
        """The bare repository stays: it is the user's history."""

    def _attributes(self, properties: Properties) -> dict[str, Any]:
        name = properties["RepositoryName"]
        host = f"git-codecommit.{REGION}.amazonaws.com/v1/repos/{name}"
        return {
            "Arn": f"arn:aws:codecommit:{REGION}:{ACCOUNT}:{name}",
            "Name": name,
            "CloneUrlHttp": f"https://{host}",
            "CloneUrlSsh": f"ssh://{host}",
        }


_DEPLOYER = f"arn:aws:iam::{ACCOUNT}:root"


def _tags(properties: Mapping[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def _generated(stack: str, logical_id: str) -> str:
    return f"{stack}-{logical_id}-{new_id()[:12].replace('-', '').upper()}"
