"""Which requests are Slack's. Secrets and signatures here are Slack's published example."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.adapters.slack_signature import LARGEST_BYTES, read_request, verify
from signalbox.domain.errors import ForgedRequestError

from tests.unit.slack.slack_world import SECRET, sign

TIMESTAMP = "1531420618"
SENT_AT = datetime.fromtimestamp(int(TIMESTAMP), UTC)
BODY = (
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    "&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    "&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
    "%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def an_event(**changes: Any) -> dict[str, Any]:
    headers = {"x-slack-request-timestamp": TIMESTAMP, "x-slack-signature": SIGNATURE}
    return {"headers": headers, "body": BODY, "isBase64Encoded": False} | changes


def accept(event: dict[str, Any], *secrets: str, now: datetime = SENT_AT) -> None:
    verify(read_request(event, now), secrets or (SECRET,))


def refused(event: dict[str, Any], *secrets: str, now: datetime = SENT_AT) -> bool:
    try:
        accept(event, *secrets, now=now)
    except ForgedRequestError:
        return True
    return False


def test_slacks_published_example_is_accepted() -> None:
    accept(an_event())


@pytest.mark.case(5)
def test_the_raw_bytes_count_however_the_gateway_wraps_them() -> None:
    encoded = base64.b64encode(BODY.encode()).decode()
    accept(an_event(body=encoded, isBase64Encoded=True))
    mixed = {"X-Slack-Request-Timestamp": TIMESTAMP, "X-SLACK-Signature": SIGNATURE}
    accept(an_event(headers=mixed))
    lists = {"X-Slack-Request-Timestamp": [TIMESTAMP], "X-Slack-Signature": [SIGNATURE]}
    accept(an_event(multiValueHeaders=lists))


@pytest.mark.case(1)
def test_one_changed_byte_anywhere_is_a_forgery() -> None:
    for at in range(0, len(BODY), 7):
        assert refused(an_event(body=BODY[:at] + "~" + BODY[at + 1 :]))
    for at in range(3, len(SIGNATURE)):
        other = "0" if SIGNATURE[at] != "0" else "1"
        forged = SIGNATURE[:at] + other + SIGNATURE[at + 1 :]
        headers = {"x-slack-request-timestamp": TIMESTAMP, "x-slack-signature": forged}
        assert refused(an_event(headers=headers))
    headers = {"x-slack-request-timestamp": "1531420619", "x-slack-signature": SIGNATURE}
    assert refused(an_event(headers=headers))


@pytest.mark.case(4)
@pytest.mark.parametrize(
    ("age", "taken"),
    [(299, True), (300, True), (301, False), (-59, True), (-60, True), (-61, False)],
)
def test_a_request_is_taken_for_five_minutes_and_not_from_the_future(age: int, taken: bool) -> None:
    assert refused(an_event(), now=SENT_AT + timedelta(seconds=age)) is not taken


@pytest.mark.case(6)
def test_during_rotation_both_secrets_hold_and_then_only_the_new_one() -> None:
    accept(an_event(), "the-new-secret", SECRET)
    assert refused(an_event(), "the-new-secret")
    assert refused(an_event(), "")


@pytest.mark.case(5)
@pytest.mark.parametrize(
    "headers",
    [
        {"x-slack-request-timestamp": f"{TIMESTAMP},{TIMESTAMP}", "x-slack-signature": SIGNATURE},
        {"x-slack-request-timestamp": TIMESTAMP, "x-slack-signature": f"{SIGNATURE},v0=00"},
        {
            "x-slack-request-timestamp": TIMESTAMP,
            "x-slack-signature": SIGNATURE,
            "X-Slack-Signature": SIGNATURE,
        },
        {"x-slack-request-timestamp": TIMESTAMP},
        {},
        None,
    ],
)
def test_a_security_header_is_given_exactly_once(headers: object) -> None:
    assert refused(an_event(headers=headers))


@pytest.mark.case(2)
@pytest.mark.parametrize(
    "timestamp",
    ["", " ", "abc", "-1", "1e9", "+1531420618", "1" * 5000, "١٥٣١٤٢٠٦١٨", "1531420618.5", "NaN"],
)
def test_a_timestamp_is_ascii_digits(timestamp: str) -> None:
    headers = {"x-slack-request-timestamp": timestamp, "x-slack-signature": SIGNATURE}
    assert refused(an_event(headers=headers))


@pytest.mark.case(25)
def test_a_huge_body_is_refused_by_its_length() -> None:
    body = "payload=" + "x" * (LARGEST_BYTES * 2)
    headers = {
        "x-slack-request-timestamp": TIMESTAMP,
        "x-slack-signature": sign(body.encode(), TIMESTAMP),
    }
    with pytest.raises(ForgedRequestError, match="too large"):
        read_request(an_event(body=body, headers=headers), SENT_AT)


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text(), max_size=3)
)


@pytest.mark.case(2)
@settings(max_examples=500, deadline=None)
@given(timestamp=ANYTHING, signature=ANYTHING, body=ANYTHING, encoded=ANYTHING, more=ANYTHING)
def test_whatever_is_sent_unsigned_is_a_forgery_and_never_a_crash(
    timestamp: object, signature: object, body: object, encoded: object, more: object
) -> None:
    headers = {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature}
    event = {"headers": headers, "body": body, "isBase64Encoded": encoded, "other": more}
    assert refused(event)


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=300))
def test_any_bytes_that_slack_signed_are_taken(body: bytes) -> None:
    headers = {
        "x-slack-request-timestamp": TIMESTAMP,
        "x-slack-signature": sign(body, TIMESTAMP),
    }
    encoded = base64.b64encode(body).decode()
    accept(an_event(body=encoded, isBase64Encoded=True, headers=headers))
