"""Requests from Slack to the app, signed over the raw body as Slack signs them."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx

from sandbox.slack.settings import SlackSettings

USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
SECONDS_TO_ACKNOWLEDGE = 3.0
PATIENCE = 30.0


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v0=` and the HMAC-SHA256 of `v0:{timestamp}:{raw body}`."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def signed_headers(settings: SlackSettings, body: bytes, now: float) -> dict[str, str]:
    """The headers for `body`, signed as the settings say (tests want bad ones too)."""
    timestamp = str(int(now - (600 if settings.signature == "old" else 0)))
    secret = settings.signing_secret
    if settings.signature == "forged":
        secret = "x" + secret
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": USER_AGENT,
        "Accept": "application/json,*/*",
        "X-Slack-Request-Timestamp": timestamp,
    }
    if settings.signature != "missing":
        headers["X-Slack-Signature"] = signature(secret, timestamp, body)
    return headers


def reachable(url: str) -> tuple[str, str]:
    """Where to connect and the Host header to send: names under `.localhost` need no resolver."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        port = f":{parts.port}" if parts.port else ""
        return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}")), parts.netloc
    return url, parts.netloc


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The app's answer. `status` 0: it could not be reached; `late`: Slack would show an error."""

    status: int
    body: str
    late: bool

    @property
    def acknowledged(self) -> bool:
        """Whether Slack would be content."""
        return self.status == 200 and not self.late

    def json(self) -> Mapping[str, object]:
        """The body if it is a JSON object, else nothing."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


async def deliver(
    url: str,
    settings: SlackSettings,
    form: Mapping[str, str],
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Reply:
    """POST a signed form to the app and wait for its answer, longer than Slack would."""
    body = urlencode(form).encode()
    headers = signed_headers(settings, body, time.time())
    address, host = reachable(url)
    started = time.monotonic()
    try:
        async with httpx.AsyncClient(
            trust_env=False, timeout=PATIENCE, transport=transport
        ) as client:
            response = await client.post(address, content=body, headers={**headers, "Host": host})
    except httpx.HTTPError as error:
        return Reply(status=0, body=f"{type(error).__name__}: {error}", late=False)
    late = time.monotonic() - started > SECONDS_TO_ACKNOWLEDGE
    return Reply(status=response.status_code, body=response.text, late=late)
