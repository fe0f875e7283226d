"""What is kept: encrypted, private, retained, and deleted by nobody but cleanup."""

from typing import Any

import pytest

from tests.structure.templates import every, resources, statements, template, text_of
from tools.transform import ROOT, TEMPLATES

BUCKETS = every("AWS::S3::Bucket")
TABLES = every("AWS::DynamoDB::Table")
OUTPUTS = {
    "LedgerTableName",
    "ApiUrl",
    "AuditTableName",
    "AnchorBucketName",
    "InboxQueueUrl",
    "InboxDeadLetterQueueUrl",
    "MessagesQueueUrl",
    "MessagesDeadLetterQueueUrl",
    "WorkQueueUrl",
    "WorkDeadLetterQueueUrl",
    "ReconcileFunctionName",
    "ReconcileDeadLetterQueueUrl",
    "NotificationsTopicArn",
    "ApprovalStateMachineArn",
    "RollbackStateMachineArn",
    "CleanupStateMachineArn",
    "SlackRequestUrl",
    "HttpApiId",
    "ParameterPrefix",
    "SlackSecretArn",
}


@pytest.mark.parametrize(("name", "key", "_"), [*BUCKETS, *TABLES])
def test_what_holds_data_stays_when_its_stack_goes(name: str, key: str, _: object) -> None:
    resource = template(name)["Resources"][key]
    assert resource["DeletionPolicy"] == "Retain"
    assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize(("name", "key", "table"), TABLES)
def test_every_table_is_encrypted_and_can_be_restored(
    name: str, key: str, table: dict[str, Any]
) -> None:
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


@pytest.mark.parametrize(("name", "key", "bucket"), BUCKETS)
def test_every_bucket_is_private_encrypted_and_versioned(
    name: str, key: str, bucket: dict[str, Any]
) -> None:
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


@pytest.mark.parametrize(("name", "key", "bucket"), BUCKETS)
def test_lifecycle_rules_only_abort_unfinished_uploads(
    name: str, key: str, bucket: dict[str, Any]
) -> None:
    for rule in bucket["LifecycleConfiguration"]["Rules"]:
        assert set(rule) == {"Id", "Status", "AbortIncompleteMultipartUpload"}


@pytest.mark.parametrize(("name", "key", "_"), BUCKETS)
def test_every_bucket_refuses_plain_http(name: str, key: str, _: object) -> None:
    denials = [s for holder, s in statements(name) if holder == f"{key}Policy"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [s.get("Condition") for s in denials]


def test_anchors_are_locked() -> None:
    anchors = resources("cfn.json", "AWS::S3::Bucket")["AnchorBucket"]
    assert anchors["ObjectLockEnabled"] is True
    assert anchors["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"]


def test_queues_are_encrypted_with_a_key_that_services_may_use() -> None:
    for name, key, queue in every("AWS::SQS::Queue"):
        assert queue["SqsManagedSseEnabled"] is True, (name, key)
        assert "KmsMasterKeyId" not in queue, (name, key)


@pytest.mark.parametrize(("name", "key", "group"), every("AWS::Logs::LogGroup"))
def test_every_log_group_forgets_in_time(name: str, key: str, group: dict[str, Any]) -> None:
    assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_machines_log_errors_without_what_was_said() -> None:
    for machine in resources("cfn.json", "AWS::StepFunctions::StateMachine").values():
        logging = machine["LoggingConfiguration"]
        assert (logging["Level"], logging["IncludeExecutionData"]) == ("ERROR", False)


def test_secrets_come_in_unseen_and_go_nowhere_but_into_the_secret() -> None:
    secret = {"SlackBotToken", "SlackSigningSecret", "SlackPreviousSigningSecret"}
    for name in secret:
        parameter = template("cfn.json")["Parameters"][name]
        assert (parameter["NoEcho"], parameter["Default"]) == (True, "")
    for key, resource in template("cfn.json")["Resources"].items():
        if key != "SlackSecret":
            assert not [name for name in secret if name in text_of(resource)], key


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_holds_a_secret_in_plain_text(name: str) -> None:
    text = (ROOT / TEMPLATES[name]).read_text(encoding="utf-8")
    assert not [s for s in ("xoxb-1", "AKIA", "BEGIN PRIVATE KEY", "ghp_") if s in text]


def test_the_outputs_are_those_that_tools_read() -> None:
    assert set(template("cfn.json")["Outputs"]) == OUTPUTS


def test_the_control_plane_names_no_service_of_its_own_accord() -> None:
    outside = {k: v for k, v in template("cfn.json")["Resources"].items() if k != "ServicePipeline"}
    assert "hello" not in text_of(outside)


def test_the_nested_pipeline_gets_only_parameters_that_it_knows() -> None:
    given = resources("cfn.json", "AWS::CloudFormation::Stack")["ServicePipeline"]["Parameters"]
    known = template("service.json")["Parameters"]
    assert set(given) <= set(known)
    required = {key for key, parameter in known.items() if "Default" not in parameter}
    assert required <= set(given)
