"""The audit of a deployed control plane: anchored under Object Lock, and verified from outside."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.demo.pipeline import execution_of
from sandbox.demo.steps import NotYetError
from sandbox.demo.world import Release, World
from sandbox.preflight import ROOT

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(240), pytest.mark.case(66)]

PATIENCE = 90.0
SIGNALBOX = "from cli.main import run; run()"


@dataclass(frozen=True)
class Held:
    """One version of an anchor in the bucket, and the chain it belongs to."""

    subject: str
    bucket: str
    key: str
    version: str


@pytest.fixture(scope="module")
def anchor(world: World) -> Held:
    """The anchor that the end of a release left."""
    answer = world.web("POST", "/_sandbox/push", {"kind": "failing"})
    release = Release(commit=answer["commit"])
    bucket = world.deployment.outputs["AnchorBucketName"]
    s3 = world.aws("s3")

    def seen() -> Held | None:
        try:
            execution = execution_of(world, release)
        except NotYetError:
            return None
        for found in s3.list_object_versions(Bucket=bucket).get("Versions", []):
            subject = found["Key"].rpartition("/")[0]
            if subject.endswith(f"/{execution}"):
                return Held(subject, bucket, found["Key"], found["VersionId"])
        return None

    return _until(seen)


@pytest.fixture
def tampered(world: World, anchor: Held) -> Iterator[int]:
    """The first entry says something else, by the hand of somebody who may do everything."""
    table, dynamodb = world.deployment.outputs["AuditTableName"], world.aws("dynamodb")
    key = {"pk": {"S": anchor.subject}, "sk": {"S": f"{1:010d}"}}
    original = dynamodb.get_item(TableName=table, Key=key)["Item"]
    dynamodb.put_item(TableName=table, Item={**original, "what": {"S": "nothing happened"}})
    yield 1
    dynamodb.put_item(TableName=table, Item=original)


def test_the_bucket_locks_as_the_template_says(world: World, anchor: Held) -> None:
    s3 = world.aws("s3")
    lock = s3.get_object_lock_configuration(Bucket=anchor.bucket)["ObjectLockConfiguration"]
    assert lock["ObjectLockEnabled"] == "Enabled"
    default = lock["Rule"]["DefaultRetention"]
    held = s3.head_object(Bucket=anchor.bucket, Key=anchor.key, VersionId=anchor.version)
    assert held["ObjectLockMode"] == default["Mode"]
    left = held["ObjectLockRetainUntilDate"] - datetime.now(UTC)
    assert timedelta(days=default["Days"] - 1) < left <= timedelta(days=default["Days"])


@pytest.mark.parametrize("bypass", [False, True])
def test_nobody_deletes_a_locked_version(world: World, anchor: Held, bypass: bool) -> None:
    more: dict[str, Any] = {"BypassGovernanceRetention": True} if bypass else {}
    s3 = world.aws("s3")
    one = {"Key": anchor.key, "VersionId": anchor.version}
    with pytest.raises(ClientError) as refused:
        s3.delete_object(Bucket=anchor.bucket, **one, **more)
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    batch = s3.delete_objects(Bucket=anchor.bucket, Delete={"Objects": [one]}, **more)
    assert [error["Code"] for error in batch["Errors"]] == ["AccessDenied"]
    assert s3.get_object(Bucket=anchor.bucket, **one)["Body"].read()


@pytest.mark.parametrize(
    ("until", "code"),
    [(timedelta(hours=1), "AccessDenied"), (timedelta(hours=-1), "InvalidArgument")],
)
def test_nobody_shortens_a_retention(
    world: World, anchor: Held, until: timedelta, code: str
) -> None:
    with pytest.raises(ClientError) as refused:
        world.aws("s3").put_object_retention(
            Bucket=anchor.bucket,
            Key=anchor.key,
            VersionId=anchor.version,
            BypassGovernanceRetention=True,
            Retention={"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + until},
        )
    assert refused.value.response["Error"]["Code"] == code


def test_nobody_suspends_versioning_or_puts_without_a_checksum(world: World, anchor: Held) -> None:
    s3 = world.aws("s3")
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_versioning(
            Bucket=anchor.bucket, VersioningConfiguration={"Status": "Suspended"}
        )
    assert refused.value.response["Error"]["Code"] == "InvalidBucketState"
    url = s3.generate_presigned_url(
        "put_object", Params={"Bucket": anchor.bucket, "Key": "no-checksum"}
    )
    with world.box.web() as web:
        answer = web.put(url, content=b"{}")
    assert answer.status_code == 400
    assert "x-amz-checksum" in answer.text


def test_the_audit_of_a_running_control_plane_is_sound(world: World, anchor: Held) -> None:
    done = _signalbox(world, "audit", "verify", "--all")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"ok      {anchor.subject}" in done.stdout


def test_a_tampered_entry_is_named(world: World, anchor: Held, tampered: int) -> None:
    done = _signalbox(world, "audit", "verify", anchor.subject)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"entry {tampered}: it was changed" in done.stdout


def test_a_release_tells_its_story_by_its_commit(world: World, anchor: Held) -> None:
    done = _signalbox(world, "audit", "show", anchor.subject.rpartition("/")[2][:13])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed     " in done.stdout
    told = json.loads(
        _signalbox(world, "audit", "show", anchor.subject.removeprefix("release#"), "--json").stdout
    )
    assert told["chains"][0]["sound"] is True
    assert told["commit"]["id"]


def _signalbox(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SIGNALBOX, *words],
        cwd=ROOT,
        env=world.box.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _until(seen: Callable[[], Held | None]) -> Held:
    deadline = time.monotonic() + PATIENCE
    while (found := seen()) is None:
        assert time.monotonic() < deadline, "no anchor came"
        time.sleep(0.2)
    return found
