"""Strangers may drop, null, bend or add any field: what comes is a fact, or one clear refusal."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.domain.errors import UnreadableEventError
from signalbox.domain.facts import ActionChanged, PipelineChanged, StageChanged
from signalbox.events.reader import read

from tests.unit.events.samples import FILES, changed

SAMPLES = [json.loads(file.read_text()) for file in FILES]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RELEASE_SAMPLES = [
    "codepipeline_pipeline_failed",
    "codepipeline_stage_failed",
    "codepipeline_action_build_failed",
]
ESSENTIAL = {"pipeline", "execution-id", "state", "stage", "action"}


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(place for key, part in inner for place in paths(part, (*path, key)))]


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    document = copy.deepcopy(document)
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return document


def reads_or_refuses(payload: object) -> None:
    refusal = "none"
    try:
        assert read(payload)
    except UnreadableEventError as error:
        refusal = str(error)
    assert refusal
    assert "\n" not in refusal


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_field_may_be_anything(data: st.DataObject) -> None:
    payload = data.draw(st.sampled_from(SAMPLES))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.sampled_from(paths(payload)))
        payload = put(payload, place, data.draw(JSON))
    reads_or_refuses(payload)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_field_may_be_missing(data: st.DataObject) -> None:
    payload = copy.deepcopy(data.draw(st.sampled_from(SAMPLES)))
    place = data.draw(st.sampled_from([p for p in paths(payload) if p]))
    parent = payload
    for key in place[:-1]:
        parent = parent[key]
    del parent[place[-1]]
    reads_or_refuses(payload)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_document_is_read_or_refused(payload: Any) -> None:
    reads_or_refuses(payload)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(RELEASE_SAMPLES), st.data())
def test_a_field_that_no_fact_depends_on_never_makes_an_event_unreadable(
    name: str, data: st.DataObject
) -> None:
    payload = changed(name)
    odd = data.draw(st.sampled_from(sorted(set(payload["detail"]) - ESSENTIAL)))
    payload["detail"][odd] = data.draw(JSON)
    payload["detail"][f"new-{data.draw(st.text())}"] = data.draw(JSON)
    for field in ("id", "version", "resources", "additionalAttributes"):
        payload[field] = data.draw(JSON)
    assert read(payload)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(RELEASE_SAMPLES), st.text(alphabet="ABCDEFGHIJ_", min_size=3))
def test_a_state_from_the_future_is_unknown(name: str, state: str) -> None:
    (fact,) = read(changed(name, state=f"X{state}"))
    assert isinstance(fact, PipelineChanged | StageChanged | ActionChanged)
    assert (fact.state, fact.raw_state) == ("UNKNOWN", f"X{state}")
