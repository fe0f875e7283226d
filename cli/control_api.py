"""The control plane's HTTP API, called with the caller's own AWS identity (Signature Version 4)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

import botocore.session
import typer
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ConnectionError, HTTPClientError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import (
    AwsRefusedError,
    AwsUnavailableError,
    SettingMissingError,
    SignalboxError,
)

from cli.stacks import outputs_of
from cli.words import printable

SERVICE = "execute-api"
SECONDS = 20
FORBIDDEN = (
    "your AWS identity may not call Signalbox's API; it needs execute-api:Invoke on it"
    " (or the credentials have expired)"
)
_AWS_HOST = re.compile(r"(?P<id>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes: the URL without a path, the host that is signed, and the region."""

    base: str
    host: str
    region: str


class ControlApi:
    """What `signalbox gate`, `hold` and `drain` ask of the control plane."""

    def __init__(self, place: Place, credentials: Any, http: Any = None) -> None:
        self._place, self._credentials = place, credentials
        proxies = get_environ_proxies(place.base)
        self._http = http or URLLib3Session(timeout=SECONDS, proxies=proxies)

    def get(self, path: str) -> dict[str, Any]:
        """The answer to a question. Raises AwsRefusedError and AwsUnavailableError."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request, which is sent once. Raises as ``get`` does."""
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = AWSRequest(
            method=method,
            url=f"{self._place.base}{path}",
            data=data,
            headers={"Host": self._place.host, "Content-Type": "application/json"},
        )
        try:
            SigV4Auth(self._credentials, SERVICE, self._place.region).add_auth(request)
            answer = self._http.send(request.prepare())
        except (ConnectionError, HTTPClientError) as error:
            raise AwsUnavailableError(
                f"{self._place.host} does not answer ({type(error).__name__})"
            ) from error
        return _read(answer.status_code, answer.text)


def api_of(stack: str, url: str = "") -> ControlApi:
    """The API of a stack, or at a URL.

    Raises SettingMissingError where there is no such stack or nobody's credentials, AwsRefusedError
    and AwsUnavailableError where the stack cannot be read.
    """
    session = botocore.session.get_session()
    if not url:
        (url,) = outputs_of(stack, session.create_client("cloudformation"), "ApiUrl")
    with aws_call("find AWS credentials"):
        credentials = session.get_credentials()
    if credentials is None:
        raise SettingMissingError("there are no AWS credentials; log in first")
    region = str(session.get_config_variable("region") or "")
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    return ControlApi(place_of(url, region, endpoint), credentials.get_frozen_credentials())


def place_of(url: str, region: str, endpoint: str = "") -> Place:
    """Where the API at ``url`` is reached.

    ``endpoint`` is what stands for all of AWS (``AWS_ENDPOINT_URL``), as a sandbox does: it tells
    its APIs by the host name. Raises SettingMissingError where the URL is none.
    """
    parts = urlsplit(url.rstrip("/"))
    if parts.scheme not in {"https", "http"} or not parts.netloc:
        raise SettingMissingError(f"{url} is no URL of an API")
    known = _AWS_HOST.match(parts.netloc)
    if known and endpoint:
        local = urlsplit(endpoint)
        host = f"{known['id']}.{SERVICE}.localhost:{local.port or 80}"
        return Place(endpoint.rstrip("/"), host, region or known["region"])
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1"}:
        raise SettingMissingError(f"{url} is not encrypted; an API is reached by https")
    return Place(url.rstrip("/"), parts.netloc, known["region"] if known else region)


@contextmanager
def reported(command: str) -> Iterator[None]:
    """End with 1 and one sentence where something of AWS or of Signalbox says no."""
    try:
        yield
    except (SignalboxError, BotoCoreError) as error:
        fail(command, str(error))


def fail(command: str, why: str) -> NoReturn:
    """End with 1, and say why."""
    typer.echo(printable(f"signalbox {command}: {why}"), err=True)
    raise typer.Exit(1)


def _read(status: int, text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    if status < 300:
        return said
    message = str(said.get("message") or said.get("Message") or f"HTTP status {status}")
    if status == 403:
        raise AwsRefusedError(FORBIDDEN, code="403")
    if status == 429 or status >= 500:
        raise AwsUnavailableError(f"Signalbox's API cannot answer now: {message}")
    raise AwsRefusedError(message, code=str(status))
