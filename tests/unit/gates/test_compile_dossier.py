"""What an approver is shown is what has changed since the last good release."""

from __future__ import annotations

from dataclasses import replace

from signalbox.domain.gates import Change, Dossier
from signalbox.domain.states import AlarmState
from signalbox.domain.truth import ReleaseNotes
from signalbox.usecases.compile_dossier import LISTED, compile_dossier

from tests.fakes import a_service, release_id
from tests.gate_world import CHANGES, COMMIT, DIGEST, RELEASE, GateWorld, a_truth


def compiled(world: GateWorld) -> Dossier:
    return compile_dossier(
        RELEASE,
        ReleaseNotes(commit=COMMIT),
        a_service(),
        pipelines=world.pipelines,
        artifacts=world.artifacts,
        alarms=world.alarms,
    )


def test_changes_end_at_the_last_good_release() -> None:
    world = GateWorld()
    good = a_truth(release=release_id("earlier"), commit=replace(COMMIT, id=CHANGES[1].id))
    world.pipelines.succeeded["Production"] = [a_truth(), good]
    dossier = compiled(world)
    assert dossier.changes == CHANGES[:1]
    assert dossier.last_good_revision == CHANGES[1].id
    assert dossier.rollback_readiness == f"stage rollback to {CHANGES[1].id[:7]}"


def test_a_first_release_shows_its_whole_history_up_to_what_people_read() -> None:
    world = GateWorld()
    history = tuple(
        Change(id=f"{n:040x}", author_name="Ada", author_email="a@example.com", subject="s")
        for n in range(LISTED + 20)
    )
    world.artifacts.changed[RELEASE] = (history, DIGEST)
    dossier = compiled(world)
    assert dossier.changes == history[:LISTED]
    assert dossier.rollback_readiness.startswith("none")


def test_only_firing_alarms_of_the_service_are_shown() -> None:
    world = GateWorld()
    names = [name for environment in a_service().environments for name in environment.alarms]
    world.alarms.states = {names[0]: AlarmState.ALARM, names[-1]: AlarmState.OK}
    assert compiled(world).firing_alarms == (names[0],)
