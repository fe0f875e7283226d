"""Who is who: always account, region and name together, never a name alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineId:
    """One CodePipeline pipeline. ``account`` is twelve digits, ``region`` such as ``eu-west-1``."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The pipeline's ARN, in the standard partition."""
        return f"arn:aws:codepipeline:{self.region}:{self.account}:{self.name}"

    @property
    def key(self) -> str:
        """How the ledger names it."""
        return f"{self.account}/{self.region}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseId:
    """One pipeline execution."""

    pipeline: PipelineId
    execution: str

    @property
    def key(self) -> str:
        """How the ledger names it."""
        return f"{self.pipeline.key}/{self.execution}"

    @classmethod
    def from_key(cls, key: str) -> ReleaseId:
        """Read back what ``key`` wrote. Raises ValueError where it is not such a key."""
        account, region, name, execution = key.split("/")
        return cls(
            pipeline=PipelineId(account=account, region=region, name=name), execution=execution
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmId:
    """One CloudWatch alarm. Names may contain any character, brackets included."""

    account: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The alarm's ARN, in the standard partition."""
        return f"arn:aws:cloudwatch:{self.region}:{self.account}:alarm:{self.name}"
