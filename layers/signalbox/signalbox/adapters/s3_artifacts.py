"""What builds have put into the artifact bucket, through the operator role of each service."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from email.utils import parseaddr
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.codepipeline import (
    ServiceClients,
    action_executions,
    execution_summaries,
)
from signalbox.adapters.codepipeline_reading import is_final
from signalbox.domain.errors import (
    DocumentInvalidError,
    InventoryIncompleteError,
    SignalboxError,
)
from signalbox.domain.gates import Change
from signalbox.domain.identity import ReleaseId
from signalbox.domain.listing import Listing
from signalbox.domain.services import Service
from signalbox.domain.sweeps import Thing

CONTRACT = 1
KIND = "artifact"
LISTING = "release.json"
LISTING_LIMIT = 2_000_000
"""Bytes of release.json at most: 2,000 commits need half of that, and a zip may lie."""
CHUNK = 1 << 20
IN_MEMORY = 16 << 20
"""Artifacts above 16 MB go to /tmp while they are read."""

Location = tuple[str, str]


class S3Artifacts:
    """``Artifacts`` on S3, found by way of CodePipeline's action executions."""

    def __init__(self, clients: ServiceClients) -> None:
        self._clients = clients

    def listing(self, service: Service, release: ReleaseId) -> Listing:
        """What the build's ``release.json`` lists, and the SHA-256 of the artifact.

        Empty where the release has built nothing yet, and without commits where the build writes
        no such file. Raises DocumentInvalidError where it is there and wrong.
        """
        filtered = {"pipelineExecutionId": release.execution}
        client = self._clients.for_service(service, "codepipeline")
        built = _built(list(action_executions(client, service, filter=filtered)))
        if built is None:
            return Listing()
        where = f"s3://{built[0]}/{built[1]}"
        with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            digest = self._fetch(service, built, file)
            return replace(_listing_in(file, where), digest=digest)

    def inventory(self, service: Service) -> Sequence[Thing]:
        """Every artifact object with its uses. Raises InventoryIncompleteError."""
        bucket = service.artifact_bucket
        try:
            releases = self._releases(service)
            unfinished = self._unfinished(service)
            return tuple(
                Thing(
                    kind=KIND,
                    id=f"s3://{bucket}/{found['Key']}",
                    created_at=found["LastModified"].astimezone(UTC),
                    in_use=tuple(
                        f"running execution {one}" for one in made_by if one in unfinished
                    ),
                    releases=tuple(made_by),
                )
                for found in self._objects(service)
                for made_by in [releases.get((bucket, found["Key"]), [])]
            )
        except (SignalboxError, KeyError) as error:
            raise InventoryIncompleteError(f"{bucket} could not be read: {error}") from error

    def _fetch(self, service: Service, at: Location, file: IO[bytes]) -> str:
        digest = hashlib.sha256()
        with aws_call(f"read the artifact s3://{at[0]}/{at[1]}"):
            client = self._clients.for_service(service, "s3")
            body = client.get_object(Bucket=at[0], Key=at[1])["Body"]
            for chunk in iter(lambda: body.read(CHUNK), b""):
                digest.update(chunk)
                file.write(chunk)
        return digest.hexdigest()

    def _releases(self, service: Service) -> Mapping[Location, list[str]]:
        """Which executions made or took which object."""
        client = self._clients.for_service(service, "codepipeline")
        by_object: dict[Location, list[str]] = defaultdict(list)
        for action in action_executions(client, service):
            execution = str(action["pipelineExecutionId"])
            for location in (*_locations(action, "output"), *_locations(action, "input")):
                if execution not in by_object[location]:
                    by_object[location].append(execution)
        return by_object

    def _unfinished(self, service: Service) -> frozenset[str]:
        client = self._clients.for_service(service, "codepipeline")
        summaries = execution_summaries(client, service)
        return frozenset(
            str(one["pipelineExecutionId"]) for one in summaries if not is_final(one["status"])
        )

    def _objects(self, service: Service) -> Iterator[Mapping[str, Any]]:
        """The pipeline's objects: CodePipeline cuts its name to 20 characters in their keys."""
        asked = {"Bucket": service.artifact_bucket, "Prefix": f"{service.pipeline.name[:20]}/"}
        token: dict[str, str] = {}
        while True:
            with aws_call(f"list {service.artifact_bucket}"):
                client = self._clients.for_service(service, "s3")
                page = client.list_objects_v2(**asked, **token)
            yield from page.get("Contents", ())
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}


def _built(actions: Sequence[Mapping[str, Any]]) -> Location | None:
    """What the newest successful build action of an execution has put out first."""
    builds = [
        action
        for action in actions
        if action.get("input", {}).get("actionTypeId", {}).get("category") == "Build"
        and action.get("status") == "Succeeded"
        and any(_locations(action, "output"))
    ]
    newest = max(builds, key=lambda action: action["startTime"], default=None)
    return next(_locations(newest, "output")) if newest else None


def _locations(action: Mapping[str, Any], side: str) -> Iterator[Location]:
    for artifact in action.get(side, {}).get(f"{side}Artifacts", ()):
        at = artifact.get("s3location", {})
        if at.get("bucket") and at.get("key"):
            yield str(at["bucket"]), str(at["key"])


def _listing_in(file: IO[bytes], where: str) -> Listing:
    try:
        with zipfile.ZipFile(file) as archive:
            if LISTING not in archive.namelist():
                return Listing()
            if archive.getinfo(LISTING).file_size > LISTING_LIMIT:
                raise DocumentInvalidError(f"{where}: {LISTING} is too large")
            document = json.loads(archive.read(LISTING))
        if document["contract"] != CONTRACT:
            raise DocumentInvalidError(
                f"{where}: {LISTING}: contract is {document['contract']!r}, not {CONTRACT}"
            )
        image: Mapping[str, Any] = document.get("image") or {"repository": "", "digest": ""}
        return Listing(
            changes=tuple(_change(commit) for commit in document["commits"]),
            parents={
                str(commit["id"]): _parents(commit)
                for commit in document["commits"]
                if "parents" in commit
            },
            repository=str(image["repository"]),
            image=str(image["digest"]),
            coverage=_percentage(document.get("coverage")),
        )
    except zipfile.BadZipFile as error:
        raise DocumentInvalidError(f"{where} is no zip file: {error}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DocumentInvalidError(f"{where}: {LISTING}: {error!r}") from error


def _percentage(said: Any) -> float | None:
    if said is None:
        return None
    if not 0 <= float(said) <= 100:  # nor is NaN, which JSON in Python knows
        raise ValueError(f"coverage is {said!r}, no percentage")
    return float(said)


def _change(commit: Mapping[str, Any]) -> Change:
    return Change(
        id=str(commit["id"]),
        author_name=str(commit.get("author_name", "")),
        author_email=str(commit.get("author_email", "")),
        subject=str(commit.get("subject", "")),
        committer_email=str(commit.get("committer_email") or ""),
        co_authors=tuple(_addresses(commit.get("co_authors", ()))),
    )


def _parents(commit: Mapping[str, Any]) -> tuple[str, ...]:
    if not isinstance(commit["parents"], list):
        raise TypeError("parents is no list")
    return tuple(map(str, commit["parents"]))


def _addresses(trailers: Sequence[object]) -> Iterator[str]:
    """The addresses of trailers such as ``Ada <ada@example.com>``; one without is nobody known."""
    if not isinstance(trailers, list | tuple):
        raise TypeError("co_authors is no list")
    for trailer in trailers:
        address = parseaddr(str(trailer))[1]
        yield address if "@" in address else ""
