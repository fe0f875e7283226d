"""The pipelines of the account and region, and what may be asked of them.

Each method is one call of CodePipeline's API with AWS's refusals; `wire` is the protocol. Sources
of the refusals: botocore's service model and the CodePipeline user guide.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.engine.conductor import Conductor
from sandbox.engine.declaration import read_declaration
from sandbox.engine.executions import Execution, Pipeline, Trigger
from sandbox.engine.naming import new_id
from sandbox.engine.ports import Clock
from sandbox.engine.refusals import Refusal


class Pipelines:
    """Creates, finds, changes and starts pipelines."""

    def __init__(self, *, conductor: Conductor, clock: Clock) -> None:
        self.conductor = conductor
        self._clock = clock
        self._pipelines: dict[str, Pipeline] = {}
        self._started = 0

    def create(self, structure: Mapping[str, Any], tags: Mapping[str, str]) -> Pipeline:
        """Create a pipeline; raises Refusal when its name is taken or its structure invalid."""
        declaration = read_declaration(structure)
        with self.conductor.lock:
            if declaration.name in self._pipelines:
                raise Refusal(
                    "PipelineNameInUseException",
                    f"A pipeline with the name '{declaration.name}' already exists in account",
                )
            now = self._clock.now()
            pipeline = Pipeline(declaration=declaration, created=now, updated=now, tags=dict(tags))
            self._pipelines[declaration.name] = pipeline
            return pipeline

    def update(self, structure: Mapping[str, Any]) -> Pipeline:
        """Change a pipeline: its version goes up and executions in flight are cancelled."""
        declaration = read_declaration(structure)
        with self.conductor.lock:
            pipeline = self.get(declaration.name)
            self.conductor.cancel(pipeline)
            pipeline.declaration = declaration
            if declaration.is_parallel:
                pipeline.transitions.clear()
            pipeline.version += 1
            pipeline.updated = self._clock.now()
            return pipeline

    def delete(self, name: str) -> None:
        """Delete a pipeline; deleting one that is not there succeeds, as on AWS."""
        with self.conductor.lock:
            pipeline = self._pipelines.pop(name, None)
            if pipeline is not None:
                self.conductor.cancel(pipeline)

    def get(self, name: str) -> Pipeline:
        """The pipeline of that name; raises Refusal when there is none."""
        with self.conductor.lock:
            try:
                return self._pipelines[name]
            except KeyError:
                raise Refusal(
                    "PipelineNotFoundException",
                    f"Account does not have a pipeline with name '{name}'",
                ) from None

    def all(self) -> list[Pipeline]:
        """Every pipeline, by name."""
        with self.conductor.lock:
            return [self._pipelines[name] for name in sorted(self._pipelines)]

    def execution(self, name: str, execution_id: str) -> Execution:
        """One execution; raises Refusal when the pipeline or the execution is not known."""
        try:
            return self.get(name).executions[execution_id]
        except KeyError:
            raise Refusal(
                "PipelineExecutionNotFoundException",
                f"Pipeline {name} does not have a pipeline execution with ID {execution_id}",
            ) from None

    def start(
        self,
        name: str,
        trigger: Trigger,
        *,
        variables: Mapping[str, str] | None = None,
        revisions: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Execution:
        """Start an execution; the same client request token starts none but answers the first.

        `revisions` maps a source action to the commit to use instead of the branch's head.
        """
        with self.conductor.lock:
            pipeline = self.get(name)
            if token is not None and token in pipeline.request_tokens:
                return pipeline.executions[pipeline.request_tokens[token]]
            execution = self._new(pipeline, trigger)
            execution.variables["variables"] = _values(pipeline, variables or {})
            execution.requested_revisions = _known_sources(pipeline, revisions or {})
            if token is not None:
                pipeline.request_tokens[token] = execution.id
            self.conductor.begin(pipeline, execution)
            return execution

    def start_rollback(
        self, pipeline: Pipeline, stage: str, target: Execution, trigger: Trigger
    ) -> Execution:
        """Start the execution that puts the target's artifacts into the stage again."""
        execution = self._new(pipeline, trigger)
        execution.rollback_of, execution.rollback_stage = target.id, stage
        execution.artifacts = dict(target.artifacts)
        execution.variables = {name: dict(values) for name, values in target.variables.items()}
        execution.revisions = list(target.revisions)
        self.conductor.begin(pipeline, execution)
        return execution

    def _new(self, pipeline: Pipeline, trigger: Trigger) -> Execution:
        self._started += 1
        now = self._clock.now()
        return Execution(
            id=new_id(),
            number=self._started,
            declaration=pipeline.declaration,
            version=pipeline.version,
            trigger=trigger,
            started=now,
            updated=now,
        )


def _values(pipeline: Pipeline, given: Mapping[str, str]) -> dict[str, str]:
    declared = pipeline.declaration.variables
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise Refusal("ValidationException", f"Pipeline has no variable named {unknown[0]}")
    values = {**declared, **given}
    missing = sorted(name for name, value in values.items() if value is None)
    if missing:
        raise Refusal("ValidationException", f"Pipeline variable {missing[0]} has no value")
    return {name: value for name, value in values.items() if value is not None}


def _known_sources(pipeline: Pipeline, revisions: Mapping[str, str]) -> dict[str, str]:
    sources = {action.name for action in pipeline.declaration.sources()}
    unknown = sorted(set(revisions) - sources)
    if unknown:
        raise Refusal("ValidationException", f"Pipeline has no source action named {unknown[0]}")
    return dict(revisions)
