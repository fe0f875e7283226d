"""Lambda functions behind an alias, through the operator role of each service."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.codepipeline import ServiceClients, action_executions
from signalbox.domain.errors import (
    InventoryIncompleteError,
    SettingMissingError,
    SignalboxError,
)
from signalbox.domain.services import Environment, LambdaTarget, Service
from signalbox.domain.sweeps import Thing

CALLS = 3
"""A service that fails now and then answers once by luck, seldom thrice."""
KIND = "lambda-version"


class LambdaTargets:
    """``Targets`` on Lambda's versions and aliases."""

    def __init__(self, clients: ServiceClients) -> None:
        self._clients = clients

    def current_version(self, service: Service, environment: Environment) -> str:
        """The version that serves all traffic now; empty where traffic is split."""
        target = _known(environment)
        with aws_call(f"read {target.function}:{target.alias}"):
            alias = self._client(service).get_alias(FunctionName=target.function, Name=target.alias)
        split = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights")
        return "" if split else str(alias["FunctionVersion"])

    def verify(self, service: Service, environment: Environment) -> tuple[bool, str]:
        """Call the service for real; whether each call was answered well, and what was seen."""
        target = _known(environment)
        name = f"{target.function}:{target.alias}"
        answers = [self._call(service, target) for _ in range(CALLS)]
        well = [seen for good, seen in answers if good]
        if len(well) == CALLS:
            return True, f"{CALLS} of {CALLS} calls of {name} answered {well[-1]}"
        worst = next(seen for good, seen in answers if not good)
        return False, f"{CALLS - len(well)} of {CALLS} calls of {name} failed: {worst}"

    def inventory(self, service: Service, environment: Environment) -> Sequence[Thing]:
        """Every version with its uses. Raises InventoryIncompleteError where a read fails."""
        try:
            target = _known(environment)
            aliases = self._aliases(service, target)
            releases = self._releases(service, environment)
            return tuple(
                Thing(
                    kind=KIND,
                    id=str(version["FunctionArn"]),
                    created_at=_moment(str(version.get("LastModified", ""))),
                    in_use=tuple(aliases.get(str(version["Version"]), ())),
                    revision=str(version["Version"]),
                    releases=tuple(releases.get(str(version["Version"]), ())),
                )
                for version in self._versions(service, target)
            )
        except (SignalboxError, KeyError) as error:
            raise InventoryIncompleteError(
                f"the versions of {environment.name} could not be read: {error}"
            ) from error

    def _call(self, service: Service, target: LambdaTarget) -> tuple[bool, str]:
        with aws_call(f"call {target.function}:{target.alias}"):
            answer = self._client(service).invoke(
                FunctionName=target.function,
                Qualifier=target.alias,
                InvocationType="RequestResponse",
                Payload=target.probe.encode(),
            )
            payload = answer["Payload"].read()
        return _judged(answer, _json(payload))

    def _versions(self, service: Service, target: LambdaTarget) -> Iterator[Mapping[str, Any]]:
        pages = self._pages(service, "list_versions_by_function", target)
        for page in pages:
            # $LATEST is no version: it cannot be deleted alone and is never listed.
            yield from (one for one in page.get("Versions", ()) if one["Version"] != "$LATEST")

    def _aliases(self, service: Service, target: LambdaTarget) -> Mapping[str, list[str]]:
        """Which aliases send traffic to which version, if ever so little."""
        uses: dict[str, list[str]] = defaultdict(list)
        for page in self._pages(service, "list_aliases", target):
            for alias in page.get("Aliases", ()):
                weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights") or {}
                for version in (alias["FunctionVersion"], *weights):
                    uses[str(version)].append(f"alias {alias['Name']}")
        return uses

    def _releases(self, service: Service, environment: Environment) -> Mapping[str, list[str]]:
        """Which executions deployed which version: the deploy action's FunctionVersion says it."""
        client = self._clients.for_service(service, "codepipeline")
        by_version: dict[str, list[str]] = defaultdict(list)
        for action in action_executions(client, service):
            version = action.get("output", {}).get("outputVariables", {}).get("FunctionVersion")
            if version and action["stageName"] == environment.stage:
                by_version[str(version)].append(str(action["pipelineExecutionId"]))
        return by_version

    def _pages(
        self, service: Service, call: str, target: LambdaTarget
    ) -> Iterator[Mapping[str, Any]]:
        marker: dict[str, str] = {}
        while True:
            with aws_call(f"{call.replace('_', ' ')} of {target.function}"):
                page = getattr(self._client(service), call)(FunctionName=target.function, **marker)
            yield page
            if not page.get("NextMarker"):
                return
            marker = {"Marker": page["NextMarker"]}

    def _client(self, service: Service) -> Any:
        return self._clients.for_service(service, "lambda")


def _known(environment: Environment) -> LambdaTarget:
    if environment.target is None:
        raise SettingMissingError(f"no target of {environment.name} is registered")
    return environment.target


def _judged(answer: Mapping[str, Any], payload: Any) -> tuple[bool, str]:
    """Whether one answer is good, and what it was, in words.

    ``FunctionError`` is set where the function raised. One that answers HTTP says how it fared by
    ``statusCode``; one that does not is well where it did not raise.
    """
    where = _where(answer, payload)
    if answer.get("FunctionError"):
        said = payload.get("errorMessage", "") if isinstance(payload, Mapping) else ""
        return False, f"it raised {said or answer['FunctionError']}{where}"
    status = payload.get("statusCode", 200) if isinstance(payload, Mapping) else 200
    return str(status) == "200", f"{status}{where}"


def _where(answer: Mapping[str, Any], payload: Any) -> str:
    version = str(answer.get("ExecutedVersion", ""))
    body = payload.get("body", payload) if isinstance(payload, Mapping) else {}
    inner = _json(body.encode()) if isinstance(body, str) else body
    commit = str(inner.get("commit", "")) if isinstance(inner, Mapping) else ""
    known = [f"version {version}"] if version else []
    known += [f"commit {commit[:7]}"] if commit else []
    return f" ({', '.join(known)})" if known else ""


def _json(text: bytes) -> Any:
    try:
        return json.loads(text or b"null")
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """Lambda writes ``2026-11-22T12:00:00.000+0000``."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
