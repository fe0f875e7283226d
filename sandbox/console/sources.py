"""Where the page's panes come from. Each may be missing, and then says so instead of failing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.console.ledger import LedgerWindow
from sandbox.slack.payloads import listed, listed_view
from sandbox.slack.workspace import SlackWorkspace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What the page shows, as functions that return what is the case now."""

    slack: Callable[[], SlackWorkspace]
    pipelines: Callable[[], Mapping[str, Any]]
    alarms: Callable[[], Sequence[Mapping[str, Any]]]
    facts: Callable[[], Sequence[Mapping[str, Any]]]


def snapshot(sources: Sources) -> Json:
    """Everything the page shows. Blocks (the facts are read over HTTP): not for the event loop."""
    missing: dict[str, str] = {}

    def pane(name: str, read: Callable[[], Any], empty: Any) -> Any:
        try:
            return read()
        except Exception as error:
            missing[name] = f"{type(error).__name__}: {error}"
            return empty

    box = sources.slack()
    return {
        "pipelines": pane("pipelines", lambda: sources.pipelines()["pipelines"], []),
        "alarms": pane("alarms", lambda: list(sources.alarms()), []),
        "facts": pane("facts", lambda: list(sources.facts()), []),
        "missing": missing,
        "slack": {
            "connected": box.settings.request_url is not None,
            "channels": box.channels,
            "messages": [listed(message) for message in box.everything()],
            "views": [listed_view(view) for view in box.views()],
        },
    }


def _engine_snapshot() -> Mapping[str, Any]:
    from sandbox import engine

    return dict(engine.snapshot())


def _alarms_snapshot() -> Sequence[Mapping[str, Any]]:
    from sandbox import alarms

    return list(alarms.snapshot())


def _default_workspace() -> SlackWorkspace:
    from sandbox.slack.app import workspace

    return workspace()


def of_this_process() -> Sources:
    """The sandbox that runs in this process."""
    return Sources(
        slack=_default_workspace,
        pipelines=_engine_snapshot,
        alarms=_alarms_snapshot,
        facts=LedgerWindow().latest,
    )
