"""Build artifacts: files by pattern, in a zip that is the same for the same files."""

import io
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from sandbox.engine.builds.buildspec import Files

_EPOCH = (1980, 1, 1, 0, 0, 0)


class NoMatchingFiles(Exception):  # noqa: N818 - a fact that the phase context reports
    """A pattern of the buildspec matches no file."""


def matching(root: Path, files: Files) -> dict[str, Path]:
    """The files that the patterns name, by their name inside the artifact.

    `**/*` takes everything below, `name/**` likewise, a folder's name nothing, as on AWS.
    Raises NoMatchingFiles for a pattern without a file.
    """
    taken: dict[str, Path] = {}
    for base in _bases(root, files.base_directory):
        everything = sorted(path for path in base.rglob("*") if path.is_file())
        for pattern in files.patterns:
            found = [p for p in everything if _matches(p.relative_to(base).as_posix(), pattern)]
            if not found:
                raise NoMatchingFiles(f"no matching artifact paths found: {pattern}")
            for path in found:
                name = path.name if files.discard_paths else path.relative_to(base).as_posix()
                taken[name] = path
    return dict(sorted(taken.items()))


def zipped(files: dict[str, Path]) -> bytes:
    """A deterministic zip: sorted names, one timestamp, permissions kept."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            executable = path.stat().st_mode & stat.S_IXUSR
            entry.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _bases(root: Path, pattern: str) -> Iterator[Path]:
    if pattern in (".", ""):
        yield root
        return
    found = [path for path in sorted(root.glob(pattern)) if path.is_dir()]
    if not found:
        raise NoMatchingFiles(f"no matching base directory path found for: {pattern}")
    yield from found


def _matches(name: str, pattern: str) -> bool:
    pattern = pattern.removeprefix("./")
    if name.startswith(".git/") and not pattern.startswith(".git"):
        return False
    return re.fullmatch(_expression(pattern), name) is not None


def _expression(pattern: str) -> str:
    """A glob as a regular expression: `**` crosses folders, `*` and `?` do not."""
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return "".join(words.get(part, re.escape(part)) for part in parts)
