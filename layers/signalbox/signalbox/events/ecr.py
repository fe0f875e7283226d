"""Image scans, by ECR itself or by Inspector.

``finding-severity-counts`` leaves out severities without findings, and may be absent. Inspector
gives the repository as an ARN and adds a ``TOTAL``, which is no severity.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from signalbox.domain.facts import ImageScanned
from signalbox.domain.states import ScanStatus
from signalbox.events.envelope import Envelope
from signalbox.events.fields import (
    HyphenatedPayload,
    Name,
    Text,
    Word,
    known,
    mapping,
    parse,
    whole,
)
from signalbox.events.leftovers import leftovers
from signalbox.events.reading import Reading


def _counts(value: object) -> dict[str, int]:
    counts = {str(name).upper(): whole(count) for name, count in mapping(value).items()}
    return {name: count for name, count in counts.items() if count is not None and name != "TOTAL"}


class _Scan(HyphenatedPayload):
    scan_status: Word
    repository_name: Name
    image_digest: Text = ""
    finding_severity_counts: Annotated[dict[str, int], BeforeValidator(_counts)] = Field(
        default_factory=dict
    )

    @property
    def repository(self) -> str:
        """Its name; names may hold slashes."""
        return self.repository_name.rpartition(":repository/")[2]


def read_ecr_scan(event: Envelope) -> Reading:
    """``ECR Image Scan``."""
    return _reading("ecr.image_scan", event)


def read_inspector_scan(event: Envelope) -> Reading:
    """``Inspector2 Scan``: enhanced scanning of the same images."""
    return _reading("inspector2.scan", event)


def _reading(kind: str, event: Envelope) -> Reading:
    detail = parse(_Scan, event.detail, where=f"{kind}: detail")
    account, region = event.place(kind)
    status, raw_status = known(ScanStatus, detail.scan_status, ScanStatus.UNKNOWN)
    fact = ImageScanned(
        account=account,
        region=region,
        repository=detail.repository,
        digest=detail.image_digest,
        status=status,
        at=event.at(kind),
        findings=detail.finding_severity_counts,
        raw_status=raw_status,
        extra=leftovers(detail),
    )
    return Reading(kind=kind, fact=fact)
