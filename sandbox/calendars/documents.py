"""Systems Manager's documents of type ChangeCalendar, and the state of such calendars.

Requests are held against botocore's model. Of documents there is no more than calendars need: one
version, no sharing, no change in place (delete and create anew).
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.calendars import ical
from sandbox.engine.refusals import Refusal
from sandbox.engine.validation import check_request

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One stored calendar."""

    name: str
    content: str
    created: datetime


class CalendarDocuments:
    """Answers the operations on calendars; `arn_prefix` is that of the account's documents."""

    def __init__(self, *, now: Callable[[], datetime], arn_prefix: str, owner: str) -> None:
        self._now = now
        self._arn_prefix = arn_prefix
        self._owner = owner
        self._lock = threading.Lock()
        self._documents: dict[str, Document] = {}
        self.operations: Mapping[str, Callable[[Json], Json]] = {
            "CreateDocument": self._create,
            "GetDocument": self._get,
            "DeleteDocument": self._delete,
            "GetCalendarState": self._state,
        }

    def answer(self, operation: str, request: Json) -> tuple[int, Json]:
        """The status and body for one call; refusals in AWS's error form."""
        try:
            return 200, self.operations[operation](check_request("ssm", operation, request))
        except Refusal as refusal:
            return refusal.status, {"__type": refusal.code, "Message": refusal.message}

    def _create(self, request: Json) -> Json:
        name, kind = request["Name"], request.get("DocumentType")
        if kind != "ChangeCalendar":
            raise Refusal(
                "ValidationException", f"Documents of type {kind} are not in this sandbox"
            )
        if request.get("DocumentFormat", "JSON") != "TEXT":
            raise Refusal(
                "InvalidDocumentContent", "A document of type ChangeCalendar has the format TEXT"
            )
        ical.kind_of(request["Content"])
        document = Document(name=name, content=request["Content"], created=self._now())
        with self._lock:
            if name in self._documents:
                raise Refusal(
                    "DocumentAlreadyExists", f"Document with same name {name} already exists"
                )
            self._documents[name] = document
        return {
            "DocumentDescription": {
                **self._described(document),
                **{"Owner": self._owner, "LatestVersion": "1", "DefaultVersion": "1"},
            }
        }

    def _get(self, request: Json) -> Json:
        document = self._document(request["Name"])
        return {**self._described(document), "Content": document.content}

    def _delete(self, request: Json) -> Json:
        document = self._document(request["Name"])
        with self._lock:
            self._documents.pop(document.name, None)
        return {}

    def _state(self, request: Json) -> Json:
        named = request["CalendarNames"]
        calendars = [ical.read(self._document(each).content) for each in named]
        now = self._now().astimezone(UTC).replace(microsecond=0)
        at_time = request.get("AtTime") or _written(now)
        at = _moment(at_time)
        turn = ical.next_turn(calendars, at)
        return {
            "State": "OPEN" if ical.are_open(calendars, at) else "CLOSED",
            "AtTime": at_time,
            **({"NextTransitionTime": _written(turn)} if turn else {}),
        }

    def _document(self, name_or_arn: str) -> Document:
        with self._lock:
            found = self._documents.get(name_or_arn.removeprefix(self._arn_prefix))
        if found is None:
            raise Refusal("InvalidDocument", f"Document {name_or_arn} does not exist")
        return found

    def _described(self, document: Document) -> Json:
        return {
            "Name": document.name,
            "CreatedDate": document.created.timestamp(),
            "DocumentVersion": "1",
            "DocumentType": "ChangeCalendar",
            "DocumentFormat": "TEXT",
            "Status": "Active",
        }


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refusal("ValidationException", f"AtTime {text} is no instant in ISO 8601")
    return moment.astimezone(UTC)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
