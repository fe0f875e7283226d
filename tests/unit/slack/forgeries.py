"""Requests that Slack did not send: valid ones, bent. Seeded, so that a run can be had again."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from tests.unit.slack.slack_world import SECRET, a_command, form_of, sign

Event = dict[str, Any]
UNICODE_DIGITS = ("٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９", "𝟘𝟙𝟚𝟛𝟜𝟝𝟞𝟟𝟠𝟡")
ODD = ("", " ", "\x00", "\n", "ß", "\ud800", "٣", "0" * 5000, "NaN", "-1", "1e9", "v0=", "None")
STRANGERS = ("", "wrong", SECRET[::-1], SECRET + " ", SECRET.upper(), "xoxb-test")


@dataclass
class Sent:
    """One request on its way: what Slack has signed, and how the gateway hands it on."""

    body: bytes
    timestamp: Any
    signature: Any
    shape: str = "http api"
    encoded: bool = False

    def event(self) -> Event:
        text = self.body.decode("utf-8", "surrogateescape")
        if self.encoded:
            text = base64.b64encode(self.body).decode()
        headers = {
            "x-slack-request-timestamp": self.timestamp,
            "x-slack-signature": self.signature,
            "content-type": "application/x-www-form-urlencoded",
        }
        return SHAPES[self.shape](headers, text, self.encoded)


def _http_api(headers: Event, body: str, encoded: bool) -> Event:
    context = {"http": {"method": "POST", "path": "/slack/interactions"}, "stage": "$default"}
    whole = {"version": "2.0", "routeKey": "POST /slack/interactions", "requestContext": context}
    return whole | {"headers": headers, "body": body, "isBase64Encoded": encoded}


def _rest_api(headers: Event, body: str, encoded: bool) -> Event:
    titled = {name.title(): value for name, value in headers.items()}
    many = {name: [value] for name, value in titled.items()}
    whole = {"resource": "/slack", "httpMethod": "POST", "headers": titled}
    return whole | {"multiValueHeaders": many, "body": body, "isBase64Encoded": encoded}


def _function_url(headers: Event, body: str, encoded: bool) -> Event:
    return _http_api(headers, body, encoded) | {"routeKey": "$default", "rawPath": "/"}


SHAPES = {"http api": _http_api, "rest api": _rest_api, "function url": _function_url}


class Forger:
    """Bends valid requests, one after the other, each in one to three ways."""

    def __init__(self, seed: int, click: Event) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.bodies = [form_of(click).encode(), urlencode(a_command("hold everything x")).encode()]

    def valid(self, now: int) -> Sent:
        body, timestamp = self.random.choice(self.bodies), str(now)
        return Sent(
            body=body,
            timestamp=timestamp,
            signature=sign(body, timestamp),
            shape=self.random.choice(list(SHAPES)),
            encoded=self.random.random() < 0.5,
        )

    def forged(self, now: int) -> Event:
        """Never what Slack has signed: the last bend of what is signed cannot be undone."""
        sent = self.valid(now)
        event = self.random.choice(SIGNED)(self, sent, now) or sent.event()
        for _ in range(self.random.randrange(3)):
            event = self.random.choice(HANDED)(self, event)
        return event

    def byte_of_the_body(self, sent: Sent, _: int) -> None:
        at, other = self.random.randrange(len(sent.body)), self.random.randrange(1, 256)
        body = bytearray(sent.body)
        body[at] ^= other
        sent.body = bytes(body)

    def length_of_the_body(self, sent: Sent, _: int) -> None:
        cut, more = self.random.randrange(len(sent.body)), self.random.randrange(1, 2000)
        sent.body = self.random.choice([sent.body[:cut], sent.body + b"x" * more, b""])

    def body_of_bytes(self, sent: Sent, _: int) -> None:
        sent.body, sent.encoded = self.random.randbytes(self.random.randrange(1, 400)), True

    def huge_body(self, sent: Sent, _: int) -> None:
        """Too long even if Slack had signed it."""
        size = self.random.choice([256 * 1024 + 8, 349_529, 600_000, 1024 * 1024])
        sent.body = b"payload=" + b"%7B" * (size // 3)
        sent.signature = sign(sent.body, sent.timestamp)

    def deep_body(self, sent: Sent, _: int) -> None:
        opening = self.random.choice(["[", '{"a":'])
        sent.body = b"payload=" + quote(opening * self.random.randrange(1, 9000)).encode()

    def timestamp(self, sent: Sent, now: int) -> None:
        digits = self.random.choice(UNICODE_DIGITS)
        sent.timestamp = self.random.choice(
            [
                *ODD,
                *("".join(digits[int(one)] for one in str(now)), f"+{now}", f" {now}", f"{now}.0"),
                *(f"{now},{now}", str(now - 301), str(now + 61), str(now + 1), f"0{now}", "9" * 12),
                *(None, now, float(now), [str(now)] * 2, [], True, {"a": 1}),
            ]
        )

    def signature(self, sent: Sent, now: int) -> None:
        right = str(sent.signature)
        at = self.random.randrange(3, len(right))
        other = self.random.choice([one for one in "0123456789abcdef" if one != right[at]])
        sent.signature = self.random.choice(
            [
                *ODD,
                *(right[:at] + other + right[at + 1 :], right[:at], right + "0", right[3:]),
                *(right.replace("v0", "v1"), right.upper(), f" {right}", f"{right}\n"),
                *(f"{right},{right}", None, 0, [right, right], {"v0": right}, "v0=" + "é" * 64),
                "v0=" + "٣" * 64,
            ]
        )

    def secret_of_somebody_else(self, sent: Sent, _: int) -> None:
        sent.signature = sign(sent.body, sent.timestamp, self.random.choice(STRANGERS))

    def time_of_signing(self, sent: Sent, now: int) -> None:
        """Signed by Slack, too long ago or not yet."""
        ages = [301, 302, 3600, 86_400, -61, -62, -3600]
        sent.timestamp = str(now - self.random.choice(ages))
        sent.signature = sign(sent.body, sent.timestamp)

    def other_words_signed(self, sent: Sent, _: int) -> None:
        """Signed with Slack's secret, and not what is sent."""
        other = self.random.choice([sent.body + b"&", sent.body[1:], sent.body.lower() + b" ", b""])
        sent.signature = sign(other, sent.timestamp)

    def said_twice(self, sent: Sent, _: int) -> Event:
        """A header with another spelling beside it; one of them may be right."""
        name = self.random.choice(["x-slack-signature", "x-slack-request-timestamp"])
        sent.shape = "http api"
        event = sent.event()
        right = event["headers"][name]
        other = self.random.choice([right, "v0=" + "0" * 64, "1"])
        event["headers"][name.upper()] = other
        if self.random.random() < 0.5:
            event["multiValueHeaders"] = {name: [right, other]}
        return event

    def encoding(self, sent: Sent, _: int) -> Event:
        """The flag does not fit the body."""
        sent.encoded = self.random.random() < 0.5
        event = sent.event()
        event["isBase64Encoded"] = not sent.encoded
        if sent.encoded and self.random.random() < 0.5:
            event["isBase64Encoded"] = self.random.choice(["true", 1, None, "yes"])
        return event

    def lost_parts(self, sent: Sent, _: int) -> Event:
        event = sent.event()
        gone = self.random.choice(["headers", "body"])
        for name in (gone, "multiValueHeaders") if gone == "headers" else (gone,):
            event[name] = self.random.choice([None, [], 7, True, {}])
        return event

    # How the gateway hands it on, which no signature speaks of

    def headers_in_another_case(self, event: Event) -> Event:
        headers = event.get("headers")
        if isinstance(headers, dict):
            swapped = {name.swapcase(): value for name, value in headers.items()}
            return event | {"headers": swapped}
        return event

    def headers_of_others(self, event: Event) -> Event:
        headers = event.get("headers")
        more = {"x-forwarded-for": "1.2.3.4", "x-slack-retry-num": "1", "": "", "ſ": "\ud800"}
        return event | {"headers": {**more, **(headers if isinstance(headers, dict) else {})}}

    def fields_of_others(self, event: Event) -> Event:
        return {"cookies": ["a=b"], "queryStringParameters": {"a": "b"}, "extra": None} | event


SIGNED: tuple[Callable[..., Any], ...] = (
    Forger.byte_of_the_body,
    Forger.byte_of_the_body,
    Forger.length_of_the_body,
    Forger.body_of_bytes,
    Forger.huge_body,
    Forger.deep_body,
    Forger.timestamp,
    Forger.timestamp,
    Forger.signature,
    Forger.signature,
    Forger.secret_of_somebody_else,
    Forger.time_of_signing,
    Forger.other_words_signed,
    Forger.said_twice,
    Forger.encoding,
    Forger.lost_parts,
)
HANDED = (
    Forger.headers_in_another_case,
    Forger.headers_of_others,
    Forger.fields_of_others,
)

NASTY: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e308, 10**30, "", " ", "\x00", "\ud800", "x" * 3001, "é", "#", ":", "/"),
    *([], {}, [[]], {"": ""}, ["approve_gate"], {"id": {}}, "{}", "[]", '{"gate":1}', "null"),
    *("a" * 2049, '{"gate":"' + "g" * 2049 + '","digest":"d"}', "T0001", "A0001", "1.1"),
)


def bent(rng: random.Random, value: Any) -> Any:
    """The same JSON with something in it replaced, taken away or put elsewhere."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        name = rng.choice(list(value))
        kept = dict(value)
        what = rng.random()
        if what < 0.15:
            del kept[name]
        elif what < 0.25:
            kept[name] = kept
            kept = json.loads(json.dumps(value)) | {name: value}
        else:
            kept[name] = bent(rng, value[name])
        return kept
    if isinstance(value, list) and value and rng.random() < 0.7:
        return rng.choice([[bent(rng, value[0])], [*value, *value], []])
    if isinstance(value, str) and value.startswith("{") and rng.random() < 0.8:
        return json.dumps(bent(rng, json.loads(value)))
    return rng.choice(NASTY)
