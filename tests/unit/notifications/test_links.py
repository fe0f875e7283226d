"""Links lead to AWS's console or to a host that is named, and free text never becomes one."""

from __future__ import annotations

import pytest
from signalbox.notifications.links import link, report_url, safe_url

LOG = "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logEvent:group=/a;stream=b"


@pytest.mark.case(30)
@pytest.mark.parametrize(
    "url",
    [
        "http://ci.example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "//ci.example.com/",
        "ci.example.com",
        "https://",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://[::1]/",
        "https://ci.example.com:8443/",
        "https://aws.amazon.com@evil.example/",
        "https://user:word@evil.example/",
        "https://\u0430mazon.com/",
        "https://xn--mazon-3ve.com/",
        "https://ci.example.com/?key=" + "AKIA" + "IOSFODNN7CANARY1",
        "https://ci.example.com/" + "a" * 3000,
        "",
    ],
)
def test_an_address_that_is_not_plainly_safe_is_no_link(url: str) -> None:
    assert link(url, "Approve") == ""


@pytest.mark.case(31)
def test_a_safe_address_keeps_its_meaning_and_cannot_close_its_link() -> None:
    assert safe_url(LOG) == LOG
    assert link(LOG, "log") == f"<{LOG}|log>"
    assert safe_url("https://ci.example.com/a b>|<`\u202e") == (
        "https://ci.example.com/a%20b%3E%7C%3C%60%E2%80%AE"
    )
    assert link("https://ci.example.com/?a=1&b=2", "x|y") == (
        "<https://ci.example.com/?a=1&amp;b=2|x/y (ci.example.com)>"
    )


@pytest.mark.case(30)
def test_a_host_that_only_looks_like_the_console_is_named() -> None:
    for host in ("console.aws.amazon.com.evil.example", "evilconsole.aws.amazon.com"):
        assert link(f"https://{host}/", "log").endswith(f"|log ({host})>")


@pytest.mark.case(31)
def test_a_report_is_linked_by_its_arn_alone() -> None:
    arn = "arn:aws:codebuild:eu-west-1:123456789012:report/hello-tests:8f1e"
    assert report_url(arn) == (
        "https://eu-west-1.console.aws.amazon.com/codesuite/codebuild/123456789012"
        "/testReports/reports/hello-tests/hello-tests%3A8f1e?region=eu-west-1"
    )
    assert report_url(arn.replace("eu-west-1", "evil.example")) == ""
    assert report_url("https://evil.example") == ""


@pytest.mark.parametrize("label", ["", "\ud800", "\u202e", " "])
def test_a_link_has_a_label_though_nothing_of_its_text_can_be_shown(label: str) -> None:
    assert link(LOG, label) == f"<{LOG}|link>"
