"""Whole views out of hostile text, and what every block must hold to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlsplit

from hypothesis import strategies as st
from signalbox.domain.facts import Commit
from signalbox.domain.failures import FailedTest, Failure
from signalbox.domain.gates import (
    Change,
    Choice,
    Dossier,
    Gate,
    GateKind,
    GateStatus,
    Settlement,
    TestResult,
    Verdict,
    Vote,
)
from signalbox.domain.identity import AlarmId, PipelineId, ReleaseId
from signalbox.domain.incidents import Incident, IncidentStatus, Rung
from signalbox.domain.policy import Group, Mode, Policy, Quorum
from signalbox.domain.releases import Action, Release, Stage
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.sweeps import Judgement, Sweep, Thing
from signalbox.notifications.view import GateView, ReleaseView
from signalbox.policies.votes import weigh

from sandbox.slack.blocks import faults_of_blocks
from tests.fakes import ACCOUNT, NOW
from tests.gate_world import EVERYBODY

SECRET = "AKIA" + "IOSFODNN7CANARY1"
NASTY = [
    "<!channel>",
    "<https://evil.example|Approve>",
    "<@U0ADMIN>",
    "`` ` ```",
    "&lt;!here&gt;",
    "\u202etxt.exe",
    "pay\u200bpal",
    "\x1b[31mred\x00",
    '\r\n{"level":"INFO"}',
    SECRET,
    "&" * 400,
    "x" * 4000,
    "a\u0301\u0301\u0301\u0301\u0301\u0301",
    "*bold* _it_ ~no~ :white_check_mark:",
    "\ud800",
    "https://user:pw@evil.example/",
]
URLS = [
    "https://eu-west-1.console.aws.amazon.com/x?y=1&z=2#a;b",
    "https://ci.example.com/job/1",
    "http://ci.example.com/",
    "javascript:alert(1)",
    "https://evil.example/>|Approve<https://x.example",
    "https://аmazon.com/",
    "https://xn--mazon-3ve.com/",
    "https://aws.amazon.com@evil.example/",
    "https://ci.example.com/?token=" + SECRET,
    "https://ci.example.com/" + "a" * 3000,
]

outside = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=40),
    st.lists(st.sampled_from(NASTY), min_size=2, max_size=3).map("".join),
)


class Maker:
    """Fills whole views with a few drawn texts, by a drawn seed: fast, and every field is hit."""

    def __init__(self, texts: list[str], seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 (no secret depends on it)
        self.texts = [*texts, ""]

    def text(self) -> str:
        return self.random.choice(self.texts)

    def url(self) -> str:
        return self.random.choice([*URLS, self.text(), "https://" + self.text()])

    def one(self, of: Iterable[Any]) -> Any:
        return self.random.choice(list(of))

    def some(self, make: Callable[[], Any], most: int) -> tuple[Any, ...]:
        return tuple(make() for _ in range(self.random.randint(0, most)))

    def at(self) -> datetime | None:
        after = self.random.randint(-9_000, 90_000)
        return NOW + timedelta(seconds=after) if after > 0 else None

    def action(self) -> Action:
        return Action(
            name=self.text(),
            state=self.one(ActionState),
            started_at=self.at(),
            ended_at=self.at(),
            action_execution_id=self.one(["a-1", "a-2"]),
            attempt=self.random.randint(1, 3),
            category=self.one(["Source", "Build", "Approval", "Deploy"]),
            external_id=self.text(),
            external_url=self.url(),
            summary=self.text(),
            error_code=self.text(),
        )

    def stage(self) -> Stage:
        return Stage(
            name=self.text(),
            state=self.one(ExecutionState),
            started_at=self.at(),
            ended_at=self.at(),
            attempt=self.random.randint(1, 3),
            actions=self.some(self.action, 4),
        )

    def release_id(self) -> ReleaseId:
        region = self.one(["eu-west-1", "cn-north-1", "us-gov-west-1", self.text()])
        pipeline = PipelineId(account=ACCOUNT, region=region, name=self.text())
        return ReleaseId(pipeline=pipeline, execution=self.text())

    def release(self) -> Release:
        return Release(
            id=self.release_id(),
            state=self.one(ExecutionState),
            attempt=self.random.randint(1, 3),
            started_at=self.at(),
            ended_at=self.at(),
            stages=self.some(self.stage, 16),
        )

    def failure(self) -> Failure:
        report = f"arn:aws:codebuild:eu-west-1:{ACCOUNT}:report/hello:1"
        return Failure(
            stage=self.text(),
            action=self.text(),
            attempt=self.random.randint(1, 3),
            why=self.text(),
            failing=self.some(lambda: FailedTest(name=self.text(), message=self.text()), 20),
            log=self.some(self.text, 20),
            log_url=self.url(),
            report=self.one([report, self.text()]),
            url=self.url(),
            error_code=self.text(),
        )

    def change(self) -> Change:
        return Change(
            id=self.text(),
            author_name=self.text(),
            author_email=self.one([self.text(), "ada@example.com"]),
            subject=self.text(),
        )

    def vote(self) -> Vote:
        return Vote(
            principal=f"slack:T1:{self.one([self.text(), 'U0GRACE', 'U0ADA', 'U0LINUS'])}",
            name=self.text(),
            choice=self.one(Choice),
            at=NOW,
            reason=self.text(),
            shown_digest=self.one(["d" * 64, "other"]),
        )

    def gate(self, number: int) -> GateView:
        dossier = Dossier(
            revision=self.text(),
            artifact_digest=self.text(),
            tests=TestResult(failing=self.some(self.text, 3), failed=self.random.randint(0, 2)),
            changes=self.some(self.change, 50),
            last_good_revision=self.text(),
            firing_alarms=self.some(self.text, 4),
            rollback_readiness=self.text(),
            started_by=self.text(),
            checks=self.some(lambda: f"{self.one(['block', 'pass', ''])} {self.text()}", 8),
        )
        gate = Gate(
            id=f"{number:032x}",
            release=self.release_id(),
            stage=self.text(),
            action=self.text(),
            action_execution_id=self.one(["a-1", "a-2"]),
            status=self.one(GateStatus),
            opened_at=NOW,
            expires_at=NOW + timedelta(hours=1),
            dossier=dossier,
            shown_digest="d" * 64,
            votes=self.some(self.vote, 15),
            verdict=self.one([None, *Verdict]),
            reason=self.text(),
            decided_at=self.at(),
            settlement=self.one([*(one.value for one in Settlement), self.text()]),
            kind=self.one(GateKind),
            round=self.random.randint(1, 2),
            standing=self.some(self.text, 3),
            broken_glass=self.one([True, False]),
            reviewed_by=self.text(),
            decided_by=self.text(),
        )
        policy = self.policy()
        return GateView(
            gate=gate,
            weighed=weigh(gate, policy, EVERYBODY),
            policy=policy,
            reminders=self.random.randint(0, 2),
            escalated=self.some(self.text, 3),
            calls=self.some(lambda: self.one(["U0GRACE", self.text()]), 30),
        )

    def policy(self) -> Policy:
        named = self.some(self.text, 3)
        quorum = Quorum(
            approvals=self.random.randint(0, 3), groups=named, one_from_each=self.some(self.text, 2)
        )
        groups = tuple(Group(name=name, members=frozenset({"U0GRACE"})) for name in named)
        return Policy(
            mode=self.one(Mode), quorum=quorum, hotfix=quorum, break_glass=named, groups=groups
        )

    def incident(self, number: int) -> Incident:
        def rung() -> Rung:
            return Rung(name=self.text(), to_execution=self.text(), to_revision=self.text())

        return Incident(
            id=f"i-{number}",
            alarm=AlarmId(account=ACCOUNT, region=self.text(), name=self.text()),
            service=self.text(),
            environment=self.text(),
            status=self.one(IncidentStatus),
            opened_at=NOW,
            alarm_reason=self.text(),
            stage=self.text(),
            rungs=self.some(rung, 2),
            rollback_execution=self.text(),
            evidence=self.text(),
            closed_at=self.at(),
        )

    def view(self) -> ReleaseView:
        return ReleaseView(
            release=self.release(),
            service=self.text(),
            commit=Commit(
                id=self.text(),
                message=self.text(),
                author_name=self.text(),
                author_email=self.text(),
                branch=self.text(),
                repository=self.text(),
            ),
            kind=self.one(["STANDARD", "ROLLBACK", ""]),
            failure=self.text(),
            failures=self.some(self.failure, 3),
            author_user=self.one(["", "U0ADA"]),
            rollback_target=self.text(),
            superseded_by=self.text(),
            tests=self.one([None, TestResult(failing=self.some(self.text, 3))]),
            gates=tuple(self.gate(n) for n in range(self.random.randint(0, 2))),
            incidents=tuple(self.incident(n) for n in range(self.random.randint(0, 2))),
        )

    def sweep(self) -> Sweep:
        def judgement() -> Judgement:
            thing = Thing(kind="artifact", id=self.text())
            return Judgement(thing=thing, delete=self.one([True, False]), why=self.text())

        return Sweep(
            id="s",
            service=self.text(),
            at=NOW,
            dry_run=self.one([True, False]),
            judgements=self.some(judgement, 40),
        )


makers = st.builds(Maker, st.lists(outside, min_size=1, max_size=5), st.integers(0, 2**32))

LINK = re.compile(r"<(https://[A-Za-z0-9.-]+[^\s<>|`]*)\|([^<>|`]+)>")
MENTION = re.compile(r"<@[UW][A-Z0-9]+>")
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def check_message(message: Mapping[str, Any]) -> None:
    """Slack takes it, and nothing in it is a stranger's markup, link, secret or unseen sign."""
    assert faults_of_blocks(message["blocks"]) == []
    assert 0 < len(message["text"]) <= 40_000
    assert 0 < len(message["blocks"]) <= 50
    check_text(message["text"], marked=True)
    for block in message["blocks"]:
        check_limits(block)
        for kind, text in texts(block):
            check_text(text, marked=kind == "mrkdwn")


def check_text(text: str, *, marked: bool) -> None:
    rest = text
    if marked:
        for url, label in LINK.findall(text):
            check_link(url, label)
        rest = MENTION.sub("", LINK.sub("", text))
        assert text.count("`") % 2 == 0, text
    assert "<" not in rest, text
    assert ">" not in rest, text
    assert not re.search(r"&(?!amp;|lt;|gt;)", rest), text
    assert SECRET not in text
    for char in text:
        assert char == "\n" or unicodedata.category(char) not in UNSEEN, ascii(text)


def check_link(url: str, label: str) -> None:
    """Its host is plain ASCII, and named wherever it is not AWS's console."""
    host = urlsplit(url.replace("&amp;", "&")).hostname or ""
    assert re.fullmatch(r"[a-z0-9.-]+", host), url
    assert not re.search(r"(^|\.)xn--", host), url
    own = re.search(
        r"(^|\.)(console\.aws\.amazon\.com|console\.amazonaws(-us-gov\.com|\.cn))$", host
    )
    assert own or f"({host})" in label, (url, label)


def check_limits(block: Mapping[str, Any]) -> None:
    """Slack's limits once more, as its documentation of Block Kit gives them."""
    match block["type"]:
        case "header":
            assert len(block["text"]["text"]) <= 150
        case "section":
            assert len(block.get("fields", [])) <= 10
            assert all(len(one["text"]) <= 2000 for one in block.get("fields", []))
            assert len(block.get("text", {}).get("text", "")) <= 3000
        case "context":
            assert 1 <= len(block["elements"]) <= 10
        case "actions":
            for one in block["elements"]:
                assert len(one["text"]["text"]) <= 75
                assert len(one["value"]) <= 2000


def texts(value: object) -> Iterator[tuple[str, str]]:
    """Every text object in it, as (type, text)."""
    if isinstance(value, dict):
        if value.get("type") in {"mrkdwn", "plain_text"}:
            yield value["type"], value["text"]
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
