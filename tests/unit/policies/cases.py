"""Gates before their judges, in the fewest words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from signalbox.domain.evidence import Evidence
from signalbox.domain.gates import (
    Change,
    Choice,
    Dossier,
    Gate,
    GateKind,
    GateStatus,
    TestResult,
    Vote,
)
from signalbox.domain.people import Directory
from signalbox.domain.policy import Group, Policy
from signalbox.policies.judge import digest_of
from signalbox.policies.outcome import Case

from tests.fakes import NOW, release_id
from tests.gate_world import EVERYBODY, a_person

ARTIFACT = "d" * 64
ADAS = Change(
    id="a" * 40,
    author_name="Ada",
    author_email="ada@example.com",
    committer_email="ada@example.com",
    subject="Greet",
)
DOSSIER = Dossier(
    revision="a" * 40, artifact_digest=ARTIFACT, tests=TestResult(passed=3), changes=(ADAS,)
)
WELL = Evidence(at=NOW, tests=TestResult(passed=3), artifact_digest=ARTIFACT)
SRE = Group(name="sre", members=frozenset({"U0GRACE", "U0LINUS"}))
PRODUCT = Group(name="product", members=frozenset({"U0BARBARA", "U0GRACE"}))
ROBOT = a_person("robot", bot=True)
TEAM = Directory(people=(*EVERYBODY.people, ROBOT))


def a_gate(
    policy: Policy | None = None,
    *votes: Vote,
    kind: GateKind = GateKind.APPROVAL,
    **dossier: Any,
) -> Gate:
    """A gate that shows what holds; votes without a digest were given on its card."""
    shown = replace(DOSSIER, **dossier)
    digest = digest_of(release_id().execution, shown, policy or Policy(), kind)
    return Gate(
        id="g",
        release=release_id(),
        stage="Approval",
        action="Approve",
        action_execution_id="a",
        status=GateStatus.OPEN,
        opened_at=NOW,
        expires_at=NOW,
        dossier=shown,
        shown_digest=digest,
        votes=tuple(replace(one, shown_digest=one.shown_digest or digest) for one in votes),
        kind=kind,
    )


def a_case(
    policy: Policy | None = None,
    *votes: Vote,
    directory: Directory = TEAM,
    kind: GateKind = GateKind.APPROVAL,
    evidence: dict[str, Any] | None = None,
    **dossier: Any,
) -> Case:
    gate = a_gate(policy, *votes, kind=kind, **dossier)
    seen = replace(WELL, **evidence or {})
    return Case(gate=gate, policy=policy or Policy(), directory=directory, evidence=seen)


def says(who: str, choice: Choice = Choice.APPROVE, **more: Any) -> Vote:
    """Somebody's vote: by Slack, or by their AWS session with ``aws:`` before the name."""
    kind, _, name = who.rpartition(":")
    session = f"aws:arn:aws:sts::123456789012:assumed-role/Team/{name}"
    principal = session if kind == "aws" else f"slack:T0001:U0{name.upper()}"
    known: dict[str, Any] = {"principal": principal, "name": name, "choice": choice, "at": NOW}
    return Vote(**known | more)


def rejects(who: str, reason: str = "not today") -> Vote:
    return says(who, Choice.REJECT, reason=reason)


def breaks_glass(who: str, reason: str = "payments are down", ticket: str = "OPS-1") -> Vote:
    return says(who, Choice.BREAK_GLASS, reason=reason, ticket=ticket)
