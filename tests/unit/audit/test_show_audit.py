"""The story of a release: who approved what and when, and where that is proven."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from signalbox.domain.audit import AuditEntry
from signalbox.domain.facts import ActionChanged, ArtifactLocation
from signalbox.domain.gates import Choice, Verdict
from signalbox.domain.states import ActionState
from signalbox.domain.verification import Anchor, Unreadable
from signalbox.usecases.decide_gate import decide_gate
from signalbox.usecases.settle_gate import settle_gate
from signalbox.usecases.show_audit import Story, show_audit

from cli.audit_story import story_document, story_lines
from tests.fakes import NOW, MemoryAudit
from tests.gate_world import (
    APPROVAL_TOKEN,
    COMMIT,
    DIGEST,
    RELEASE,
    TASK_TOKEN,
    GateWorld,
    an_authors_approval,
)
from tests.unit.audit.chains import anchor

SUBJECT = f"release#{RELEASE.key}"


@dataclass
class MemoryArchive:
    """The chains of a world of fakes as an auditor reads them, anchored to the end."""

    audit: MemoryAudit

    def subjects(self) -> Iterator[str]:
        yield from self.audit.chains

    def entries(self, subject: str) -> Sequence[AuditEntry]:
        return self.audit.chains.get(subject, [])

    def anchors(self, subject: str) -> Sequence[Anchor | Unreadable]:
        return [anchor(entry) for entry in self.entries(subject)[-1:]]


class AuditedWorld(GateWorld):
    """A gate's world with an auditor in it."""

    def __init__(self) -> None:
        super().__init__()
        self.audit_reader = self.anchor_reader = MemoryArchive(self.audit)


@pytest.fixture
def world() -> AuditedWorld:
    """Grace has approved, and CodePipeline was told."""
    world = AuditedWorld()
    gate = world.opened_gate()
    vote = replace(an_authors_approval(gate), principal="slack:T0001:U0GRACE", name="grace\x1b[2J")
    world.clock.advance(timedelta(minutes=3))
    world.ledger.vote(gate.id, vote, [])
    decide_gate(gate.id, world)
    settle_gate(gate.id, "APPROVED", world)
    deployed = ActionChanged(
        release=RELEASE, stage="Staging", action="Deploy", state=ActionState.SUCCEEDED, at=NOW,
        category="Deploy", provider="Lambda", action_execution_id="d-1", external_id="live",
        outputs=(ArtifactLocation(name="BuildArtifact", bucket="b", key="k"),),
    )  # fmt: skip
    world.ledger.record(deployed, [])
    world.ledger.write_notes(RELEASE, failure="test_greeting failed")
    return world


def told(world: AuditedWorld) -> tuple[Story, str]:
    story = show_audit(RELEASE, world)
    return story, "\n".join(story_lines(story, world.clock.now()))


def test_each_answer_bears_the_number_and_the_hash_of_the_entry_that_proves_it(
    world: AuditedWorld,
) -> None:
    _, text = told(world)
    print(text)
    opened, decided, answered = world.audit.chains[SUBJECT]
    cite = {e.number: f"#{e.number} {e.hash[:12]}" for e in (opened, decided, answered)}
    assert (
        f"commit     {COMMIT.id} by Ada <ada@example.com>: Greet by name Longer words. [{cite[1]}]"
        in text
    )
    assert f"artifact   sha256:{DIGEST} of {COMMIT.id} [{cite[1]}]" in text
    where = "approval   Approval/Approve"
    assert f"{where}: asked at 2026-11-22T12:00:00Z [{cite[1]}]" in text
    assert f"{where}: APPROVED at 2026-11-22T12:03:00Z [{cite[2]}]" in text
    assert f"[slack:T0001:U0GRACE] APPROVE at 2026-11-22T12:00:00+00:00 [{cite[2]}]" in text
    assert "  told AWS approve at 2026-11-22T12:03:00Z: Approved: Grace (U0GRACE)" in text
    assert "build      hello:1 [ledger only]" in text
    assert "output     BuildArtifact in s3://b/k [ledger only]" in text
    assert "deployment Staging/Deploy by Lambda live: SUCCEEDED [ledger only]" in text
    assert text.count("ledger only") == 5, "those, the state, and why it failed"
    assert "failed     test_greeting failed [ledger only]" in text
    assert "1 chain, none broken" in text
    assert "\x1b" not in text


def test_a_vote_that_no_entry_speaks_of_is_the_ledgers_word_only(world: AuditedWorld) -> None:
    forged = replace(an_authors_approval(world.the_gate()), principal="slack:T0001:U0EVE")
    world.ledger.vote(world.the_gate().id, forged, [])
    _, text = told(world)
    assert "[slack:T0001:U0EVE] APPROVE at 2026-11-22T12:00:00Z [ledger only]" in text


def test_a_verdict_that_was_changed_in_the_ledger_does_not_pass_for_proven(
    world: AuditedWorld,
) -> None:
    gate = world.the_gate()
    (vote,) = gate.votes
    world.ledger.gates[gate.id] = replace(
        gate, verdict=Verdict.REJECTED, votes=(replace(vote, choice=Choice.REJECT),)
    )
    _, text = told(world)
    assert "Approval/Approve: APPROVED at 2026-11-22T12:03:00Z [#2" in text
    assert "Approval/Approve: REJECTED [ledger only]" in text
    assert "[slack:T0001:U0GRACE] REJECT at 2026-11-22T12:00:00Z [ledger only]" in text


def test_an_approval_that_was_deleted_from_the_ledger_is_told_by_the_chain(
    world: AuditedWorld,
) -> None:
    world.ledger.gates.clear()
    _, text = told(world)
    assert "Approval/Approve: APPROVED" in text
    assert "? [slack:T0001:U0GRACE] APPROVE" in text


def test_a_broken_chain_is_said_in_the_story(world: AuditedWorld) -> None:
    chain = world.audit.chains[SUBJECT]
    chain[1] = replace(chain[1], details={**chain[1].details, "verdict": "REJECTED"})
    story, text = told(world)
    assert not story.chapters[0].verification.is_sound
    assert "entry 2: it was changed" in text


def test_no_token_is_in_the_story(world: AuditedWorld) -> None:
    story, text = told(world)
    document = repr(story_document(story, world.clock.now()))
    for token in (APPROVAL_TOKEN, TASK_TOKEN):
        assert token not in text
        assert token not in document


def test_a_release_of_which_nothing_is_known_has_an_empty_story() -> None:
    world = AuditedWorld()
    nobody = replace(RELEASE, execution="nobody")
    lines = list(story_lines(show_audit(nobody, world), world.clock.now()))
    assert "  commit     nothing recorded" in lines
    assert "  approval   nobody was asked" in lines
