"""What a build needs of the world, in one value."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.engine.builds.reports import ReportStore
from sandbox.engine.ports import Clients, Clock, Emit
from sandbox.engine.repositories import Repositories


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildWorld:
    """Ports of the builder.

    `environment_of(role ARN, session)` is the environment in which a child process acts as a role;
    `denied(role ARN, action, resource ARN)` is None or AWS's refusal. `interpreter` is the folder
    whose programs come first on a build's PATH, as the image's would.
    """

    clock: Clock
    emit: Emit
    clients: Clients
    environment_of: Callable[[str, str], Mapping[str, str]]
    denied: Callable[[str, str, str], str | None]
    repositories: Repositories
    reports: ReportStore
    scratch: Path
    interpreter: Path
