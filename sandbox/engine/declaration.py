"""A pipeline's structure, read once from the API's form into our own typed one.

The API's form is `PipelineDeclaration` in the botocore model; it is kept beside ours (`structure`)
to be returned as it came. Structural rules are those of the CodePipeline user guide, "Pipeline
structure reference".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sandbox.engine.refusals import DeclarationInvalid

SOURCE_PROVIDERS = frozenset({"CodeStarSourceConnection", "CodeCommit"})
PROVIDERS = frozenset(
    {("Source", provider) for provider in SOURCE_PROVIDERS}
    | {("Build", "CodeBuild"), ("Test", "CodeBuild"), ("Approval", "Manual"), ("Deploy", "Lambda")}
)
DEFAULT_APPROVAL_MINUTES = 7 * 24 * 60
SUPERSEDED, QUEUED, PARALLEL = "SUPERSEDED", "QUEUED", "PARALLEL"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionDeclaration:
    """One action of a stage."""

    name: str
    category: str
    owner: str
    provider: str
    version: str
    run_order: int
    configuration: Mapping[str, str]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    role_arn: str | None
    region: str | None
    namespace: str | None
    timeout_minutes: int | None

    @property
    def is_approval(self) -> bool:
        """Whether a person decides this action."""
        return self.category == "Approval" and self.provider == "Manual"

    @property
    def type_id(self) -> dict[str, str]:
        """The action type as API and events write it."""
        return {
            "category": self.category,
            "owner": self.owner,
            "provider": self.provider,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDeclaration:
    """One stage: its name and actions."""

    name: str
    actions: tuple[ActionDeclaration, ...]

    def groups(self) -> list[list[ActionDeclaration]]:
        """The actions in run order; those of one group run side by side."""
        ordered = sorted(self.actions, key=lambda action: action.run_order)
        return [list(group) for _, group in groupby(ordered, key=lambda each: each.run_order)]

    @property
    def is_source(self) -> bool:
        """Whether this stage fetches the sources."""
        return all(action.category == "Source" for action in self.actions)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineDeclaration:
    """A whole pipeline as declared."""

    name: str
    role_arn: str
    bucket: str
    pipeline_type: str
    execution_mode: str
    stages: tuple[StageDeclaration, ...]
    triggers: Sequence[Mapping[str, Any]]
    variables: Mapping[str, str | None]
    structure: Mapping[str, Any]

    def stage(self, name: str) -> StageDeclaration | None:
        """The stage of that name, if there is one."""
        return next((stage for stage in self.stages if stage.name == name), None)

    def after(self, name: str) -> StageDeclaration | None:
        """The stage that follows the named one."""
        names = [stage.name for stage in self.stages]
        following = names.index(name) + 1
        return self.stages[following] if following < len(names) else None

    @property
    def is_parallel(self) -> bool:
        """Whether executions neither wait for each other nor lock a stage."""
        return self.execution_mode == PARALLEL

    def sources(self) -> list[ActionDeclaration]:
        """Every source action."""
        return [each for each in self.stages[0].actions if each.category == "Source"]


def read_declaration(structure: Mapping[str, Any]) -> PipelineDeclaration:
    """Read a structure that is already valid against the API's model.

    Raises DeclarationInvalid for what the model cannot say: order of stages, names, artifacts,
    and action providers or modes that this sandbox does not run.
    """
    declaration = PipelineDeclaration(
        name=structure["name"],
        role_arn=structure["roleArn"],
        bucket=structure.get("artifactStore", {}).get("location", ""),
        pipeline_type=structure.get("pipelineType", "V1"),
        execution_mode=structure.get("executionMode", "SUPERSEDED"),
        stages=tuple(_stage(each) for each in structure["stages"]),
        triggers=structure.get("triggers", ()),
        variables={v["name"]: v.get("defaultValue") for v in structure.get("variables", ())},
        structure=structure,
    )
    _check(declaration)
    return declaration


def _stage(raw: Mapping[str, Any]) -> StageDeclaration:
    for unsupported in ("onFailure", "onSuccess", "beforeEntry"):
        if raw.get(unsupported):
            raise DeclarationInvalid(
                "InvalidStageDeclarationException",
                f"Stage {raw['name']}: {unsupported} is not in this sandbox yet",
            )
    return StageDeclaration(name=raw["name"], actions=tuple(_action(a) for a in raw["actions"]))


def _action(raw: Mapping[str, Any]) -> ActionDeclaration:
    type_id = raw["actionTypeId"]
    return ActionDeclaration(
        name=raw["name"],
        category=type_id["category"],
        owner=type_id["owner"],
        provider=type_id["provider"],
        version=type_id["version"],
        run_order=raw.get("runOrder", 1),
        configuration=raw.get("configuration", {}),
        inputs=tuple(each["name"] for each in raw.get("inputArtifacts", ())),
        outputs=tuple(each["name"] for each in raw.get("outputArtifacts", ())),
        role_arn=raw.get("roleArn"),
        region=raw.get("region"),
        namespace=raw.get("namespace"),
        timeout_minutes=raw.get("timeoutInMinutes"),
    )


def _check(declaration: PipelineDeclaration) -> None:
    if declaration.pipeline_type == "V1" and declaration.execution_mode != SUPERSEDED:
        raise DeclarationInvalid(
            "InvalidStructureException",
            f"Execution mode {declaration.execution_mode} needs a pipeline of type V2",
        )
    if not declaration.bucket:
        raise DeclarationInvalid("InvalidStructureException", "Pipeline has no artifact store")
    if len(declaration.stages) < 2:
        raise DeclarationInvalid(
            "InvalidStructureException",
            f"Pipeline has {len(declaration.stages)} stage(s). There must be at least 2 stages",
        )
    if declaration.pipeline_type == "V1" and (declaration.triggers or declaration.variables):
        raise DeclarationInvalid(
            "InvalidStructureException", "Triggers and variables need a pipeline of type V2"
        )
    _unique([stage.name for stage in declaration.stages], "stage")
    produced: set[str] = set()
    for position, stage in enumerate(declaration.stages):
        _unique([action.name for action in stage.actions], "action")
        for group in stage.groups():
            for action in group:
                _check_action(action, first=position == 0, produced=produced)
            for action in group:
                _produce(action, produced)


def _unique(names: Sequence[str], kind: str) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise DeclarationInvalid(
            "InvalidStructureException", f"Duplicate {kind} name: {', '.join(repeated)}"
        )


def _check_action(action: ActionDeclaration, *, first: bool, produced: set[str]) -> None:
    where = f"action {action.name}"
    if (action.category == "Source") != first:
        raise DeclarationInvalid(
            "InvalidStructureException",
            "Source actions belong in the first stage, which holds nothing else: " + where,
        )
    if action.owner != "AWS" or (action.category, action.provider) not in PROVIDERS:
        raise DeclarationInvalid(
            "InvalidActionDeclarationException",
            f"ActionType (Category: '{action.category}', Provider: '{action.provider}', Owner: "
            f"'{action.owner}', Version: '{action.version}') in {where} is not available",
        )
    missing = [name for name in action.inputs if name not in produced]
    if missing:
        raise DeclarationInvalid(
            "InvalidActionDeclarationException",
            f"Input artifact {missing[0]} of {where} is not an output of an earlier action",
        )
    if action.timeout_minutes is not None and not action.is_approval:
        raise DeclarationInvalid(
            "InvalidActionDeclarationException",
            f"timeoutInMinutes of {where}: only a manual approval has one",
        )


def _produce(action: ActionDeclaration, produced: set[str]) -> None:
    for name in action.outputs:
        if name in produced:
            raise DeclarationInvalid(
                "InvalidActionDeclarationException",
                f"Output artifact {name} of action {action.name} has that name twice",
            )
        produced.add(name)
