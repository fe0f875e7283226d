"""A document in Parameter Store of which the last good version stays in force.

It is kept in memory and in the ledger: a function that starts while the newest version is broken
goes by the one before it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.dynamodb_table import Change, LedgerTable
from signalbox.adapters.ssm_documents import KEPT_FOR_SECONDS
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, DocumentInvalidError

D = TypeVar("D")
MISSING = "ParameterNotFound"
LAST_GOOD = "last-good"


@dataclass(frozen=True, slots=True)
class Held(Generic[D]):
    """What is in force (None where nothing good was ever written), what is wrong with the newest
    version, if anything is, and whether there is one at all.
    """

    document: D | None = None
    fault: str = ""
    written: bool = True


class LastGood(Generic[D]):
    """One document, read at most once in ``kept_for`` seconds."""

    def __init__(
        self,
        client: Any,
        parameter: str,
        subject: str,
        table: LedgerTable,
        read: Callable[[str, str], D],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        kept_for: float = KEPT_FOR_SECONDS,
    ) -> None:
        """``read(text, parameter)`` makes a document of a text or raises DocumentInvalidError;
        ``subject`` is the ledger's partition in which the last good text is kept.
        """
        self._client, self._parameter = client, parameter
        self._subject, self._table = subject, table
        self._read_text = read
        self._monotonic, self._kept_for = monotonic, kept_for
        self._kept: tuple[float, Held[D]] | None = None
        self._good = ""

    def held(self) -> Held[D]:
        """The last good document, and what is wrong with the newest.

        Raises AwsUnavailableError where nothing was ever read and nobody answers now, and
        AwsRefusedError where we may not read what stands there and never could.
        """
        now = self._monotonic()
        if self._kept is None or now - self._kept[0] >= self._kept_for:
            self._kept = now, self._read()
        return self._kept[1]

    def _read(self) -> Held[D]:
        try:
            with aws_call(f"read {self._parameter}"):
                answer = self._client.get_parameter(Name=self._parameter)
            text = answer["Parameter"]["Value"]
            document = self._read_text(text, self._parameter)
        except AwsUnavailableError:
            if self._kept is None:
                raise
            return self._kept[1]
        except AwsRefusedError as refused:
            good, missing = self._last_good(), refused.code == MISSING
            if good is None and not missing:
                raise  # what we may not read may say anything: it is not nothing
            return Held(good, str(refused), written=not missing)
        except DocumentInvalidError as wrong:
            return Held(self._last_good(), str(wrong))
        self._keep(text)
        return Held(document)

    def _keep(self, text: str) -> None:
        if text != self._good:
            change = Change("SET #text = :text", names={"#text": "text"}, values={":text": text})
            self._table.update(self._subject, LAST_GOOD, change)
            self._good = text

    def _last_good(self) -> D | None:
        item = self._table.get(self._subject, LAST_GOOD)
        try:
            return self._read_text(item["text"], self._parameter) if item else None
        except DocumentInvalidError:
            return None  # an older Signalbox took it for good
