"""Systems Manager Change Calendar, which MiniStack has not."""

from sandbox import clock, emulator
from sandbox.calendars.documents import CalendarDocuments


def start() -> None:
    """Have Systems Manager answer for calendars."""
    documents = CalendarDocuments(
        now=clock.now, arn_prefix=emulator.document_arn(""), owner=emulator.ACCOUNT
    )
    emulator.extend_systems_manager(documents.operations.keys(), documents.answer)
