"""Samples of what AWS says of images, coverage and who pushed, as a gate's evidence reads it."""

from __future__ import annotations

from signalbox.adapters.codebuild import CodeBuildBuilds
from signalbox.adapters.ecr_scans import EcrScans
from signalbox.domain.facts import PipelineChanged
from signalbox.events.reader import read

from tests.contract.corpus import answers, needs_the_corpus
from tests.contract.test_api_answers import Told, parsed
from tests.fakes import a_service

pytestmark = needs_the_corpus


def test_the_findings_of_an_image_are_read() -> None:
    for answer in parsed(
        "ecr", "DescribeImageScanFindings", "ecr.api.describe_image_scan_findings"
    ):
        scans = EcrScans(Told(describe_image_scan_findings=answer))
        scan = scans.of_image(a_service(), "sample-repo", answer["imageId"]["imageDigest"])
        assert scan is not None
        counted = answer["imageScanFindings"]["findingSeverityCounts"]
        assert len(scan.findings) == sum(counted.values()) > 0
        assert {one.severity.value for one in scan.findings} == set(counted)
        assert all(one.id.startswith("CVE-") for one in scan.findings)


def test_reports_of_tests_say_nothing_of_coverage() -> None:
    (reports,) = parsed("codebuild", "BatchGetReports", "codebuild.api.batch_get_reports")
    arns = [one["arn"] for one in reports["reports"]]
    client = Told(
        batch_get_builds={"builds": [{"id": "hello:1", "reportArns": arns}]},
        batch_get_reports=reports,
    )
    assert CodeBuildBuilds(client).coverage(a_service(), "hello:1") is None


def test_who_pushed_is_known_of_git_triggers_and_of_no_other() -> None:
    named = {}
    for event in answers("codepipeline.event.pipeline"):
        for fact in read(event):
            if isinstance(fact, PipelineChanged) and fact.commit is not None:
                named[fact.commit.author_name] = fact.commit.provider_identity
    assert named == {"Mary Major": "gitlab:Mary Major"}
