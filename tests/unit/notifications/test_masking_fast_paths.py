"""What `mask` leaves out for speed changes nothing that it masks."""

from __future__ import annotations

import re
from re import _parser as parser  # type: ignore[attr-defined]

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signalbox.notifications import masking
from signalbox.notifications.masking import FORMATS, MASK, SHORTEST, mask

PLAIN = re.compile("|".join(f"(?:{p})" for p in FORMATS.values()).replace("(?i)", ""))
PLAIN_ANY_CASE = re.compile(
    "|".join(f"(?:{p[4:]})" for p in FORMATS.values() if p.startswith("(?i)")), re.IGNORECASE
)
STARTS = (
    "AKIA", "ASIA", "xoxb-", "xapp-", "ghp_", "eyJ", "sk-", "sk_live_", "hf_", "SG.", "glpat-",
    "-----BEGIN PRIVATE KEY-----", "hooks.slack.com/services/", "://", "@", ":", "=", " ", "\n",
    "Bearer ", "bearer ", "basic ", "X-Amz-Signature=", "sig=", "AccountKey=", "password", "Token",
    "SECRET", "pwd", "api_key", "credentials", "to\u212aen", "pa\u017f\u017fword", '"', "'", "\\",
    "0123456789", "abcdefABCDEF0123", "a1B2c3D4e5F6g7H8i9J0", "12345678:AA", "TerraformCloud",
    ".atlasv1.",
)  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_without_an_at_is_shorter_than_the_shortcut_takes_for_granted(name: str) -> None:
    shortest, _ = parser.parse(FORMATS[name]).getwidth()
    assert shortest >= SHORTEST or FORMATS[name].endswith("(?=@)")


@given(st.lists(st.sampled_from(STARTS) | st.text(max_size=6), max_size=8).map("".join))
def test_masking_by_the_short_way_and_by_the_long_way_is_the_same(text: str) -> None:
    assert mask(text) == _the_long_way(text)


def _the_long_way(text: str) -> str:
    text = PLAIN_ANY_CASE.sub(MASK, PLAIN.sub(MASK, text))
    text = masking._ASSIGNED.sub(lambda found: found[1] + MASK, text)
    return masking._AWS_SECRET.sub(masking._unless_hexadecimal, text)
