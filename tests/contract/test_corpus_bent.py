"""Every payload of the corpus, bent as strangers bend them: read, or refused in one sentence."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import Ignored
from signalbox.events.reader import ACTED_ON, read, readings

from tests.contract.corpus import events, needs_the_corpus
from tests.unit.events.samples import FILES

OURS = [json.loads(file.read_text()) for file in FILES]
THEIRS = [json.loads(file.read_text()) for _, file in events()]
EVENTS = [*OURS, *THEIRS]

Path = tuple[Any, ...]


def deep(of: Any) -> Any:
    for _ in range(200):
        of = {"deeper": [of]}
    return of


BENDS: dict[str, Callable[[Any], Any]] = {
    "null": lambda _: None,
    "text": str,
    "huge text": lambda _: "x" * 100_000,
    "float": lambda old: float(old) if type(old) is int and old < 2**60 else 1.5,
    "whole float": lambda _: 7.0,
    "not a number": lambda _: float("nan"),
    "huge number": lambda _: 10**400,
    "negative": lambda _: -1,
    "boolean": lambda _: True,
    "list": lambda old: [old],
    "object": lambda old: {"value": old},
    "nested deep": deep,
    "control characters": lambda _: "a\x00\x1b[31m\u202eb\ud800",
    "a state from the future": lambda _: "HIBERNATING",
    "a time from elsewhere": lambda _: "31.12.2026 25:61",
}


def paths(value: Any, path: Path = ()) -> list[Path]:
    """Every place in a document, but the document itself."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [place for key, part in inner for place in ((*path, key), *paths(part, (*path, key)))]


def at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def bent(data: st.DataObject) -> tuple[Any, str]:
    """A payload with one to three of its fields bent, dropped or renamed; and what was done."""
    payload = copy.deepcopy(data.draw(st.sampled_from(EVENTS)))
    done = []
    for _ in range(data.draw(st.integers(1, 3))):
        if not (places := paths(payload)):
            break
        place = data.draw(st.sampled_from(places))
        how = data.draw(st.sampled_from([*BENDS, "dropped", "renamed"]))
        parent = at(payload, place[:-1])
        if how in BENDS:
            parent[place[-1]] = BENDS[how](parent[place[-1]])
        else:
            old = parent.pop(place[-1])
            if how == "renamed" and isinstance(parent, dict):
                parent[f"{place[-1]}-2"] = old
        done.append(f"{place}: {how}")
    return payload, "; ".join(done)


@pytest.mark.case(45)
@settings(max_examples=600, deadline=None)
@given(st.data())
def test_a_bent_payload_is_read_or_refused_with_what_is_wrong(data: st.DataObject) -> None:
    payload, done = bent(data)
    try:
        facts = read(payload)
    except UnreadableEventError as refusal:
        said = str(refusal)
        assert said, done
        assert len(said) < 500, done
        assert "\n" not in said, done
        assert "xxxxxxxxxx" not in said or "detail-type" in said, done
    else:
        assert facts, done
        assert all(fact.reason for fact in facts if isinstance(fact, Ignored)), done


def wrong_fields() -> list[tuple[Any, Path]]:
    """Each field of each event of EventBridge that a fact is read from."""
    found = []
    for payload in EVENTS:
        if not isinstance(payload, dict):
            continue
        if (payload.get("source"), payload.get("detail-type")) in ACTED_ON:
            found += [(payload, ("detail", field)) for field in payload["detail"]]
    return found


def refusal_of(payload: Any) -> str:
    try:
        read(payload)
    except UnreadableEventError as refusal:
        return str(refusal)
    return ""


@pytest.mark.case(45)
@pytest.mark.parametrize("how", ["null", "list", "nested deep", "dropped"])
def test_a_refusal_names_the_field_that_is_wrong(how: str) -> None:
    refused = 0
    for payload, place in wrong_fields():
        wrong = copy.deepcopy(payload)
        parent = at(wrong, place[:-1])
        if how == "dropped":
            del parent[place[-1]]
        else:
            parent[place[-1]] = BENDS[how](parent[place[-1]])
        if refusal := refusal_of(wrong):
            refused += 1
            assert f"detail.{place[-1]}" in refusal
    assert refused > 20


@needs_the_corpus
def test_every_payload_reads_alike_in_each_wrapping() -> None:
    """SNS, SQS, and SNS in SQS in a function's records, as lists and as text."""
    for _, file in events():
        payload = json.loads(file.read_text())
        if not isinstance(payload, dict) or "detail" not in payload or "source" not in payload:
            continue
        text = json.dumps(payload)
        topic = {"Type": "Notification", "TopicArn": "arn", "Message": text}
        queue = {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(topic)}]}
        plain = {"Records": [{"eventSource": "aws:sqs", "body": text}]}
        function = {"Records": [{"EventSource": "aws:sns", "Sns": topic}]}
        kinds = [reading.kind for reading in readings(payload)]
        facts = [repr(fact) for fact in read(payload)]
        for wrapped in (topic, queue, plain, function):
            assert [reading.kind for reading in readings(wrapped)] == kinds
            assert [repr(fact) for fact in read(wrapped)] == facts
