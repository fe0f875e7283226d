"""Which files an artifact takes."""

from pathlib import Path

import pytest

from sandbox.engine.builds.artifacts import NoMatchingFiles, matching
from sandbox.engine.builds.buildspec import Files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("app.py", "pkg/a.py", "pkg/deep/b.txt", ".git/config"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        (Files(patterns=("app.py",)), ["app.py"]),
        (Files(patterns=("*.py",)), ["app.py"]),
        (Files(patterns=("**/*",)), ["app.py", "pkg/a.py", "pkg/deep/b.txt"]),
        (Files(patterns=("**/*.py",)), ["app.py", "pkg/a.py"]),
        (Files(patterns=("pkg/**/*",)), ["pkg/a.py", "pkg/deep/b.txt"]),
        (Files(patterns=("**/*",), base_directory="pkg"), ["a.py", "deep/b.txt"]),
        (Files(patterns=("pkg/**/*",), discard_paths=True), ["a.py", "b.txt"]),
    ],
)
def test_patterns_take_what_codebuilds_take(tree: Path, files: Files, taken: list[str]) -> None:
    assert list(matching(tree, files)) == taken


def test_a_pattern_without_a_file_is_said(tree: Path) -> None:
    with pytest.raises(NoMatchingFiles, match=r"nothing\.zip"):
        matching(tree, Files(patterns=("app.py", "nothing.zip")))
