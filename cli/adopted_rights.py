"""The rights of an operator role: exactly the stages, approvals and targets of one pipeline.

``pipelines/service.yaml`` gives the same to the pipelines that it makes; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from signalbox.domain.errors import UnknownNameError
from signalbox.domain.services import Environment

Statement = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline's declaration and ARN, as GetPipeline answers them."""

    declared: Mapping[str, Any]
    arn: str

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return str(self.declared["name"])

    @property
    def stages(self) -> Sequence[Mapping[str, Any]]:
        """Its stages, in order."""
        stages: Sequence[Mapping[str, Any]] = self.declared["stages"]
        return stages

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn`` or ``aws-us-gov``."""
        return self.arn.split(":")[1]

    @property
    def region(self) -> str:
        """Where the pipeline is."""
        return self.arn.split(":")[3]

    @property
    def account(self) -> str:
        """Whose it is."""
        return self.arn.split(":")[4]

    @property
    def store(self) -> Mapping[str, Any]:
        """The artifact store in the pipeline's own region. Raises UnknownNameError without one."""
        stores = self.declared.get("artifactStores", {})
        store = self.declared.get("artifactStore") or stores.get(self.region)
        if not store:
            raise UnknownNameError(f"{self.name} has no artifact store in {self.region}")
        found: Mapping[str, Any] = store
        return found

    @property
    def bucket(self) -> str:
        """The artifact store's bucket."""
        return str(self.store["location"])

    def here(self, service: str, resource: str) -> str:
        """The ARN of something beside the pipeline."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def configured(self, provider: str, field: str) -> tuple[str, ...]:
        """What the actions of a provider name in a field of their configuration, once each."""
        named = [
            str(one.get("configuration", {}).get(field, ""))
            for stage in self.stages
            for one in stage["actions"]
            if one["actionTypeId"]["provider"] == provider
        ]
        return tuple(dict.fromkeys(name for name in named if name and "#{" not in name))


def statements_of(
    pipeline: Pipeline, environments: Sequence[Environment], repositories: Sequence[str]
) -> Iterator[Statement]:
    """The statements of the role's policy; one that would name nothing is left out."""
    builds = pipeline.configured("CodeBuild", "ProjectName")
    yield from _pipeline(pipeline, environments)
    images = (
        *repositories,
        *pipeline.configured("ECR", "RepositoryName"),
        *pipeline.configured("ECRBuildAndPublish", "ECRRepositoryName"),
    )
    yield from _allow(
        "ReadItsImageScans",
        ["ecr:DescribeImageScanFindings"],
        [pipeline.here("ecr", f"repository/{name}") for name in dict.fromkeys(images)],
    )
    yield from _builds(pipeline, builds)
    yield from _artifacts(pipeline)
    yield from _functions(pipeline, environments)
    if any(one.alarms for one in environments):
        # AWS checks a call that names several alarms against all of them.
        alarms = [pipeline.here("cloudwatch", "alarm:*")]
        yield from _allow("ReadItsAlarms", ["cloudwatch:DescribeAlarms"], alarms)


def approvals_of(pipeline: Pipeline) -> tuple[str, ...]:
    """Its manual approvals, as ``STAGE/ACTION``."""
    return tuple(
        f"{stage['name']}/{one['name']}"
        for stage in pipeline.stages
        for one in stage["actions"]
        if one["actionTypeId"]["provider"] == "Manual"
    )


def _pipeline(pipeline: Pipeline, environments: Sequence[Environment]) -> Iterator[Statement]:
    reads = ("GetPipelineState", "GetPipelineExecution", "ListPipelineExecutions")
    yield from _allow(
        "ReadThePipeline",
        [f"codepipeline:{call}" for call in (*reads, "ListActionExecutions")],
        [pipeline.arn],
    )
    yield from _allow(
        "AnswerItsApprovals",
        ["codepipeline:PutApprovalResult"],
        [f"{pipeline.arn}/{approval}" for approval in approvals_of(pipeline)],
    )
    yield from _allow(
        "HoldItsStages",
        ["codepipeline:DisableStageTransition", "codepipeline:EnableStageTransition"],
        [f"{pipeline.arn}/{stage['name']}" for stage in pipeline.stages[1:]],
    )
    yield from _allow(
        "RollItsStagesBack",
        ["codepipeline:RollbackStage"],
        [f"{pipeline.arn}/{one.stage}" for one in environments if one.target],
    )
    yield from _allow(
        "StartAgainWhatWaitedTooLong", ["codepipeline:StartPipelineExecution"], [pipeline.arn]
    )


def _builds(pipeline: Pipeline, projects: Sequence[str]) -> Iterator[Statement]:
    yield from _allow(
        "ReadItsBuilds",
        ["codebuild:BatchGetBuilds"],
        [pipeline.here("codebuild", f"project/{name}") for name in projects],
    )
    yield from _allow(
        "ReadItsTestReports",
        ["codebuild:BatchGetReports", "codebuild:DescribeTestCases"],
        [pipeline.here("codebuild", f"report-group/{name}-*") for name in projects],
    )
    yield from _allow(
        "ReadItsBuildLogs",
        ["logs:GetLogEvents"],
        [pipeline.here("logs", f"log-group:/aws/codebuild/{name}:*") for name in projects],
    )


def _artifacts(pipeline: Pipeline) -> Iterator[Statement]:
    bucket = f"arn:{pipeline.partition}:s3:::{pipeline.bucket}"
    yield from _allow("ReadItsArtifacts", ["s3:GetObject"], [f"{bucket}/*"])
    yield from _allow("ListItsArtifacts", ["s3:ListBucket"], [bucket])
    key = str(pipeline.store.get("encryptionKey", {}).get("id", ""))
    if not key:
        return
    alias = key.partition(":alias/")[2] if key.startswith("arn:") else key.partition("alias/")[2]
    if not alias:
        arn = key if key.startswith("arn:") else pipeline.here("kms", f"key/{key}")
        yield from _allow("DecryptItsArtifacts", ["kms:Decrypt"], [arn])
        return
    (statement,) = _allow("DecryptItsArtifacts", ["kms:Decrypt"], [pipeline.here("kms", "key/*")])
    named = {"kms:ResourceAliases": f"alias/{alias}"}
    yield {**statement, "Condition": {"ForAnyValue:StringEquals": named}}


def _functions(pipeline: Pipeline, environments: Sequence[Environment]) -> Iterator[Statement]:
    targets = [one.target for one in environments if one.target]
    plain = [pipeline.here("lambda", f"function:{one.function}") for one in targets]
    behind = [pipeline.here("lambda", f"function:{one.function}:{one.alias}") for one in targets]
    reads = ["lambda:GetAlias", "lambda:ListAliases", "lambda:ListVersionsByFunction"]
    yield from _allow("ReadItsFunctions", reads, [*plain, *behind])
    yield from _allow("CallThemToVerify", ["lambda:InvokeFunction"], behind)


def _allow(sid: str, actions: list[str], resources: list[str]) -> Iterator[Statement]:
    if resources:
        yield {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
