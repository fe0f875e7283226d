"""Links: into the AWS console from identities, elsewhere only to addresses that an API gave.

Free text never becomes a link. An address that is not plainly safe becomes no link at all.
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from signalbox.domain.identity import ReleaseId
from signalbox.notifications.masking import mask
from signalbox.notifications.text import safe_line

LIMIT = 700
"""A longer link is left out: four of them fit into one text of 3,000 characters."""

_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")
_REPORT = re.compile(
    r"arn:aws[a-z-]*:codebuild:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":report/(?P<group>[^:/|<>\s]+):(?P<report>[^:/|<>\s]+)"
)
_OWN_HOSTS = (".console.aws.amazon.com", ".amazonaws-us-gov.com", ".amazonaws.cn")
_KEPT_IN_PATH = "/:@!$'()*+,;=~-._%"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?&"


def execution_url(release: ReleaseId) -> str:
    """The page of one pipeline execution in the console."""
    region = _quoted(release.pipeline.region)
    name = _quoted(release.pipeline.name)
    execution = _quoted(release.execution)
    return (
        f"https://{_console(region)}/codesuite/codepipeline/pipelines/{name}"
        f"/executions/{execution}/timeline?region={region}"
    )


def report_url(arn: str) -> str:
    """The page of one test report of CodeBuild; empty where that is no such ARN."""
    found = _REPORT.fullmatch(arn)
    if found is None or not _REGION.fullmatch(found["region"]):
        return ""
    group, report = _quoted(found["group"]), _quoted(found["report"])
    return (
        f"https://{_console(found['region'])}/codesuite/codebuild/{found['account']}"
        f"/testReports/reports/{group}/{group}%3A{report}?region={found['region']}"
    )


def safe_url(url: str) -> str:
    """An https address that an API gave, percent-encoded; empty where it is not plainly safe.

    Refused: other schemes, user information, ports, numeric hosts, names outside ASCII and their
    punycode (``xn--``), which look like others, and addresses that hold a secret.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme != "https" or port is not None or "@" in parts.netloc:
        return ""
    if not _HOST.fullmatch(host) or "xn--" in host or mask(url) != url:
        return ""
    path = quote(parts.path, safe=_KEPT_IN_PATH, errors="replace")
    query = quote(parts.query, safe=_KEPT_IN_QUERY, errors="replace")
    fragment = quote(parts.fragment, safe=_KEPT_IN_QUERY, errors="replace")
    return f"https://{host}{path}" + f"?{query}" * bool(query) + f"#{fragment}" * bool(fragment)


def link(url: str, label: str) -> str:
    """``url`` as Slack's markup, under a label; empty where it is unsafe or too long.

    A host that is not AWS's own console is named in the label, so that nobody is led astray.
    """
    made = safe_url(url)
    if not made:
        return ""
    host = urlsplit(made).hostname or ""
    own = f".{host}".endswith(_OWN_HOSTS)
    where = "" if own else f" ({host})"
    words = safe_line(label, 100).replace("|", "/") or "link"
    marked = f"<{made.replace('&', '&amp;')}|{words}{where}>"
    return marked if len(marked) <= LIMIT else ""


def _quoted(name: str) -> str:
    """Percent-encoded whole, secrets masked; half of a surrogate pair becomes ``?``."""
    return quote(mask(name), safe="", errors="replace")


def _console(region: str) -> str:
    """The console's host, by the partition that the region's name tells."""
    if region.startswith("cn-"):
        return f"{region}.console.amazonaws.cn"
    if region.startswith("us-gov-"):
        return f"{region}.console.amazonaws-us-gov.com"
    return f"{region}.console.aws.amazon.com"
