"""One release told with a stranger's text in every place where strangers write, end to end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from signalbox.domain.commands import Command, CommandKind
from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import AwsRefusedError, SlackRefusedError
from signalbox.domain.failures import BuildFailure, FailedTest
from signalbox.domain.gates import Change, Choice, TestResult
from signalbox.domain.holds import Reach, Scope
from signalbox.domain.identity import ReleaseId
from signalbox.domain.incidents import Incident, IncidentStatus, Rung
from signalbox.domain.listing import Listing
from signalbox.notifications.answers import status_answer, why_answer
from signalbox.runtime.batches import handle_batch
from signalbox.runtime.inbox import handle_inbox
from signalbox.runtime.settings import Settings
from signalbox.usecases.announce import announce
from signalbox.usecases.attempt_rung import attempt_rung
from signalbox.usecases.carry_out_command import carry_out_command
from signalbox.usecases.decide_gate import decide_gate
from signalbox.usecases.open_gate import open_gate
from signalbox.usecases.read_status import read_status
from signalbox.usecases.read_why import read_why
from signalbox.usecases.record_vote import Said
from signalbox.usecases.rollback_steps import incident_news
from signalbox.usecases.settle_gate import settle_gate
from signalbox.usecases.take_command import take_command
from signalbox.usecases.verify_rung import verify_rung

from tests.fakes import ACCOUNT, PIPELINE, MemoryAnchors
from tests.faults.canary_events import (
    ALARM,
    event,
    other_events,
    release_events,
    result,
    unreadable_events,
)
from tests.gate_world import (
    COMMIT,
    DIGEST,
    RELEASE,
    TASK_TOKEN,
    GateWorld,
    a_request,
    a_truth,
    card_of,
    vote_on,
)
from tests.leaving import left, shown
from tests.scripted_aws import ScriptedTargets


class StoryWorld(GateWorld):
    """A world of fakes whose every way out is kept for inspection."""

    def __init__(self) -> None:
        super().__init__()
        self.observations = self.ledger
        self.anchors = MemoryAnchors()
        self.targets = ScriptedTargets(versions={"production": "8"})
        self.settings = Settings({"ALLOWED_ACCOUNTS": ACCOUNT, "INBOX_DLQ_URL": "https://dlq"})
        self.dead_letters: list[dict[str, Any]] = []
        self.answers: list[str] = []
        sqs = SimpleNamespace(send_message=lambda **sent: self.dead_letters.append(sent))
        self.clients = SimpleNamespace(own=lambda name: {"sqs": sqs}[name])

    def receive(self, *bodies: Any) -> None:
        """Let events arrive in the inbox. None of them may come back."""
        records = [
            {"messageId": f"m{n}", "body": body if isinstance(body, str) else json.dumps(body)}
            for n, body in enumerate(bodies)
        ]
        answer = handle_inbox({"Records": records}, self)  # type: ignore[arg-type]
        assert answer == {"batchItemFailures": []}

    def tell(self) -> None:
        """Announce whatever is to be announced, through the queue."""
        for effect in tuple(self.ledger.effects.values()):
            if effect.kind is EffectKind.ANNOUNCE and effect.status is EffectStatus.PENDING:
                bell = {"subject": effect.subject, "kind": effect.kind.value, "key": effect.key}
                record = {"messageId": "m", "body": json.dumps(bell)}
                answer = handle_batch({"Records": [record]}, lambda body: announce(body, self))
                assert answer == {"batchItemFailures": []}

    def outputs(self) -> dict[str, str]:
        """All that has left Signalbox, by where it went."""
        return left(self) | {
            "answers to commands": shown(self.answers),
            "dead letters": shown(self.dead_letters),
        }


def tell_it_all(world: StoryWorld, said: str) -> None:
    """A release from push to rollback, in which every stranger says ``said``."""
    _plant_in_the_apis(world, said)
    world.receive(*release_events(said), *other_events(said))
    world.tell()
    _approve_and_reject(world, said)
    _ask_in_words(world, said)
    world.receive(
        event("Pipeline", state="FAILED"),
        event("Stage", state="FAILED", stage="Build"),
        event(
            "Action",
            state="FAILED",
            stage="Build",
            action="BuildAndTest",
            type={"category": "Build", "provider": "CodeBuild"},
            **{"execution-result": result(said), "action-execution-id": "b-2"},
        ),
    )
    world.tell()
    _roll_back(world, said)
    world.tell()
    world.receive(*unreadable_events(said))


def tell_by_mail(world: StoryWorld, said: str) -> None:
    """The same release, failing while Slack refuses whatever it is sent."""
    world.messenger.fail_with = SlackRefusedError("no", code="channel_not_found")
    _plant_in_the_apis(world, said)
    world.receive(*release_events(said))
    world.tell()
    world.receive(event("Stage", state="FAILED", stage="Build"), event("Pipeline", state="FAILED"))
    world.tell()


def _plant_in_the_apis(world: StoryWorld, said: str) -> None:
    commit = replace(
        COMMIT,
        message=said,
        author_name=said,
        author_email=f"{said}@example.com",
        branch=said,
        repository=said,
    )
    world.pipelines.truths[RELEASE] = a_truth(commit=commit, started_by=said, trigger_type=said)
    change = Change(id=COMMIT.id, author_name=said, author_email=said, subject=said)
    world.artifacts.listed[RELEASE] = Listing(changes=(change,), digest=DIGEST)
    world.builds.results["hello:1"] = TestResult(passed=1, failed=1, failing=(said, said))
    log = (said, "[Container] it began", *said.splitlines(), "it ended")
    failure = BuildFailure(
        why=f"1 of 2 tests failed: {said}",
        tests=world.builds.results["hello:1"],
        failing=(FailedTest(name=said, message=said), FailedTest(name=said)),
        log=log,
        log_url=f"https://console.aws.amazon.com/{said}",
        report=f"arn:aws:codebuild:us-east-1:123456789012:report/{said}",
    )
    world.builds.failures = dict.fromkeys(("hello:1", "hello:2", said), failure)


def _approve_and_reject(world: StoryWorld, said: str) -> None:
    open_gate(a_request(), world)
    world.tell()
    gate = world.the_gate()
    world.ledger.token_arrives(gate.id, TASK_TOKEN)
    world.workflows.waiting.add(TASK_TOKEN)
    channel, ts = world.notes().message  # type: ignore[misc]
    card = card_of(gate, channel=channel, ts=ts)
    for choice, user in ((Choice.APPROVE, "U0ADA"), (Choice.REJECT, "U0GRACE")):
        principal = f"slack:T0001:{user}"
        vote = Said(principal=principal, name=said, choice=choice, reason=said, ticket=said)
        vote_on(card, vote, world)
        world.tell()
    decide_gate(gate.id, world)
    world.tell()
    settle_gate(gate.id, "REJECTED", world)
    world.tell()


def _ask_in_words(world: StoryWorld, said: str) -> None:
    """Commands of somebody who may give them and of somebody who may not, carried out and told."""
    everything = Scope(reach=Reach.EVERYTHING)
    for user in ("U0GRACE", "U0STRANGER"):
        for kind in CommandKind:
            command = Command(
                id=f"{kind.value}-{user}",
                kind=kind,
                principal=f"slack:T0001:{user}",
                name=said,
                at=world.clock.now(),
                scope=everything,
                gate=world.the_gate().id,
                release=RELEASE.key,
                reason=said,
                channel="C0001",
                user=user,
            )
            take_command(command, commands=world.commands, bells=world.bells)
            carry_out_command(command.id, world)
            status = read_status(user, gates=world.gates, holds=world.holds, clock=world.clock)
            world.answers.append(status_answer(status.mine, status.others, status.holds))
            world.tell()
    world.answers.append(why_answer(said, read_why("hello", gates=world.gates)))


def _roll_back(world: StoryWorld, said: str) -> None:
    def incident(name: str, **known: Any) -> Incident:
        known = {"release": RELEASE, "rungs": (Rung(name="stage", to_execution="good"),)} | known
        return Incident(
            id=name,
            alarm=ALARM,
            service="hello",
            environment="production",
            stage="Production",
            status=IncidentStatus.ROLLING_BACK,
            opened_at=world.clock.now() + timedelta(minutes=1),
            alarm_reason=said,
            **known,
        )

    world.ledger.save_incident(incident("refused"), [])
    world.pipelines.refuse_rollback = AwsRefusedError(said, code="UnableToRollbackStage")
    attempt_rung("refused", 0, world)
    world.ledger.save_incident(incident("seen", rollback_execution="back", version="7"), [])
    back = ReleaseId(pipeline=PIPELINE, execution="back")
    world.pipelines.truths[back] = a_truth(release=back, status="Succeeded", kind="ROLLBACK")
    world.targets.well, world.targets.seen = False, f"500 {said}"
    verify_rung("seen", 0, world)
    for name in ("refused", "seen"):
        told = world.ledger.incidents[name]
        world.ledger.add([_news(told, world.clock.now())])


def _news(incident: Incident, at: datetime) -> Effect:
    return incident_news(incident, "closed", at)
