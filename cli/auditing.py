"""The deployed audit, reached with the caller's own AWS rights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import botocore.session
from botocore.config import Config
from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.dynamodb_audit_reader import DynamoDbAuditReader
from signalbox.adapters.dynamodb_release_finder import DynamoDbReleaseFinder
from signalbox.adapters.dynamodb_releases import DynamoDbReleases
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.adapters.s3_anchors import S3AnchorReader
from signalbox.domain.errors import SettingMissingError

MANY = Config(max_pool_connections=32, retries={"mode": "standard", "total_max_attempts": 6})
"""Several chains are read at the same time."""

OUTPUTS = ("AuditTableName", "AnchorBucketName", "LedgerTableName")


@dataclass(frozen=True)
class Archive:
    """The stack's audit table, anchor bucket and ledger."""

    client: Callable[..., Any]
    audit_table: str
    anchor_bucket: str
    ledger_table: str

    @cached_property
    def audit_reader(self) -> DynamoDbAuditReader:
        """The chains."""
        client = self.client("dynamodb", config=MANY)
        return DynamoDbAuditReader(client=client, table=self.audit_table)

    @cached_property
    def anchor_reader(self) -> S3AnchorReader:
        """The anchors."""
        return S3AnchorReader(client=self.client("s3", config=MANY), bucket=self.anchor_bucket)

    @cached_property
    def releases(self) -> DynamoDbReleases:
        """Releases and their notes."""
        table = LedgerTable(client=self.client("dynamodb"), name=self.ledger_table)
        return DynamoDbReleases(table)

    @cached_property
    def finder(self) -> DynamoDbReleaseFinder:
        """Finds releases by execution or commit."""
        return DynamoDbReleaseFinder(client=self.client("dynamodb"), table=self.ledger_table)


def archive_of(stack: str) -> Archive:
    """What the outputs of a stack name. Raises SettingMissingError where it is no control plane,
    AwsRefusedError and AwsUnavailableError where it cannot be read.
    """
    client: Callable[..., Any] = botocore.session.get_session().create_client
    with aws_call(f"read stack {stack}"):
        found = client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    outputs = {
        output["OutputKey"]: output["OutputValue"]
        for one in found
        for output in one.get("Outputs", [])
    }
    if missing := [name for name in OUTPUTS if name not in outputs]:
        raise SettingMissingError(f"stack {stack} has no output {missing[0]}")
    return Archive(
        client=client,
        audit_table=outputs["AuditTableName"],
        anchor_bucket=outputs["AnchorBucketName"],
        ledger_table=outputs["LedgerTableName"],
    )
