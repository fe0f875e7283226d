"""What the sandbox takes of MiniStack's inside: the list, and the only way to it.

MiniStack is an AWS emulator, not a library; names with a leading underscore are free to move.
A test checks each of these against the pinned version.
"""

import importlib
from typing import Any, Final

VERSION: Final = "1.5.33"

BORROWED: Final = (
    "ministack.app:_enforce_execute_api",
    "ministack.app:_execute_api_authorization_type",
    "ministack.app:app",
    "ministack.core.hypercorn_compat:install",
    "ministack.core.iam_actions:_BOTOCORE_SERVICE_MAP",
    "ministack.core.iam_actions:_lambda_action",
    "ministack.core.iam_actions:_match_rest_action",
    "ministack.core.iam_actions:dynamodb_service_context",
    "ministack.core.iam_actions:extract_resource_arn",
    "ministack.core.iam_actions:identity_denial_message",
    "ministack.core.iam_evaluator:_resolve_condition_key",
    "ministack.core.iam_evaluator:_RESOURCE_POLICY_LOOKUPS",
    "ministack.core.iam_evaluator:authenticate",
    "ministack.core.iam_evaluator:AuthError",
    "ministack.core.iam_evaluator:enforce",
    "ministack.core.iam_evaluator:pin_signed_body",
    "ministack.core.iam_evaluator:pin_signed_request",
    "ministack.core.iam_evaluator:resolve_caller_identity",
    "ministack.core.lambda_runtime:reset",
    "ministack.core.responses:set_request_account_id",
    "ministack.services.apigateway:find_api_scope",
    "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
    "ministack.services.cloudtrail:_create_trail",
    "ministack.services.cloudtrail:_event_selectors",
    "ministack.services.cloudtrail:_start_logging",
    "ministack.services.cloudtrail:_stop_logging",
    "ministack.services.cloudtrail:_trails",
    "ministack.services.cloudwatch:_alarms",
    "ministack.services.cloudwatch:_dims_key",
    "ministack.services.cloudwatch:_dispatch_alarm_actions",
    "ministack.services.cloudwatch:_evaluate_alarm",
    "ministack.services.cloudwatch:_evict_old_metrics",
    "ministack.services.cloudwatch:_metrics",
    "ministack.services.cloudwatch:_point_stats",
    "ministack.services.cloudwatch:_put_metric_alarm",
    "ministack.services.cloudwatch:_record_history",
    "ministack.services.cloudwatch:cloudformation_delete_metric_alarm",
    "ministack.services.cloudwatch:record_metric",
    "ministack.services.dynamodb:_resource_policies",
    "ministack.services.dynamodb:_tables",
    "ministack.services.eventbridge:_dispatch_event",
    "ministack.services.eventbridge:_events_log_list",
    "ministack.services.eventbridge:_pattern_event_view",
    "ministack.services.iam:_roles",
    "ministack.services.lambda_svc:_emit_lambda_metrics",
    "ministack.services.lambda_svc:_execute_function_dispatch",
    "ministack.services.lambda_svc:_execute_function_warm",
    "ministack.services.s3:_bucket_object_lock",
    "ministack.services.s3:_bucket_versioning",
    "ministack.services.s3:_buckets",
    "ministack.services.s3:_check_object_lock",
    "ministack.services.s3:_error",
    "ministack.services.s3:_object_lock_target",
    "ministack.services.s3:_object_retention",
    "ministack.services.s3:_put_bucket_versioning",
    "ministack.services.s3:_put_object",
    "ministack.services.s3:_put_object_retention",
    "ministack.services.ssm:handle_request",
    "ministack.services.stepfunctions:_execute_task",
    "ministack.services.stepfunctions:_jsonata_state_field",
    "ministack.services.sts:register_session",
)


def borrow(reference: str) -> Any:
    """One private thing of MiniStack's, by `module:name`; it must stand in `BORROWED`."""
    if reference not in BORROWED:
        raise LookupError(f"{reference} is used but not listed in BORROWED")
    module, _, name = reference.partition(":")
    return getattr(importlib.import_module(module), name)
