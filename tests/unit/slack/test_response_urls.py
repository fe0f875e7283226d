"""Slack says where an answer may be sent; Signalbox sends none there, so nobody can choose it."""

from __future__ import annotations

import socket
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.unit.slack.slack_world import SlackWorld, a_click, post

TRICKS = (
    "https://hooks.slack.com/actions/T/1/x",
    "http://hooks.slack.com/actions/T/1/x",
    "https://hooks.slack.com.evil.example/",
    "https://evil.example/hooks.slack.com",
    "https://hooks.slack.com@evil.example/",
    "https://evil.example#@hooks.slack.com/",
    "https://evil.example?hooks.slack.com",
    "https://hooks.slack.com:8443/",
    "https://user:pass@hooks.slack.com/",
    "https://hooks.slack.com\\@evil.example/",
    "https://hooks.slack.com%2eevil.example/",
    "https://hooks.slack.com%00.evil.example/",
    "https://hooks.slаck.com/",
    "https://HOOKS.SLACK.COM./",
    "//evil.example/",
    "https:evil.example",
    "https:///evil.example",
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "http://localhost:9001/2018-06-01/runtime/invocation/next",
    "http://127.0.0.1:9001/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://0/",
    "file:///proc/self/environ",
    "gopher://127.0.0.1:6379/_",
    "ftp://evil.example/",
    "javascript:alert(1)",
    "",
)
LAYER = Path(__file__).parents[3] / "layers" / "signalbox" / "signalbox"


@pytest.mark.case(24)
@pytest.mark.parametrize("trick", TRICKS)
def test_nothing_is_sent_to_where_a_request_says(trick: str) -> None:
    world, plain = SlackWorld(), SlackWorld()
    gate, same = world.opened_gate(), plain.opened_gate()
    no_network = patch.object(socket.socket, "connect", side_effect=AssertionError)
    with no_network, patch.object(socket, "getaddrinfo", side_effect=AssertionError):
        answer = post(world, a_click(gate, response_url=trick))
    assert answer == post(plain, a_click(same))
    assert len(world.bells.rings) == len(plain.bells.rings)


@pytest.mark.case(24)
def test_no_code_reads_that_address() -> None:
    """``events/strangers.py`` names the field to tell a command of Slack from other payloads."""
    readers = {
        file.name for file in LAYER.rglob("*.py") if "response_url" in file.read_text("utf-8")
    }
    assert readers <= {"strangers.py"}
