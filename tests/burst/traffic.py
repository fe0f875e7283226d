"""Events of many releases in AWS's shape: shuffled, some twice, a few that nobody can read.

What each release must come to is told by its plot, not by folding its events.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from signalbox.domain.identity import PipelineId, ReleaseId

from tests.fakes import ACCOUNT, NOW, REGION

FOREIGN = "999999999999"
PIPELINES = tuple(f"service-{number:02d}" for number in range(20))
REGISTERED = PIPELINES[:15]
"""The rest runs in an account without anybody having told Signalbox about it."""
WITH_APPROVAL = PIPELINES[::4]

TYPES: Mapping[str, tuple[str, str, str]] = {
    "Source": ("Pull", "Source", "CodeStarSourceConnection"),
    "Build": ("BuildAndTest", "Build", "CodeBuild"),
    "Approval": ("Approve", "Approval", "Manual"),
    "Production": ("Deploy", "Deploy", "Lambda"),
}
"""Of each stage its one action, with category and provider."""


@dataclass(kw_only=True)
class Told:
    """A release: the events that speak of it, and where it must stand in the end."""

    id: ReleaseId
    began: datetime
    commit: str
    events: list[dict[str, Any]] = field(default_factory=list)
    state: str = ""
    stages: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    builds: dict[str, str] = field(default_factory=dict)
    approvals: list[str] = field(default_factory=list)
    """Ids of actions that wait, or waited, for approval."""


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Bodies as they reach the inbox, and what they speak of."""

    bodies: tuple[str, ...]
    releases: Mapping[ReleaseId, Told]
    dead: frozenset[str]
    """Bodies that must end in the dead-letter queue: unreadable ones and those of strangers."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """When the releases begin, of which pipelines, and which of those ask for approval."""

    now: datetime = NOW
    pipelines: tuple[str, ...] = PIPELINES
    gated: tuple[str, ...] = WITH_APPROVAL


def traffic(number: int, seed: int = 1, setting: Setting = Setting()) -> Traffic:  # noqa: B008
    """``number`` events: a tenth of them repeats, one in a hundred unreadable or a stranger's."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    repeats, odd = number // 10, max(3, number // 100)
    releases: dict[ReleaseId, Told] = {}
    bodies: list[str] = []
    while len(bodies) < number - repeats - odd:
        told = _release(chance, len(releases), setting)
        releases[told.id] = told
        bodies += [json.dumps(event) for event in told.events]
    repeats = number - odd - len(bodies)  # the last release may have brought some events more
    dead = [_odd(chance, index, setting) for index in range(odd)]
    bodies += chance.choices(bodies, k=repeats) + dead
    chance.shuffle(bodies)
    return Traffic(bodies=tuple(bodies), releases=releases, dead=frozenset(dead))


class _Teller:
    """Says what AWS says of one release while it goes on."""

    def __init__(self, told: Told, chance: random.Random, gated: bool) -> None:
        self.told, self.chance, self.gated = told, chance, gated
        self.at, self.attempt = told.began, 1

    def pipeline(self, state: str) -> None:
        self.told.state = state
        detail = self._detail(state)
        if state == "STARTED":
            detail["execution-trigger"] = {
                "trigger-type": "WebhookV2",
                "trigger-detail": f"arn:aws:codeconnections:{REGION}:{ACCOUNT}:connection/1",
            }
        self._codepipeline("Pipeline", detail)

    def stage(self, stage: str, state: str) -> None:
        self.told.stages[stage] = state
        self._codepipeline("Stage", {**self._detail(state), "stage": stage})

    def action(self, stage: str, state: str, run: str, result: Mapping[str, str]) -> None:
        name, category, provider = TYPES[stage]
        self.told.actions[f"{stage}/{name}"] = state
        detail = self._detail(state) | {
            "stage": stage,
            "action": name,
            "action-execution-id": run,
            "region": REGION,
            "type": {"owner": "AWS", "category": category, "provider": provider, "version": "1"},
        }
        if result:
            detail["execution-result"] = dict(result)
        if stage == "Source" and state == "SUCCEEDED":
            key = f"{self.told.id.pipeline.name}/SourceArti/{run[:7]}"
            place = {"bucket": "artifacts", "key": key}
            detail["output-artifacts"] = [{"name": "SourceArtifact", "s3location": place}]
        self._codepipeline("Action", detail)

    def build(self, build: str, status: str) -> None:
        self.told.builds[build] = status
        project, _, uuid = build.partition(":")
        arn = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:build/{build}"
        more = {
            "initiator": f"codepipeline/{self.told.id.pipeline.name}",
            "build-complete": status != "IN_PROGRESS",
            "build-number": 4.0,
            "logs": {"group-name": f"/aws/codebuild/{project}", "stream-name": uuid},
            "phases": [{"phase-type": "SUBMITTED", "phase-status": "SUCCEEDED"}],
        }
        detail = {
            "build-status": status,
            "project-name": project,
            "build-id": arn,
            "current-phase": "SUBMITTED" if status == "IN_PROGRESS" else "COMPLETED",
            "current-phase-context": "[: ]",
            "version": "1",
            "additional-information": more,
        }
        self._say("aws.codebuild", "CodeBuild Build State Change", detail, arn)

    def runs(self, stage: str, *, ends: str = "SUCCEEDED") -> None:
        """A stage with its action; ``ends`` is how, "" where it goes on."""
        run = _uuid(self.chance)
        build = f"{self.told.id.pipeline.name}:{run}" if stage == "Build" else ""
        self.stage(stage, "STARTED")
        self.action(stage, "STARTED", run, {})
        if stage == "Approval":
            self.told.approvals.append(run)
        if build:
            self.build(build, "IN_PROGRESS")
        if not ends:
            return
        if build and ends != "ABANDONED":
            self.build(build, ends)
        result = {"external-execution-id": build} if build else {}
        if ends == "FAILED":
            said = "Rejected by Bo" if stage == "Approval" else "exit status 1"
            code = "Rejected" if stage == "Approval" else "JobFailed"
            result |= {"external-execution-summary": said, "error-code": code}
        self.action(stage, ends, run, result)
        self.stage(stage, "STOPPED" if ends == "ABANDONED" else ends)

    def _detail(self, state: str) -> dict[str, Any]:
        return {
            "pipeline": self.told.id.pipeline.name,
            "execution-id": self.told.id.execution,
            "start-time": _instant(self.told.began),
            "state": state,
            "version": 3.0,
            "pipeline-execution-attempt": float(self.attempt),
        }

    def _codepipeline(self, level: str, detail: Mapping[str, Any]) -> None:
        arn = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{self.told.id.pipeline.name}"
        self._say("aws.codepipeline", f"CodePipeline {level} Execution State Change", detail, arn)

    def _say(self, source: str, name: str, detail: Mapping[str, Any], arn: str) -> None:
        self.at += timedelta(seconds=1)
        self.told.events.append(
            {
                "version": "0",
                "id": _uuid(self.chance),
                "detail-type": name,
                "source": source,
                "account": ACCOUNT,
                "time": _instant(self.at),
                "region": REGION,
                "resources": [arn],
                "detail": detail,
            }
        )


def _is_released(say: _Teller) -> None:
    say.pipeline("STARTED")
    for stage in _stages(say):
        say.runs(stage)
    say.pipeline("SUCCEEDED")


def _fails_to_build(say: _Teller) -> None:
    say.pipeline("STARTED")
    say.runs("Source")
    say.runs("Build", ends="FAILED")
    say.pipeline("FAILED")


def _is_retried(say: _Teller) -> None:
    _fails_to_build(say)
    say.attempt = 2
    say.pipeline("RESUMED")
    for stage in _stages(say)[1:]:
        say.runs(stage)
    say.pipeline("SUCCEEDED")


def _is_superseded(say: _Teller) -> None:
    say.pipeline("STARTED")
    say.runs("Source")
    say.pipeline("SUPERSEDED")


def _is_stopped(say: _Teller) -> None:
    say.pipeline("STARTED")
    say.runs("Source")
    say.pipeline("STOPPING")
    say.runs("Build", ends="ABANDONED")
    say.pipeline("STOPPED")


def _is_rejected(say: _Teller) -> None:
    say.pipeline("STARTED")
    say.runs("Source")
    say.runs("Build")
    say.runs("Approval", ends="FAILED")
    say.pipeline("FAILED")


def _waits(say: _Teller) -> None:
    say.pipeline("STARTED")
    say.runs("Source")
    say.runs("Build")
    say.runs("Approval", ends="")


Plot = Callable[[_Teller], None]
PLOTS: Mapping[Plot, int] = {
    _is_released: 5,
    _fails_to_build: 3,
    _is_retried: 1,
    _is_superseded: 3,
    _is_stopped: 1,
}
WITH_A_GATE: Mapping[Plot, int] = {**PLOTS, _is_rejected: 2, _waits: 2}


def _release(chance: random.Random, index: int, setting: Setting) -> Told:
    name = setting.pipelines[index % len(setting.pipelines)]
    pipeline = PipelineId(account=ACCOUNT, region=REGION, name=name)
    began = setting.now - timedelta(hours=1, seconds=index)
    commit = f"{chance.getrandbits(160):040x}"
    told = Told(
        id=ReleaseId(pipeline=pipeline, execution=_uuid(chance)), began=began, commit=commit
    )
    gated = name in setting.gated
    plots = WITH_A_GATE if gated else PLOTS
    (plot,) = chance.choices(list(plots), weights=list(plots.values()))
    plot(_Teller(told, chance, gated))
    return told


def _stages(say: _Teller) -> list[str]:
    return [stage for stage in TYPES if say.gated or stage != "Approval"]


def _odd(chance: random.Random, index: int, setting: Setting) -> str:
    """Something for the dead-letter queue: no JSON, no event, a stranger's event."""
    event = _release(chance, index, setting).events[0]
    match index % 3:
        case 0:
            return json.dumps(event)[: -1 - index]
        case 1:
            return json.dumps({**event, "detail": {**event["detail"], "execution-id": None}})
        case _:
            return json.dumps({**event, "account": FOREIGN})


def _uuid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
