"""What the message of a release looks like, in each state and with hostile text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.domain.facts import Commit
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
from signalbox.domain.policy import Excluded, Meaning, Policy
from signalbox.domain.releases import Action, Release, Stage
from signalbox.domain.states import ActionState, ExecutionState
from signalbox.domain.sweeps import Judgement as Judged
from signalbox.domain.sweeps import Sweep, Thing
from signalbox.notifications.emails import (
    TEXT_LIMIT,
    release_subject,
    release_text,
    urgent_mails,
)
from signalbox.notifications.gate_section import (
    EXCLUSIONS,
    HANDS,
    MARKS,
    SETTLEMENTS,
    VERDICTS,
)
from signalbox.notifications.incident_section import STATUS
from signalbox.notifications.links import execution_url
from signalbox.notifications.messages import (
    ACTION_MARKS,
    STAGE_MARKS,
    release_message,
    sweep_message,
)
from signalbox.notifications.modals import reason_modal
from signalbox.notifications.view import (
    EMOJI,
    OF_INCIDENT,
    OF_STATE,
    GateView,
    Headline,
    ReleaseView,
    headline,
)
from signalbox.policies.judge import digest_of
from signalbox.policies.votes import weigh

from sandbox.slack.blocks import faults_of_blocks, faults_of_modal
from tests.fakes import ACCOUNT, NOW, REGION, release_id
from tests.gate_world import COMMIT, EVERYBODY

HOSTILE = "<!channel> <https://evil|Approve> `*_~ & \u202e\x00 " + "AKIA" + "IOSFODNN7CANARY1"


def a_view(text: str = "Greet", state: ExecutionState = ExecutionState.STARTED) -> ReleaseView:
    stage = Stage(
        name="Build",
        state=state,
        started_at=NOW,
        ended_at=NOW + timedelta(seconds=75),
        actions=(
            Action(name="BuildAndTest", state=ActionState.SUCCEEDED),
            Action(name="Scan", state=ActionState.STARTED),
        ),
    )
    commit = Commit(id=COMMIT.id, message=text, author_name=text, branch=text, repository=text)
    release = Release(id=release_id(), state=state, started_at=NOW, stages=(stage,))
    return ReleaseView(release=release, service="hello", commit=commit)


def a_gate(text: str = "Greet", **changes: Any) -> Gate:
    dossier = Dossier(
        revision=COMMIT.id,
        artifact_digest="d" * 64,
        tests=TestResult(passed=12),
        changes=tuple(
            Change(id=f"{n:040x}", author_name=text, author_email=text, subject=text)
            for n in range(30)
        ),
        firing_alarms=(text,),
    )
    digest = digest_of(release_id().execution, dossier, Policy())
    known: dict[str, Any] = {
        "id": "0f" * 16,
        "release": release_id(),
        "stage": "Approval",
        "action": "Approve",
        "action_execution_id": "a-1",
        "status": GateStatus.OPEN,
        "opened_at": NOW,
        "expires_at": NOW + timedelta(hours=24),
        "dossier": dossier,
        "shown_digest": digest,
        "votes": (
            Vote(
                principal="slack:T1:U1",
                name=text,
                choice=Choice.APPROVE,
                at=NOW,
                shown_digest="other",
            ),
        ),
        "approval_token": "TOKEN-A",
        "task_token": "TOKEN-T",
    }
    return Gate(**known | changes)


def with_gate(view: ReleaseView, gate: Gate) -> ReleaseView:
    weighed = weigh(gate, Policy(), EVERYBODY)
    return changed(view, gates=(GateView(gate=gate, weighed=weighed),))


def changed(view: ReleaseView, **changes: Any) -> ReleaseView:
    fields = {name: getattr(view, name) for name in ReleaseView.__dataclass_fields__}
    return ReleaseView(**fields | changes)


def an_incident(status: IncidentStatus, text: str = "errors") -> Incident:
    return Incident(
        id="i1",
        alarm=AlarmId(account=ACCOUNT, region=REGION, name=text),
        service="hello",
        environment=text,
        status=status,
        opened_at=NOW,
        alarm_reason=text,
        stage="Production",
        rungs=(Rung(name="stage-rollback", to_execution="e", to_revision="b" * 40),),
        evidence=text,
        closed_at=NOW + timedelta(minutes=2),
    )


def every_view(text: str) -> Iterator[ReleaseView]:
    for state in ExecutionState:
        yield changed(
            a_view(text, state), failure=text, tests=TestResult(failed=1, failing=(text,))
        )
    yield with_gate(a_view(text), a_gate(text))
    yield changed(with_gate(a_view(text), a_gate(text)), failure=text)
    for verdict in Verdict:
        for status in (GateStatus.DECIDED, GateStatus.SETTLED):
            for settlement in Settlement:
                gate = a_gate(
                    text, status=status, verdict=verdict, reason=text, settlement=settlement.value
                )
                yield changed(with_gate(a_view(text), gate), failure=text)
    for kind in GateKind:
        gate = a_gate(text, kind=kind, round=2, standing=(text, text))
        yield with_gate(a_view(text), gate)
        ended = {"status": GateStatus.SETTLED, "verdict": Verdict.APPROVED, "decided_by": text}
        for reviewed in ("", text):
            gate = a_gate(text, kind=kind, broken_glass=True, reviewed_by=reviewed, **ended)
            yield with_gate(a_view(text), gate)
    for incident in IncidentStatus:
        yield changed(a_view(text), incidents=(an_incident(incident, text),))


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


@pytest.mark.parametrize("text", ["Greet", HOSTILE, "x" * 20_000, "&" * 9_000, ""])
def test_every_state_is_a_message_that_slack_takes(text: str) -> None:
    for view in every_view(text):
        message = release_message(view)
        assert faults_of_blocks(message["blocks"]) == []
        assert 0 < len(message["text"]) <= 3000


@pytest.mark.case(29)
def test_no_stranger_gets_markup_into_a_message() -> None:
    for view in every_view(HOSTILE):
        for text in strings(release_message(view)["blocks"]):
            allowed = re.sub(
                r"<https://[a-z0-9-]+\.console\.aws\.amazon\.com/[^|<> ]*\|[^<>]*>", "", text
            )
            assert "<" not in allowed
            assert "\u202e" not in text
            assert "CANARY1" not in text


@pytest.mark.case(29)
@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=300))
def test_any_text_at_all_makes_a_message_that_slack_takes(text: str) -> None:
    gate = a_gate(text, status=GateStatus.SETTLED, verdict=Verdict.REJECTED, reason=text)
    for view in (with_gate(a_view(text), a_gate(text)), with_gate(a_view(text), gate)):
        assert faults_of_blocks(release_message(view)["blocks"]) == []


@pytest.mark.case(22)
def test_no_token_is_in_any_message_or_e_mail() -> None:
    for view in every_view("Greet"):
        everything = json.dumps(release_message(view)) + release_text(view)
        assert "TOKEN-" not in everything


def test_only_an_open_gate_of_a_running_release_has_buttons() -> None:
    shown = json.dumps(release_message(with_gate(a_view(), a_gate())))
    assert "approve_gate" in shown
    looked_at = with_gate(a_view(), a_gate(kind=GateKind.OBSERVED))
    assert "approve_gate" not in json.dumps(release_message(looked_at))
    assert headline(looked_at) is Headline.RUNNING
    ended = a_view(state=ExecutionState.STOPPED)
    assert "approve_gate" not in json.dumps(release_message(with_gate(ended, a_gate())))


def test_the_buttons_carry_the_gate_and_the_digest_and_ask_before_approving() -> None:
    gate = a_gate()
    blocks = release_message(with_gate(a_view(), gate))["blocks"]
    [row] = [block for block in blocks if block["type"] == "actions"]
    assert row["block_id"] == f"gate:{gate.id}"
    for button in row["elements"]:
        assert json.loads(button["value"]) == {"gate": gate.id, "digest": gate.shown_digest}
    assert "confirm" in row["elements"][0]


def test_the_same_view_renders_the_same_bytes() -> None:
    for view in every_view("Greet"):
        assert json.dumps(release_message(view)) == json.dumps(release_message(view))


def test_a_failure_is_told_with_its_reason() -> None:
    view = changed(a_view(state=ExecutionState.FAILED), failure="test_adds failed")
    message = release_message(view)
    assert headline(view) is Headline.FAILED
    assert "test_adds failed" in json.dumps(message)


def test_an_incident_outweighs_everything_else_in_the_headline() -> None:
    view = changed(
        a_view(state=ExecutionState.SUCCEEDED),
        incidents=(an_incident(IncidentStatus.NEEDS_A_HUMAN),),
    )
    assert headline(view) is Headline.NEEDS_A_HUMAN
    calm = changed(view, incidents=(an_incident(IncidentStatus.NOT_OURS),))
    assert headline(calm) is Headline.RELEASED


@pytest.mark.parametrize(
    ("table", "closed_set"),
    [
        (OF_STATE, ExecutionState),
        (STAGE_MARKS, ExecutionState),
        (ACTION_MARKS, ActionState),
        (OF_INCIDENT, IncidentStatus),
        (STATUS, IncidentStatus),
        (EMOJI, Headline),
        (VERDICTS, Verdict),
        (SETTLEMENTS, Settlement),
        (HANDS, Choice),
        (EXCLUSIONS, Excluded),
        (MARKS, ["pass", *Meaning]),
    ],
)
def test_every_table_is_complete(table: dict[Any, Any], closed_set: Any) -> None:
    assert set(table) == set(closed_set)


def test_an_e_mail_reads_like_one() -> None:
    view = changed(
        a_view(state=ExecutionState.SUCCEEDED),
        incidents=(an_incident(IncidentStatus.ROLLED_BACK),),
    )
    assert release_subject(view) == "hello 4f1c2d3: rolled back"
    text = release_text(view)
    assert text.startswith("Release 4f1c2d3 of hello was rolled back.")
    assert "https://us-east-1.console.aws.amazon.com/" in text


def test_an_e_mail_says_what_no_answer_means_only_where_it_means_no() -> None:
    assert "No answer by then means no." in release_text(with_gate(a_view(), a_gate()))
    observed = release_text(with_gate(a_view(), a_gate(kind=GateKind.OBSERVED)))
    assert "waits for approval in CodePipeline" in observed
    assert "means no" not in observed


def test_what_is_urgent_is_mailed_under_a_key_of_its_own() -> None:
    view = with_gate(a_view(), a_gate())
    [calm] = view.gates
    assert urgent_mails(view) == {}
    called = changed(view, gates=(replace(calm, escalated=("U0ADA",)),))
    assert list(urgent_mails(called)) == [f"escalate-{'0f' * 16}"]
    over = replace(called.release, state=ExecutionState.STOPPED)
    assert urgent_mails(changed(called, release=over)) == {}
    broken = with_gate(a_view(), a_gate(status=GateStatus.DECIDED, broken_glass=True))
    assert list(urgent_mails(broken)) == [f"glass-{'0f' * 16}"]
    for about in (*urgent_mails(called).values(), *urgent_mails(broken).values()):
        assert release_subject(view, about) == f"hello 4f1c2d3: {about}"


def test_e_mails_fit_and_mask_whatever_is_in_them() -> None:
    for view in every_view(HOSTILE * 300):
        subject = release_subject(view)
        assert subject.isascii()
        assert 0 < len(subject) <= 100
        assert len(release_text(view)) <= TEXT_LIMIT
        assert "CANARY1" not in release_text(view)


def test_a_sweep_of_many_things_fits() -> None:
    thing = Thing(kind="artifact", id="s3://b/" + "k" * 900, created_at=None)
    judged = tuple(Judged(thing=thing, delete=n % 2 == 0, why=HOSTILE * 20) for n in range(400))
    message = sweep_message(Sweep(id="s", service="hello", at=NOW, judgements=judged))
    assert faults_of_blocks(message["blocks"]) == []


@pytest.mark.case(31)
@settings(max_examples=200, deadline=None)
@given(name=st.text(min_size=1, max_size=40), execution=st.text(min_size=1, max_size=40))
def test_a_name_cannot_break_out_of_a_link(name: str, execution: str) -> None:
    pipeline = PipelineId(account=ACCOUNT, region="us-east-1", name=name)
    encodable = (name + execution).encode("utf-8", "replace").decode() == name + execution
    if not encodable:
        return
    url = execution_url(ReleaseId(pipeline=pipeline, execution=execution))
    assert re.fullmatch(r"[A-Za-z0-9:/?=.%_~-]+", url)
    parts = urlsplit(url).path.split("/")
    assert unquote(parts[4]) == name
    assert unquote(parts[6]) == execution


def test_the_dialog_is_one_that_slack_opens() -> None:
    view = reason_modal(gate="0f" * 16, digest="d" * 64, channel="C1", ts="1.2")
    assert faults_of_modal(view) == []
