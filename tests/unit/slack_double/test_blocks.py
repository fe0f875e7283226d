"""Block Kit's limits: what stands at the limit passes, one more does not."""

import pytest

from sandbox.slack.blocks import faults_of_blocks, faults_of_modal

Json = dict[str, object]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(**more: object) -> Json:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def confirm(**more: object) -> Json:
    texts = {name: plain(name) for name in ("title", "confirm", "deny")}
    return {**texts, "text": mrkdwn("Sure?"), **more}


def many(count: int) -> Json:
    return actions(*(button(action_id=f"a{number}") for number in range(count)))


AT_THE_LIMIT_AND_BEYOND: list[tuple[str, Json, Json]] = [
    (
        "section text 3000",
        {"type": "section", "text": mrkdwn("x" * 3000)},
        {"type": "section", "text": mrkdwn("x" * 3001)},
    ),
    (
        "section text not empty",
        {"type": "section", "text": mrkdwn("x")},
        {"type": "section", "text": mrkdwn("")},
    ),
    (
        "section fields 10",
        {"type": "section", "fields": [mrkdwn("x")] * 10},
        {"type": "section", "fields": [mrkdwn("x")] * 11},
    ),
    (
        "section field 2000",
        {"type": "section", "fields": [mrkdwn("x" * 2000)]},
        {"type": "section", "fields": [mrkdwn("x" * 2001)]},
    ),
    (
        "header 150",
        {"type": "header", "text": plain("x" * 150)},
        {"type": "header", "text": plain("x" * 151)},
    ),
    (
        "header is plain",
        {"type": "header", "text": plain("x")},
        {"type": "header", "text": mrkdwn("x")},
    ),
    (
        "context 10",
        {"type": "context", "elements": [mrkdwn("x")] * 10},
        {"type": "context", "elements": [mrkdwn("x")] * 11},
    ),
    ("actions 25", many(25), many(26)),
    (
        "button text 75",
        actions(button(text=plain("x" * 75))),
        actions(button(text=plain("x" * 76))),
    ),
    ("button value 2000", actions(button(value="x" * 2000)), actions(button(value="x" * 2001))),
    ("action_id 255", actions(button(action_id="x" * 255)), actions(button(action_id="x" * 256))),
    (
        "block_id 255",
        {"type": "divider", "block_id": "x" * 255},
        {"type": "divider", "block_id": "x" * 256},
    ),
    ("style", actions(button(style="danger")), actions(button(style="warning"))),
    (
        "confirm title 100",
        actions(button(confirm=confirm(title=plain("x" * 100)))),
        actions(button(confirm=confirm(title=plain("x" * 101)))),
    ),
    (
        "confirm text 300",
        actions(button(confirm=confirm(text=mrkdwn("x" * 300)))),
        actions(button(confirm=confirm(text=mrkdwn("x" * 301)))),
    ),
    (
        "action ids are unique in a block",
        actions(button(action_id="a"), button(action_id="b")),
        actions(button(action_id="a"), button(action_id="a")),
    ),
    (
        "no unknown field",
        {"type": "divider"},
        {"type": "divider", "text": plain("x")},
    ),
    ("text or fields", {"type": "section", "fields": [plain("x")]}, {"type": "section"}),
]


@pytest.mark.parametrize(
    ("good", "bad"),
    [case[1:] for case in AT_THE_LIMIT_AND_BEYOND],
    ids=[case[0] for case in AT_THE_LIMIT_AND_BEYOND],
)
def test_a_limit_is_exact(good: Json, bad: Json) -> None:
    assert faults_of_blocks([good]) == []
    assert faults_of_blocks([bad]) != []


def test_a_message_holds_fifty_blocks() -> None:
    assert faults_of_blocks([{"type": "divider"}] * 50) == []
    assert faults_of_blocks([{"type": "divider"}] * 51) != []


def test_block_ids_are_unique_in_a_message() -> None:
    assert faults_of_blocks([{"type": "divider", "block_id": "a"}] * 2) != []


@pytest.mark.parametrize("blocks", [{}, "x", [1], [{"type": "sektion"}], [{}], None])
def test_what_is_no_block_is_refused(blocks: object) -> None:
    assert faults_of_blocks(blocks) != []


def test_a_fault_points_to_its_place() -> None:
    (fault,) = faults_of_blocks([{"type": "divider"}, {"type": "header", "text": plain("x" * 151)}])
    assert fault == "[ERROR] must be less than 151 characters [json-pointer:/blocks/1/text/text]"


ASKS: Json = {
    "type": "input",
    "label": plain("Reason"),
    "element": {"type": "plain_text_input", "action_id": "reason"},
}


def modal(**more: object) -> Json:
    return {
        "type": "modal",
        "title": plain("Why?"),
        "submit": plain("Send"),
        "blocks": [ASKS],
        **more,
    }


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (modal(), {name: part for name, part in modal().items() if name != "submit"}),
        (modal(title=plain("x" * 24)), modal(title=plain("x" * 25))),
        (modal(private_metadata="x" * 3000), modal(private_metadata="x" * 3001)),
        (modal(callback_id="x" * 255), modal(callback_id="x" * 256)),
        (modal(blocks=[ASKS] * 100), modal(blocks=[ASKS] * 101)),
        (modal(), modal(type="home")),
    ],
)
def test_a_modal_has_limits_too(good: Json, bad: Json) -> None:
    assert faults_of_modal(good) == []
    assert faults_of_modal(bad) != []
