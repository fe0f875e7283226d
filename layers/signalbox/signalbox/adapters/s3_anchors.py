"""Heads of audit chains in a bucket with Object Lock, where nobody can rewrite them."""

from __future__ import annotations

import json
from typing import Any

from signalbox.adapters.aws_errors import aws_call


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
                Key=f"{subject}/{number}.json",
                Body=body.encode(),
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
            )
