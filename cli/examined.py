"""What `signalbox doctor` looks with, and what it says of what it saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.errors import AwsRefusedError

from cli.control_api import ControlApi


class Level(StrEnum):
    """How a thing stands. ``FAIL`` keeps Signalbox from doing what it promises."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing stands, and what to do about it; nothing where it is well."""

    level: Level
    what: str
    do: str = ""


@dataclass(frozen=True)
class Patient:
    """A deployed control plane, looked at with the caller's own AWS rights."""

    stack: str
    client: Callable[[str], Any]
    outputs: Mapping[str, str]
    api: Callable[[], ControlApi]
    now: datetime

    @property
    def prefix(self) -> str:
        """Where its documents stand."""
        return self.outputs["ParameterPrefix"]

    @cached_property
    def documents(self) -> Mapping[str, tuple[str, str]]:
        """Its documents: path below the prefix to (ARN, text). Raises AwsRefusedError,
        AwsUnavailableError.
        """
        return {
            one["Name"].removeprefix(f"{self.prefix}/"): (str(one["ARN"]), str(one["Value"]))
            for one in self._parameters()
        }

    def below(self, folder: str) -> Iterator[tuple[str, str, str]]:
        """(name, ARN, text) of the documents in a folder."""
        for path, (arn, text) in sorted(self.documents.items()):
            if path.startswith(f"{folder}/"):
                yield f"{self.prefix}/{path}", arn, text

    def text_of(self, document: str) -> str | None:
        """A document's text; None where nobody has written it."""
        found = self.documents.get(document)
        return found[1] if found else None

    def _parameters(self) -> Iterator[Mapping[str, str]]:
        token: dict[str, str] = {}
        while True:
            with aws_call(f"read the documents below {self.prefix}"):
                answer = self.client("ssm").get_parameters_by_path(
                    Path=self.prefix, Recursive=True, **token
                )
            yield from answer.get("Parameters", ())
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}


def is_denied(refused: AwsRefusedError) -> bool:
    """Whether the caller lacks a right, which says nothing about the patient."""
    return refused.code.startswith(
        ("AccessDenied", "Unauthorized", "NotAuthorized", "Authorization")
    )
