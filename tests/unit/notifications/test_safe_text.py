"""Strangers' text: cleaned, masked, cut and escaped."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.notifications.masking import FORMATS, MASK, mask
from signalbox.notifications.text import clean, cut, plain_line, safe, safe_line

HEX32 = "0123456789abcdef" * 2
MIX = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3"


def jwt() -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
    return f"{header}.{header}.{MIX}"


# Put together at run time, so that no scanner takes this file for a leak.
CANARIES = {
    "AWS access key": "AKIA" + "IOSFODNN7CANARY1",
    "AWS temporary key": "ASIA" + "IOSFODNN7CANARY1",
    "AWS secret key": "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYCANARYKE12",
    "AWS session token": "IQoJb3JpZ2luX2Vj" + MIX * 4,
    "Slack bot": "xoxb-" + "1234567890-" + MIX,
    "Slack user": "xoxp-" + "1234567890-" + MIX,
    "Slack rotated": "xoxe.xoxp-" + "1-" + MIX,
    "Slack app": "xapp-" + "1-A0-" + MIX,
    "Slack webhook": "https://hooks.slack" + ".com/services/T000/B000/" + MIX,
    "GitHub classic": "ghp_" + MIX,
    "GitHub OAuth": "gho_" + MIX,
    "GitHub server": "ghs_" + MIX,
    "GitHub refresh": "ghr_" + MIX,
    "GitHub fine": "github_pat_" + MIX + "_" + MIX,
    "GitLab": "glpat-" + MIX,
    "PEM": "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----",
    "PEM cut off": "-----BEGIN OPENSSH PRIVATE " + "KEY-----\nb3BlbnNzaC1rZXk",
    "JWT": jwt(),
    "Stripe": "sk_live_" + MIX,
    "Stripe webhook": "whsec_" + MIX,
    "OpenAI": "sk-proj-" + MIX,
    "Anthropic": "sk-ant-api03-" + MIX,
    "Google API": "AIza" + MIX + "ab",
    "Google OAuth": "GOCSPX-" + MIX,
    "npm": "npm_" + MIX + "abc",
    "PyPI": "pypi-" + MIX,
    "Docker": "dckr_pat_" + MIX,
    "Hugging Face": "hf_" + MIX,
    "DigitalOcean": "dop_v1_" + HEX32 * 2,
    "Databricks": "dapi" + HEX32,
    "SendGrid": "SG." + MIX[:22] + "." + MIX,
    "Mailgun": "key-" + HEX32,
    "Twilio": "SK" + HEX32,
    "Shopify": "shpat_" + HEX32,
    "Square": "sq0csp-" + MIX,
    "Vault": "hvs." + MIX,
    "Grafana": "glsa_" + MIX,
    "New Relic": "NRAK-" + MIX[:27].upper(),
    "Linear": "lin_api_" + MIX,
    "Telegram": "123456789:AA" + MIX + "x",
    "URL userinfo": "postgres://app:" + "hunter2canary@db.example.com/x",
    "URL token": "https://" + MIX + "@git.example.com/x",
    "password": "password=" + "hunter2canary",
    "quoted": 'DB_PASSWORD: "' + 'correct horse battery"',
    "JSON": '{"clientSecret": "' + 'hunter2canary"}',
    "api key": "X-Api-Key: " + "hunter2canary",
    "bearer": "Authorization: Bearer " + MIX,
    "signed URL": "https://b.s3.amazonaws.com/k?X-Amz-Signature=" + HEX32 * 2,
    "Azure": "AccountKey=" + MIX + MIX + "==",
    "age": "AGE-SECRET-KEY-1" + MIX.upper() * 2,
}


@pytest.mark.case(33)
@pytest.mark.parametrize("name", CANARIES)
def test_a_secret_is_masked_wherever_it_stands(name: str) -> None:
    secret = CANARIES[name]
    for around in ("{}", "error: {}\nat line 3", "(`{}`)", "é {} é"):
        masked = mask(around.format(secret))
        assert MASK in masked
        assert secret not in masked
        for part in re.findall(r"[A-Za-z0-9]{20,}", secret):
            assert part not in masked
        assert "hunter2canary" not in masked


def test_there_are_more_than_thirty_formats() -> None:
    assert len(FORMATS) > 30
    assert len(CANARIES) > 30


@pytest.mark.parametrize(
    "harmless",
    [
        "4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e4f1c2d3e",
        "tests/unit/test_app.py::test_greets_by_name - AssertionError: assert 'a' == 'b'",
        "arn:aws:codepipeline:us-east-1:123456789012:hello",
        "Merge pull request #12 from example/fix",
        "https://github.com/example/hello/commit/4f1c2d3",
        "11111111-aaaa-4bbb-8ccc-000000000001",
    ],
)
def test_what_is_no_secret_stays_readable(harmless: str) -> None:
    assert mask(harmless) == harmless


@pytest.mark.case(33)
def test_a_secret_split_by_invisible_characters_is_masked_too() -> None:
    secret = CANARIES["AWS access key"]
    assert secret not in plain_line(secret[:9] + "\u200b" + secret[9:])


@pytest.mark.case(30)
@pytest.mark.parametrize(
    "unseen", ["\u202e", "\u200b", "\u2066", "\ufeff", "\x00", "\x1b", "\ue000"]
)
def test_what_cannot_be_seen_is_dropped(unseen: str) -> None:
    assert clean(f"a{unseen}b") == "ab"


@pytest.mark.case(30)
def test_a_backtick_cannot_close_a_code_span() -> None:
    assert "`" not in safe_line("a` <!channel> `b")


@pytest.mark.case(29)
@pytest.mark.case(32)
@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=400), limit=st.integers(min_value=5, max_value=200))
def test_safe_text_is_escaped_and_fits(text: str, limit: int) -> None:
    made = safe(text, limit)
    assert len(made) <= limit
    assert "<" not in made
    assert ">" not in made
    assert re.sub(r"&(amp|lt|gt);", "", made).count("&") == 0


@pytest.mark.case(32)
@given(text=st.text(max_size=50), limit=st.integers(min_value=1, max_value=60))
def test_cutting_leaves_a_mark(text: str, limit: int) -> None:
    made = cut(text, limit)
    assert len(made) <= limit
    assert made == text if len(text) <= limit else made.endswith("…")


@pytest.mark.case(34)
@given(text=st.text())
def test_a_plain_line_is_one_line(text: str) -> None:
    assert len(plain_line(text).splitlines()) <= 1
