"""What ECR's scans of an image have found, through the operator role of each service."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.codepipeline import ServiceClients
from signalbox.domain.errors import AwsRefusedError
from signalbox.domain.evidence import FindingSeverity, ImageScan, ScanFinding
from signalbox.domain.services import Service

COMPLETE = frozenset({"COMPLETE", "ACTIVE"})
"""``imageScanStatus`` of a basic scan that has ended, and of continuous scanning by Inspector."""
NOT_THERE = frozenset({"ScanNotFoundException", "ImageNotFoundException"})

REGISTRY = re.compile(r"^(?P<account>\d{12})\.dkr\.ecr[\w.-]*/")
"""What stands before a repository's name in an image's address."""

Answer = Mapping[str, Any]


class EcrScans:
    """``Scans`` on DescribeImageScanFindings, basic and enhanced scanning alike."""

    def __init__(self, clients: ServiceClients) -> None:
        self._clients = clients

    def of_image(self, service: Service, repository: str, digest: str) -> ImageScan | None:
        """The findings of the last complete scan, or None where there is none.

        ``repository`` is a name, with the registry before it or not.
        """
        try:
            pages = list(self._pages(service, _asked(repository, digest)))
        except AwsRefusedError as refused:
            if refused.code in NOT_THERE:
                return None
            raise
        if pages[0].get("imageScanStatus", {}).get("status") not in COMPLETE:
            return None
        findings = [one for page in pages for one in _findings(page.get("imageScanFindings", {}))]
        name = REGISTRY.sub("", repository)
        return ImageScan(repository=name, digest=digest, findings=tuple(findings))

    def _pages(self, service: Service, asked: Answer) -> Iterator[Answer]:
        token: dict[str, str] = {}
        while True:
            with aws_call(f"read the scan of {asked['repositoryName']}"):
                client = self._clients.for_service(service, "ecr")
                page = client.describe_image_scan_findings(**asked, **token)
            yield page
            if not page.get("nextToken"):
                return
            token = {"nextToken": page["nextToken"]}


def _asked(repository: str, digest: str) -> Answer:
    registry = REGISTRY.match(repository)
    return {
        "repositoryName": REGISTRY.sub("", repository),
        "imageId": {"imageDigest": digest},
        **({"registryId": registry["account"]} if registry else {}),
    }


def _findings(found: Answer) -> Iterator[ScanFinding]:
    """Those that stand. Inspector also lists, for a while, what was put right (``CLOSED``); what
    its suppression rules hide counts: exceptions are waivers, and those end.
    """
    for one in found.get("findings", ()):
        yield ScanFinding(id=str(one.get("name", "")), severity=_severity(one))
    for one in found.get("enhancedFindings", ()):
        if one.get("status") == "CLOSED":
            continue
        vulnerability = one.get("packageVulnerabilityDetails", {}).get("vulnerabilityId", "")
        name = str(vulnerability or one.get("title", ""))
        yield ScanFinding(id=name, severity=_severity(one))


def _severity(finding: Answer) -> FindingSeverity:
    said = str(finding.get("severity", ""))
    known = said in FindingSeverity.__members__
    return FindingSeverity(said) if known else FindingSeverity.UNDEFINED
