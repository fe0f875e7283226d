"""What ECR says of an image, basic scanning and Inspector's alike."""

from __future__ import annotations

from typing import Any

import pytest
from signalbox.adapters.ecr_scans import EcrScans
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError
from signalbox.domain.evidence import FindingSeverity, ImageScan, ScanFinding

from tests.adapters.stubbed import StubbedClients
from tests.fakes import a_service

DIGEST = "sha256:" + "1" * 64


@pytest.fixture
def clients() -> StubbedClients:
    return StubbedClients()


def answers(
    clients: StubbedClients,
    status: str = "COMPLETE",
    asked: dict[str, Any] | None = None,
    token: str = "",
    **findings: Any,
) -> None:
    answer = {
        "imageScanStatus": {"status": status},
        "imageScanFindings": findings,
        **({"nextToken": token} if token else {}),
    }
    known = {"repositoryName": "hello", "imageId": {"imageDigest": DIGEST}, **(asked or {})}
    clients.answers("ecr").add_response("describe_image_scan_findings", answer, known)


def scan(clients: StubbedClients, repository: str = "hello") -> ImageScan | None:
    return EcrScans(clients).of_image(a_service(), repository, DIGEST)


def basic(id: str, severity: str) -> dict[str, Any]:
    return {"name": id, "severity": severity, "uri": "https://example.com"}


def enhanced(id: str, severity: str, **more: Any) -> dict[str, Any]:
    details = {"packageVulnerabilityDetails": {"vulnerabilityId": id}}
    return {"title": f"{id} - openssl", "severity": severity, **details, **more}


def test_every_page_of_a_basic_scan_is_read(clients: StubbedClients) -> None:
    answers(clients, token="more", findings=[basic("CVE-1", "HIGH")])
    answers(clients, asked={"nextToken": "more"}, findings=[basic("CVE-2", "LOW")])
    assert scan(clients) == ImageScan(
        repository="hello",
        digest=DIGEST,
        findings=(
            ScanFinding(id="CVE-1", severity=FindingSeverity.HIGH),
            ScanFinding(id="CVE-2", severity=FindingSeverity.LOW),
        ),
    )
    clients.answers("ecr").assert_no_pending_responses()


def test_inspectors_findings_stand_until_they_are_closed(clients: StubbedClients) -> None:
    found = [
        enhanced("CVE-1", "CRITICAL", status="ACTIVE"),
        enhanced("CVE-2", "HIGH", status="SUPPRESSED"),
        enhanced("CVE-3", "HIGH", status="CLOSED"),
        {"title": "a secret in a layer", "severity": "UNTRIAGED"},
    ]
    answers(clients, status="ACTIVE", enhancedFindings=found)
    seen = scan(clients)
    assert seen is not None
    assert [(one.id, one.severity) for one in seen.findings] == [
        ("CVE-1", FindingSeverity.CRITICAL),
        ("CVE-2", FindingSeverity.HIGH),
        ("a secret in a layer", FindingSeverity.UNDEFINED),
    ]


def test_a_clean_image_has_a_scan_without_findings(clients: StubbedClients) -> None:
    answers(clients)
    assert scan(clients) == ImageScan(repository="hello", digest=DIGEST)


@pytest.mark.parametrize(
    "status",
    ["IN_PROGRESS", "PENDING", "FAILED", "UNSUPPORTED_IMAGE", "SCAN_ELIGIBILITY_EXPIRED"],
)
def test_a_scan_that_is_not_complete_is_none(clients: StubbedClients, status: str) -> None:
    answers(clients, status=status, findings=[])
    assert scan(clients) is None


@pytest.mark.parametrize("code", ["ScanNotFoundException", "ImageNotFoundException"])
def test_an_image_without_a_scan_has_none(clients: StubbedClients, code: str) -> None:
    clients.answers("ecr").add_client_error("describe_image_scan_findings", code)
    assert scan(clients) is None


def test_every_other_refusal_is_told(clients: StubbedClients) -> None:
    clients.answers("ecr").add_client_error("describe_image_scan_findings", "AccessDenied")
    with pytest.raises(AwsRefusedError):
        scan(clients)
    clients.answers("ecr").add_client_error("describe_image_scan_findings", "ServerException")
    with pytest.raises((AwsRefusedError, AwsUnavailableError)):
        scan(clients)


@pytest.mark.parametrize("host", ["dkr.ecr.eu-central-1.amazonaws.com", "dkr.ecr-fips.x.on.aws"])
def test_an_image_named_with_its_registry_is_looked_up_there(
    clients: StubbedClients, host: str
) -> None:
    there = {"registryId": "210987654321", "repositoryName": "team/hello"}
    answers(clients, asked=there)
    seen = scan(clients, f"210987654321.{host}/team/hello")
    assert seen is not None
    assert seen.repository == "team/hello", "waivers name it without the registry"
