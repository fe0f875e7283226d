"""A log line is one line of JSON, whatever strangers have put into what it tells."""

from __future__ import annotations

import io
import json
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.runtime.logging import MaskingFormatter

from tests.unit.notifications.strategies import NASTY, SECRET

texts = st.text(max_size=80) | st.sampled_from(NASTY)


@pytest.mark.case(34)
@settings(max_examples=150, deadline=None)
@given(message=texts, key=texts, value=texts)
def test_one_record_is_one_line_of_json(message: str, key: str, value: str) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(MaskingFormatter())
    log = logging.Logger("signalbox.test")
    log.addHandler(handler)
    log.error("said: %s", message, extra={"said": {key: value}, "more": [value]})
    try:
        raise ValueError(value)
    except ValueError:
        log.exception("raised: %s", message)
    written = stream.getvalue()
    lines = written.split("\n")
    assert lines.pop() == ""
    assert len(lines) == len(written.splitlines()) == 2
    for line in lines:
        assert json.loads(line)["level"] == "ERROR"
        assert "\x1b" not in line
        assert SECRET not in line
