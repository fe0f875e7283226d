"""CodeConnections' connections: what a source action needs to know of them."""

import threading
import uuid
from dataclasses import dataclass

from sandbox.engine.naming import ACCOUNT, REGION

DEFAULT_PROVIDER = "GitHub"
_SERVICES = ("codeconnections", "codestar-connections")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection to a host of git repositories; in the sandbox it is always available."""

    arn: str
    name: str
    provider: str


class Connections:
    """The connections that templates have made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: dict[str, Connection] = {}

    def create(self, name: str, provider: str, service: str = "codeconnections") -> Connection:
        """Make a connection with a fresh ARN."""
        arn = f"arn:aws:{service}:{REGION}:{ACCOUNT}:connection/{uuid.uuid4()}"
        connection = Connection(arn=arn, name=name, provider=provider)
        with self._lock:
            self._connections[arn] = connection
        return connection

    def delete(self, arn: str) -> None:
        """Forget a connection."""
        with self._lock:
            self._connections.pop(arn, None)

    def provider_of(self, arn: str) -> str:
        """The host's name; a connection from elsewhere counts as GitHub's."""
        with self._lock:
            known = self._connections.get(arn)
        return known.provider if known else DEFAULT_PROVIDER


def use_rights() -> tuple[str, ...]:
    """The rights of which a role needs one to use a connection (old and new service prefix)."""
    return tuple(f"{service}:UseConnection" for service in _SERVICES)
