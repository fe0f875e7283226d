"""What a workspace is made of: people, messages, modals, and what a press gives out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Block = Mapping[str, object]

TEAM_ID, TEAM_DOMAIN = "T0SANDBOX1", "signalbox-sandbox"
APP_ID = "A0SIGNALBX"
BOT_USER_ID, BOT_ID = "U0SIGNALBX", "B0SIGNALBX"


class SlackRefusalError(Exception):
    """Slack's answer `ok: false`; `details` are further fields of that answer."""

    def __init__(self, error: str, **details: object) -> None:
        super().__init__(error)
        self.error = error
        self.details = details


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person of the workspace: `is_restricted` is a guest, `deleted` a deactivated account."""

    id: str
    name: str
    real_name: str
    email: str
    role: str
    is_restricted: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it stands now; `edited` counts its updates."""

    channel: str
    ts: str
    text: str
    blocks: Sequence[Block]
    thread_ts: str | None = None
    edited: int = 0
    user: str = BOT_USER_ID
    only_for: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An open modal, as `views.open` was given it and as its viewer sees it."""

    id: str
    user: str
    trigger_id: str
    hash: str
    content: Mapping[str, object]
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Trigger:
    """What a press gives out, good for one modal within a few seconds."""

    user: str
    at: float
    used: bool = False


@dataclass(slots=True, kw_only=True)
class ResponseUrl:
    """Where an app may answer a press or a command: five times within 30 minutes.

    A command has no message, hence no `ts`.
    """

    user: str
    channel: str
    ts: str | None
    at: float
    uses: int = 0


PEOPLE = (
    User(
        id="U0DANA0001", name="dana", real_name="Dana Author", email="dana@example.com",
        role="author",
    ),
    User(
        id="U0AMIR0002", name="amir", real_name="Amir Approver", email="amir@example.com",
        role="approver",
    ),
    User(
        id="U0OLGA0003", name="olga", real_name="Olga Operator", email="olga@example.com",
        role="operator",
    ),
    User(
        id="U0MARA0004", name="mara", real_name="Mara Maintainer", email="mara@example.com",
        role="maintainer",
    ),
    User(
        id="U0NILS0005", name="nils", real_name="Nils Night", email="nils@example.com",
        role="on call",
    ),
    User(
        id="U0RUTH0006", name="ruth", real_name="Ruth Release", email="ruth@example.com",
        role="manager",
    ),
    User(
        id="U0GINA0007", name="gina", real_name="Gina Guest", email="gina@agency.example",
        role="guest", is_restricted=True,
    ),
    User(
        id="U0LEOX0008", name="leo", real_name="Leo Leaver", email="leo@example.com",
        role="left", deleted=True,
    ),
)  # fmt: skip
CHANNELS: Mapping[str, str] = {"C0RELEASES": "releases", "C0INCIDENT": "incidents"}
GUESTS_CHANNEL = "C0RELEASES"
"""The one channel that a guest is in; everybody else is in all, the deactivated in none."""
