"""A release's record leads to everything it hangs together with, also where events were lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from signalbox.domain.facts import ActionChanged, ArtifactLocation, Commit
from signalbox.domain.incidents import Incident, IncidentStatus
from signalbox.domain.links import links_of
from signalbox.domain.releases import fold

from tests.fakes import NOW, a_service
from tests.properties.runs import facts_said, hear, mend, run_of
from tests.unit.a_demo_release import ALARM

RUN = run_of("standard")
FACTS = facts_said(RUN)
RELEASE = FACTS[0].release


def test_the_links_of_a_release_name_its_environments_alarms_and_rollbacks() -> None:
    incident = Incident(
        id="i1",
        alarm=ALARM.alarm,
        service="hello",
        environment="production",
        status=IncidentStatus.ROLLED_BACK,
        opened_at=NOW,
        release=RELEASE,
        rollback_execution="e9",
    )
    strange = replace(incident, release=replace(RELEASE, execution="other"), rollback_execution="x")
    links = links_of(
        fold(RELEASE, FACTS),
        commit=Commit(id="abc"),
        artifact_digest="d1",
        incidents=[incident, strange],
        service=a_service(),
    )
    assert (links.commit, links.artifact_digests) == (Commit(id="abc"), ("d1",))
    assert links.environments == ("staging", "production")
    assert [one.stage for one in links.deployments] == ["Staging", "Production"]
    assert (links.alarms, links.rollbacks) == ((ALARM.alarm,), ("e9",))


def test_a_builds_id_and_its_artifact_are_linked() -> None:
    place = ArtifactLocation(name="BuildArtifact", bucket="b", key="k")
    build = next(f for f in FACTS if isinstance(f, ActionChanged) and f.provider == "CodeBuild")
    links = links_of(fold(RELEASE, [replace(build, external_id="p:1", outputs=(place,))]))
    assert (links.builds, links.artifacts) == (("p:1",), (place,))


@pytest.mark.case(44)
def test_artifacts_are_linked_alike_from_events_and_from_the_api() -> None:
    said, asked = hear(RUN, RUN.events), hear(RUN, ())
    mend(asked)
    links = []
    for world in (said, asked):
        release = world.ledger.release(RELEASE)
        assert release is not None
        links.append(links_of(release).artifacts)
    assert links[0] == links[1]
    assert [one.name for one in links[0]] == ["SourceArtifact", "BuildArtifact"]
