"""Heads of audit chains in a bucket with Object Lock, where nobody can rewrite them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.domain.verification import Anchor, Unreadable

SUFFIX = ".json"
AT_ONCE = 8
"""Versions read at the same time, of all chains together."""
LARGEST = 10_000
"""Bytes of an anchor that are read: ours have some hundreds."""

Version = Mapping[str, Any]


class S3Anchors:
    """``Anchors`` as objects ``{subject}/{number}.json``."""

    def __init__(self, *, client: Any, bucket: str) -> None:
        """``bucket`` has Object Lock with a default retention, which each object then gets."""
        self._client = client
        self._bucket = bucket

    def anchor(self, subject: str, number: int, head: str) -> None:
        """Keep the head of one chain. The same head twice makes a second version of the object.

        A put under Object Lock must carry a checksum (S3 user guide, "Object Lock considerations").
        """
        body = json.dumps({"subject": subject, "number": number, "head": head}, sort_keys=True)
        with aws_call(f"anchor {subject}"):
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"{subject}/{number}{SUFFIX}",
                Body=body.encode(),
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
            )


class S3AnchorReader:
    """``AnchorReader`` with the caller's own rights: s3:ListBucketVersions, s3:GetObjectVersion.

    With s3:GetObjectRetention S3 also says until when each version is locked.
    """

    def __init__(self, *, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def subjects(self) -> Iterator[str]:
        """The subject of every chain that was ever anchored. Lists the whole bucket."""
        seen: set[str] = set()
        for page in self._pages(""):
            for version in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                subject = str(version["Key"]).rpartition("/")[0]
                if subject not in seen:
                    seen.add(subject)
                    yield subject

    def anchors(self, subject: str) -> Sequence[Anchor | Unreadable]:
        """Every version of every anchor of one chain; a delete marker takes none of them away."""
        versions: list[Version] = []
        hidden: set[str] = set()
        for page in self._pages(f"{subject}/"):
            versions += [v for v in page.get("Versions", ()) if _is_of(subject, v["Key"])]
            markers = page.get("DeleteMarkers", ())
            hidden |= {marker["Key"] for marker in markers if marker["IsLatest"]}
        # S3 lists the newest version of a key first, and its times have no fractions.
        oldest_first = versions[::-1]
        return tuple(self._pool.map(lambda one: self._read(subject, one, hidden), oldest_first))

    def _pages(self, prefix: str) -> Iterator[Mapping[str, Any]]:
        request = {"Bucket": self._bucket, "Prefix": prefix}
        start: dict[str, str] = {}
        while True:
            with aws_call(f"list the anchors in {self._bucket}"):
                page = self._client.list_object_versions(**request, **start)
            yield page
            if not page["IsTruncated"]:
                return
            start = {"KeyMarker": page["NextKeyMarker"]}
            if "NextVersionIdMarker" in page:
                start["VersionIdMarker"] = page["NextVersionIdMarker"]

    def _read(self, subject: str, version: Version, hidden: set[str]) -> Anchor | Unreadable:
        key = str(version["Key"])
        with aws_call(f"read the anchor {key}"):
            found = self._client.get_object(
                Bucket=self._bucket, Key=key, VersionId=version["VersionId"]
            )
            body = found["Body"].read(LARGEST)
        name = key.rpartition("/")[2].removesuffix(SUFFIX)
        number = int(name) if name.isascii() and name.isdecimal() else 0
        try:
            said = json.loads(body)
            held = {"subject": subject, "number": number, "head": said["head"]}
        except (KeyError, TypeError, ValueError):
            said = held = None
        if number < 1 or said != held or not isinstance((said or {}).get("head"), str):
            why = f"version {version['VersionId']} of {key} is no anchor of Signalbox's"
            return Unreadable(number=number, why=why)
        return Anchor(
            subject=subject,
            number=number,
            head=said["head"],
            at=version["LastModified"],
            locked_until=found.get("ObjectLockRetainUntilDate"),
            hidden=key in hidden,
        )


def _is_of(subject: str, key: str) -> bool:
    """``a/b/1.json`` is listed under ``a/`` too, and belongs to ``a/b``."""
    return key.rpartition("/")[0] == subject
