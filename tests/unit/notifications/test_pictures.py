"""The pictures in the docs show every state, and the page shows every picture."""

from __future__ import annotations

import pytest
from signalbox.notifications.view import Headline, headline

from sandbox.slack.blocks import faults_of_blocks
from tools import pictures
from tools.picture_list import NAMES, STATES, scenes
from tools.small_png import SIGNATURE

SMALL = 60_000


def test_every_headline_has_its_picture() -> None:
    assert set(STATES) == set(Headline)
    for wanted, (_, _, view) in STATES.items():
        assert headline(view) is wanted
        assert any(scene.name == NAMES[wanted] for scene in scenes())


def test_every_scene_is_made_of_messages_that_slack_takes() -> None:
    for scene in scenes():
        told = scene.messages()
        assert told
        assert [faults_of_blocks(message["blocks"]) for message in told] == [[]] * len(told)


def test_the_page_names_every_picture_and_each_is_there_and_small() -> None:
    assert pictures.PAGE.read_text() == pictures.page_of(scenes())
    files = {path.stem: path for path in pictures.FOLDER.glob("*.png")}
    assert set(files) == {scene.name for scene in scenes()}
    for path in files.values():
        assert path.read_bytes().startswith(SIGNATURE)
        assert path.stat().st_size < SMALL


def test_without_chromium_one_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert pictures.main() == 1
    assert capsys.readouterr().err == pictures.MISSING + "\n"
