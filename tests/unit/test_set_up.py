"""tools/bootstrap.py says in one sentence what a new machine lacks, and leaves nothing behind."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools import bootstrap
from tools.bootstrap import CannotSetUp


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_steps_temporary_files_go_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    left = tmp_path / "where"
    bootstrap.run(
        python(
            "import pathlib, tempfile\n"
            "made = tempfile.mkdtemp()\n"
            f"pathlib.Path({str(left)!r}).write_text(made)"
        )
    )
    assert Path(left.read_text()).is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == [left]


@pytest.mark.parametrize(
    "complaint",
    [
        "ERROR: No matching distribution found for uv==0.13.9",
        "error: dns error: failed to lookup address information",
        "ConnectTimeoutError: connection timed out",
    ],
)
def test_a_registry_that_cannot_be_reached_is_said(complaint: str) -> None:
    with pytest.raises(CannotSetUp, match="registry cannot be reached: check the network"):
        bootstrap.run(python(f"import sys; sys.exit({complaint!r})"))


def test_any_other_failure_is_told_in_the_commands_own_last_words() -> None:
    with pytest.raises(CannotSetUp, match=r"python\S* failed: .*hashes do not agree"):
        bootstrap.run(python("import sys; sys.exit('the hashes do not agree')"))


def test_the_registry_that_pip_knows_is_uvs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://example.com/simple")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    bootstrap.run(
        python(
            "import os\n"
            "assert os.environ['UV_DEFAULT_INDEX'] == 'https://example.com/simple'\n"
            "assert 'VIRTUAL_ENV' not in os.environ"
        )
    )


def test_an_old_python_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert bootstrap.main(["run"]) == 1
    assert "or later is needed: install it" in one_sentence(capsys)


def test_an_old_python_hands_over_to_a_newer_one_that_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[Sequence[str]] = []
    broken, newer = "/opt/python3.13", "/opt/python3.12"
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    monkeypatch.setattr("shutil.which", {"python3.13": broken, "python3.12": newer}.get)
    monkeypatch.setattr("subprocess.call", lambda command: int(command[0] == broken))
    monkeypatch.setattr("os.execv", lambda path, given: started.append([path, *given]))
    monkeypatch.setattr("sys.argv", ["bootstrap.py", "check"])
    with pytest.raises(CannotSetUp):  # as if the newer one had returned: execv never does
        bootstrap.require_python()
    assert started[0] == [newer, newer, bootstrap.__file__, "check"]


def test_a_missing_git_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert bootstrap.main(["run"]) == 1
    assert "`git` is not installed" in one_sentence(capsys)


def test_an_environment_is_made_again_when_its_pins_change_and_only_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    (tmp_path / "requirements").mkdir()
    pins = tmp_path / "requirements" / "some.txt"
    pins.write_text("one==1")
    (tmp_path / "pyproject.toml").touch()
    folder = tmp_path / "made"
    folder.mkdir()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "find_uv", lambda: ["uv"])
    monkeypatch.setattr(bootstrap, "run", ran.append)
    for change, steps in (("one==1", 2), ("one==1", 0), ("one==2", 2), ("one==2", 0)):
        pins.write_text(change)
        ran.clear()
        bootstrap.make_environment(folder, "some.txt")
        assert len(ran) == steps


def one_sentence(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("signalbox: ")
    return lines[0]
