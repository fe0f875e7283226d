"""`signalbox gate`, `hold` and `drain` against the endpoint that they call."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.credentials import Credentials
from botocore.exceptions import EndpointConnectionError
from signalbox.domain.commands import CommandKind
from signalbox.domain.errors import SettingMissingError
from signalbox.domain.gates import Change, Choice, GateKind, GateStatus, Verdict
from signalbox.domain.holds import ClosedStage
from signalbox.usecases.decide_gate import decide_gate
from typer.testing import CliRunner

from cli import asking, gate
from cli.control_api import ControlApi, Place, place_of
from cli.main import app
from tests.fakes import NOW, PIPELINE
from tests.gate_world import COMMIT, RELEASE
from tests.unit.api.api_world import ApiWorld
from tests.unit.cli.an_api import CALLER, Reply, WiredApi

HOST = "abc123.execute-api.us-east-1.amazonaws.com"
URL = f"https://{HOST}"


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> WiredApi:
    """The command line, whose API is the endpoint with a world of fakes behind it."""
    http = WiredApi(ApiWorld())
    keys = Credentials("AKID", "SECRET", "TOKEN")
    api = ControlApi(Place(URL, HOST, "us-east-1"), keys, http)
    for module in ("gate", "hold", "drain"):
        monkeypatch.setattr(f"cli.{module}.api_of", lambda *_: api)
    monkeypatch.setattr(gate, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(asking, "PAUSE_SECONDS", 0)
    return http


def run(*words: str, typed: str = "") -> tuple[int, str]:
    ended = CliRunner().invoke(app, words, input=typed)
    return ended.exit_code, ended.stdout + ended.stderr


def test_what_waits_is_listed_and_nothing_is_said_to_wait_where_nothing_does(
    wired: WiredApi,
) -> None:
    assert run("gate", "list") == (0, "nothing waits for people\n")
    waiting = wired.world.opened_gate()
    code, said = run("gate", "list")
    assert code == 0
    assert said.startswith(f"{waiting.id}  hello/Approval  {COMMIT.id[:7]}  Greet")
    assert json.loads(run("gate", "list", "--json")[1])["gates"][0]["id"] == waiting.id


@pytest.mark.parametrize("name", ["hello", "hello/Approval", f"hello@{COMMIT.id[:7]}", "{id}"])
def test_a_gate_is_shown_by_whatever_names_it(wired: WiredApi, name: str) -> None:
    waiting = wired.world.opened_gate()
    code, said = run("gate", "show", name.format(id=waiting.id))
    assert code == 0
    for word in (COMMIT.id, "Greet (Ada <ada@example.com>)", "12 passed", waiting.shown_digest):
        assert word in said
    assert json.loads(run("gate", "show", "hello", "--json")[1])["id"] == waiting.id


def test_a_name_of_nothing_and_a_name_of_two_are_said(wired: WiredApi) -> None:
    waiting = wired.world.opened_gate()
    assert run("gate", "show", "goodbye") == (
        1,
        "signalbox gate: no gate called goodbye waits for people\n",
    )
    twin = replace(waiting, id="f" * 32)
    wired.world.ledger.gates[twin.id] = twin
    code, said = run("gate", "approve", "hello", "--yes")
    assert (code, "any of these" in said, wired.votes()) == (1, True, [])


@pytest.mark.case(23)
def test_approving_shows_what_it_is_asks_and_sends_the_digest_that_was_shown(
    wired: WiredApi,
) -> None:
    waiting = wired.world.opened_gate()
    code, said = run("gate", "approve", "hello", typed="n\n")
    assert (code, wired.votes()) == (1, [])
    assert COMMIT.id in said.split("approve this?")[0]
    code, _ = run("gate", "approve", "hello", "--reason", "looked at it", typed="y\n")
    assert code == 0
    (sent,) = wired.votes()
    assert (sent["digest"], sent["choice"]) == (waiting.shown_digest, "approve")
    (vote,) = wired.world.the_gate().votes
    assert (vote.principal, vote.reason) == (f"aws:{CALLER}", "looked at it")


def test_a_gate_that_changed_while_the_person_looked_is_not_approved(wired: WiredApi) -> None:
    waiting = wired.world.opened_gate()
    ledger = wired.world.ledger
    wired.sent = _Watching(lambda: ledger.gates.update({waiting.id: _changed(waiting)}))
    code, said = run("gate", "approve", waiting.id, "--yes")
    assert (code, "look at it again" in said) == (1, True)
    assert wired.world.the_gate().votes == ()


def test_it_says_that_the_gate_is_decided_or_what_it_still_waits_for(wired: WiredApi) -> None:
    waiting, ledger = wired.world.opened_gate(), wired.world.ledger

    def counted() -> None:
        ledger.note_standing(waiting.id, (), ("1 of 2 approvals, one of product",))

    def decided() -> None:
        ledger.gates[waiting.id] = replace(
            ledger.gates[waiting.id], status=GateStatus.DECIDED, verdict=Verdict.APPROVED
        )

    wired.after = counted
    assert "waits for   1 of 2 approvals" in run("gate", "approve", "hello", "--yes")[1]
    wired.after = decided
    assert "hello/Approval: approved" in run("gate", "approve", "hello", "--yes")[1]
    code, said = run("gate", "approve", waiting.id, "--yes")
    assert (code, "closed already" in said) == (1, True)


def test_whose_vote_does_not_count_learns_why(wired: WiredApi) -> None:
    waiting = wired.world.opened_gate()
    wired.caller = "arn:aws:sts::123456789012:assumed-role/Team/ada"
    wired.after = lambda: decide_gate(waiting.id, wired.world)
    code, said = run("gate", "approve", "hello", "--yes")
    assert (code, "ada's vote does not count: own change" in said) == (1, True)
    wired.caller = "arn:aws:sts::123456789012:assumed-role/Team/nobody"
    said = run("gate", "approve", "hello", "--yes")[1]
    assert "nobody's vote does not count:" in said
    assert "people document" in said
    assert run("gate", "show", "hello")[1].count("does not count") == 2


def test_rejecting_wants_a_reason_and_breaking_the_glass_a_ticket(wired: WiredApi) -> None:
    wired.world.opened_gate()
    assert run("gate", "reject", "hello", "--yes")[0] == 2
    assert run("gate", "break-glass", "hello", "--reason", "down", "--yes")[0] == 2
    assert run("gate", "reject", "hello", "--reason", "broken", "--yes")[0] == 0
    told = ("--reason", "down", "--ticket", "INC-1", "--yes")
    assert run("gate", "break-glass", "hello", *told)[0] == 0
    assert [vote["choice"] for vote in wired.votes()] == ["reject", "break-glass"]


def test_what_strangers_wrote_cannot_steer_the_terminal(wired: WiredApi) -> None:
    waiting = wired.world.opened_gate()
    evil = Change(
        id="e" * 40, author_name="\x1b]0;x\x07", author_email="e@x", subject="a\x1b[2Jb\r"
    )
    dossier = replace(waiting.dossier, changes=(evil,))
    wired.world.ledger.gates[waiting.id] = replace(waiting, dossier=dossier)
    for words in (("list",), ("show", "hello"), ("approve", "hello", "--yes")):
        assert not set("\x1b\x07\r") & set(run("gate", *words)[1])


def test_a_gate_that_is_only_observed_says_so(wired: WiredApi) -> None:
    waiting = wired.world.opened_gate()
    wired.world.ledger.gates[waiting.id] = replace(waiting, kind=GateKind.OBSERVED)
    assert "only observes" in run("gate", "show", "hello")[1]
    assert run("gate", "approve", "hello", "--yes")[0] == 1


def test_a_command_waits_for_its_answer(wired: WiredApi) -> None:
    def carried_out() -> None:
        for command in list(wired.world.ledger.commands.values()):
            wired.world.ledger.answer(command.id, "Held until somebody releases it.", [])

    wired.after = carried_out
    wired.world.clock.moment = datetime.now(UTC)  # a terminal counts from its own clock
    code, said = run("hold", "put", "env:production", "--reason", "holidays", "--for", "4h")
    assert (code, said) == (0, "Held until somebody releases it.\n")
    (command,) = wired.world.ledger.commands.values()
    assert command.until is not None
    assert command.kind is CommandKind.HOLD


def test_what_came_to_nothing_is_no_success(wired: WiredApi) -> None:
    def carried_out() -> None:
        for command in list(wired.world.ledger.commands.values()):
            wired.world.ledger.answer(command.id, "No pipeline has that.", [], denied=True)

    wired.after = carried_out
    code, said = run("hold", "put", "env:prod", "--reason", "holidays")
    assert (code, said) == (1, "No pipeline has that.\n")


def test_an_answer_that_is_not_there_yet_is_no_failure(wired: WiredApi) -> None:
    wired.world.opened_gate()
    code, said = run("hold", "release", "env:production", "--reason", "done")
    assert (code, "has not answered yet" in said) == (0, True)
    code, said = run("hold", "hotfix", f"hello@{RELEASE.execution[:8]}", "--reason", "outage")
    assert code == 0
    code, said = run("gate", "review", "hello")
    assert code == 0
    kinds = [command.kind for command in wired.world.ledger.commands.values()]
    assert kinds == [CommandKind.RELEASE, CommandKind.HOTFIX, CommandKind.REVIEW]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("put", "everything", "--reason", "r", "--for", "1w"), "45s, 30m, 24h or 7d"),
        (("put", "everything", "--reason", "r", "--for", "1h", "--until", "x"), "not both"),
        (("put", "everything", "--reason", "r", "--for", "9999999d"), "there is no date"),
        (("put", "everything", "--reason", "r", "--until", "tomorrow"), "a moment with its offset"),
        (("put", "moon:full", "--reason", "r"), "no scope"),
        (("hotfix", "hello@fffffff", "--reason", "r"), "No running release"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(
    wired: WiredApi, words: tuple[str, ...], why: str
) -> None:
    code, said = run("hold", *words)
    assert (code, said.count("\n"), why in said) == (1, 1, True), said


def test_holds_are_listed_with_their_end_and_owner(wired: WiredApi) -> None:
    assert run("hold", "list") == (0, "nothing is held\n")
    wired.lying = Reply(
        200, json.dumps({"holds": [{**HOLD, "until": "2026-12-24T18:00:00+01:00"}]})
    )
    assert "Grace: holidays" in run("hold", "list")[1]
    assert "everything  until 2026-12-2" in run("hold", "list")[1]
    wired.lying = Reply(200, json.dumps({"holds": [HOLD]}))
    assert "until it is released" in run("hold", "list")[1]


def test_draining_says_what_is_open_and_fails(wired: WiredApi) -> None:
    assert run("drain") == (0, "nothing is open: the stack can be deleted\n")
    wired.world.opened_gate()
    stage = ClosedStage(pipeline=PIPELINE, stage="Production", since=NOW, reason="Signalbox holds")
    wired.world.ledger.note_closed(stage)
    code, said = run("drain")
    assert (code, "1 open gate:" in said, "1 closed stage:" in said) == (1, True, True)
    assert f"{PIPELINE.key}/Production" in said
    assert json.loads(run("drain", "--json")[1])["gates"]


def test_draining_that_found_nothing_out_is_told_from_both(wired: WiredApi) -> None:
    wired.lying = Reply(500, "")
    assert run("drain")[0] == 2


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(403, '{"message":"Forbidden"}'), "may not call Signalbox's API"),
        (Reply(403, '{"Message":"User: arn is not authorized"}'), "execute-api:Invoke"),
        (Reply(404, '{"message":"there is no such gate"}'), "there is no such gate"),
        (Reply(503, '{"message":"Service Unavailable"}'), "cannot answer now"),
        (Reply(502, "<html>"), "cannot answer now: HTTP status 502"),
        (Reply(200, '{"gates":[{"id":1}]}'), "does not understand"),
        (Reply(400, "[]"), "HTTP status 400"),
    ],
)
def test_a_refusal_is_one_sentence_that_says_what_to_do(
    wired: WiredApi, reply: Reply, why: str
) -> None:
    wired.lying = reply
    code, said = run("gate", "list")
    assert (code, said.count("\n"), why in said) == (1, 1, True), said


def test_an_api_that_is_not_there_is_one_sentence(
    wired: WiredApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: object) -> None:
        raise EndpointConnectionError(endpoint_url=URL, error="refused")

    monkeypatch.setattr(wired, "send", away)
    assert run("gate", "list")[1] == (
        f"signalbox gate: {HOST} does not answer (EndpointConnectionError)\n"
    )


def test_a_request_is_signed_for_the_api_with_the_callers_keys(wired: WiredApi) -> None:
    run("gate", "list")
    (request,) = wired.sent
    authorization = request.headers["Authorization"]
    authorization = authorization.decode() if isinstance(authorization, bytes) else authorization
    assert "Credential=AKID/" in authorization
    assert "/us-east-1/execute-api/aws4_request" in authorization
    assert "host;" in authorization
    assert request.headers["X-Amz-Security-Token"] in {"TOKEN", b"TOKEN"}


def test_the_place_of_an_api_is_read_from_its_url() -> None:
    assert place_of(f"{URL}/", "eu-west-1") == Place(URL, HOST, "us-east-1")
    sandbox = place_of(URL, "", "http://127.0.0.1:4600")
    assert sandbox == Place(
        "http://127.0.0.1:4600", "abc123.execute-api.localhost:4600", "us-east-1"
    )
    named = place_of("https://signalbox.example.com", "eu-west-1", "http://127.0.0.1:4600")
    assert named == Place("https://signalbox.example.com", "signalbox.example.com", "eu-west-1")
    for wrong in ("signalbox", "ftp://x/", "http://signalbox.example.com", ""):
        with pytest.raises(SettingMissingError):
            place_of(wrong, "eu-west-1")


HOLD = {"id": "1", "scope": "everything", "owner": "Grace", "reason": "holidays"}


def _changed(waiting: Any) -> Any:
    return replace(waiting, shown_digest="e" * 64, round=2)


class _Watching(list[Any]):
    """Does something once the first request has been made."""

    def __init__(self, then: Any) -> None:
        super().__init__()
        self._then = then

    def append(self, request: Any) -> None:
        if len(self) == 1:
            self._then()
        super().append(request)


def test_every_choice_has_a_word() -> None:
    from cli.gate_words import ENDED, SAID

    assert (set(SAID), set(ENDED)) == (set(Choice), set(Verdict))
