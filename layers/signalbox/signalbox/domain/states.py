"""The closed sets of states that AWS sends, each with its place in the lattice.

State only moves forward: of two states of the same attempt the one of higher rank holds, and a
later attempt outranks every earlier one. So the order of arrival does not matter.
Names are those of CodePipeline's EventBridge events; ``UNKNOWN`` stands for one not known here.
"""

from __future__ import annotations

from enum import StrEnum


class ExecutionState(StrEnum):
    """States of a pipeline execution and of a stage execution."""

    UNKNOWN = "UNKNOWN"
    STARTED = "STARTED"
    RESUMED = "RESUMED"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"
    CANCELED = "CANCELED"
    SUPERSEDED = "SUPERSEDED"
    FAILED = "FAILED"
    SUCCEEDED = "SUCCEEDED"


class ActionState(StrEnum):
    """States of an action execution."""

    UNKNOWN = "UNKNOWN"
    STARTED = "STARTED"
    ABANDONED = "ABANDONED"
    CANCELED = "CANCELED"
    FAILED = "FAILED"
    SUCCEEDED = "SUCCEEDED"


class AlarmState(StrEnum):
    """States of a CloudWatch alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"
    UNKNOWN = "UNKNOWN"


class ActionCategory(StrEnum):
    """Categories of actions: botocore's ``ActionCategory`` of CodePipeline."""

    SOURCE = "Source"
    BUILD = "Build"
    DEPLOY = "Deploy"
    TEST = "Test"
    INVOKE = "Invoke"
    APPROVAL = "Approval"
    COMPUTE = "Compute"


class BuildStatus(StrEnum):
    """Statuses of a CodeBuild build and of its phases: botocore's ``StatusType``."""

    UNKNOWN = "UNKNOWN"
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


class DeploymentState(StrEnum):
    """Where a deployment stands, in words that fit CodeDeploy and ECS alike."""

    UNKNOWN = "UNKNOWN"
    RUNNING = "RUNNING"
    WAITING = "WAITING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"


class CodeDeployEventState(StrEnum):
    """States in CodeDeploy's EventBridge events. They are not those of its API."""

    START = "START"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    STOP = "STOP"
    READY = "READY"


class CodeDeployStatus(StrEnum):
    """Statuses in CodeDeploy's API and its SNS triggers, upper case."""

    CREATED = "CREATED"
    QUEUED = "QUEUED"
    PENDING = "PENDING"
    INPROGRESS = "INPROGRESS"
    BAKING = "BAKING"
    READY = "READY"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    STOPPED = "STOPPED"
    SKIPPED = "SKIPPED"
    UNKNOWN = "UNKNOWN"


class EcsDeploymentEvent(StrEnum):
    """Event names of ``ECS Deployment State Change``."""

    SERVICE_DEPLOYMENT_IN_PROGRESS = "SERVICE_DEPLOYMENT_IN_PROGRESS"
    SERVICE_DEPLOYMENT_COMPLETED = "SERVICE_DEPLOYMENT_COMPLETED"
    SERVICE_DEPLOYMENT_FAILED = "SERVICE_DEPLOYMENT_FAILED"


class EcsServiceEvent(StrEnum):
    """Event names of ``ECS Service Action``: developer guide, *Service action events*."""

    SERVICE_STEADY_STATE = "SERVICE_STEADY_STATE"
    TASKSET_STEADY_STATE = "TASKSET_STEADY_STATE"
    CAPACITY_PROVIDER_STEADY_STATE = "CAPACITY_PROVIDER_STEADY_STATE"
    SERVICE_DESIRED_COUNT_UPDATED = "SERVICE_DESIRED_COUNT_UPDATED"
    TASKS_STOPPED = "TASKS_STOPPED"
    SERVICE_TASK_START_IMPAIRED = "SERVICE_TASK_START_IMPAIRED"
    SERVICE_DISCOVERY_INSTANCE_UNHEALTHY = "SERVICE_DISCOVERY_INSTANCE_UNHEALTHY"
    VPC_LATTICE_TARGET_UNHEALTHY = "VPC_LATTICE_TARGET_UNHEALTHY"
    SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED = "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED"
    ECS_OPERATION_THROTTLED = "ECS_OPERATION_THROTTLED"
    SERVICE_DISCOVERY_OPERATION_THROTTLED = "SERVICE_DISCOVERY_OPERATION_THROTTLED"
    SERVICE_TASK_PLACEMENT_FAILURE = "SERVICE_TASK_PLACEMENT_FAILURE"
    SERVICE_TASK_CONFIGURATION_FAILURE = "SERVICE_TASK_CONFIGURATION_FAILURE"
    SERVICE_HEALTH_UNKNOWN = "SERVICE_HEALTH_UNKNOWN"


class EcsHookEvent(StrEnum):
    """Event names of ``ECS Hook State Change``."""

    HOOK_IN_PROGRESS = "HOOK_IN_PROGRESS"
    HOOK_AWAITING_ACTION = "HOOK_AWAITING_ACTION"
    HOOK_SUCCEEDED = "HOOK_SUCCEEDED"
    HOOK_FAILED = "HOOK_FAILED"
    HOOK_TIMED_OUT = "HOOK_TIMED_OUT"


class EcsTaskStatus(StrEnum):
    """Last statuses of an ECS task."""

    PROVISIONING = "PROVISIONING"
    PENDING = "PENDING"
    ACTIVATING = "ACTIVATING"
    RUNNING = "RUNNING"
    DEACTIVATING = "DEACTIVATING"
    STOPPING = "STOPPING"
    DEPROVISIONING = "DEPROVISIONING"
    STOPPED = "STOPPED"
    DELETED = "DELETED"


class ScanStatus(StrEnum):
    """Statuses of an image scan: botocore's of ECR, and Inspector's word for its first one."""

    UNKNOWN = "UNKNOWN"
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    ACTIVE = "ACTIVE"
    COMPLETE = "COMPLETE"
    INITIAL_SCAN_COMPLETE = "INITIAL_SCAN_COMPLETE"
    FAILED = "FAILED"
    UNSUPPORTED_IMAGE = "UNSUPPORTED_IMAGE"
    SCAN_ELIGIBILITY_EXPIRED = "SCAN_ELIGIBILITY_EXPIRED"
    FINDINGS_UNAVAILABLE = "FINDINGS_UNAVAILABLE"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    IMAGE_ARCHIVED = "IMAGE_ARCHIVED"


EXECUTION_RANK: dict[ExecutionState, int] = {
    ExecutionState.UNKNOWN: 0,
    ExecutionState.STARTED: 1,
    ExecutionState.RESUMED: 2,
    ExecutionState.STOPPING: 3,
    ExecutionState.STOPPED: 10,
    ExecutionState.CANCELED: 11,
    ExecutionState.SUPERSEDED: 12,
    ExecutionState.FAILED: 13,
    ExecutionState.SUCCEEDED: 14,
}

ACTION_RANK: dict[ActionState, int] = {
    ActionState.UNKNOWN: 0,
    ActionState.STARTED: 1,
    ActionState.ABANDONED: 10,
    ActionState.CANCELED: 11,
    ActionState.FAILED: 12,
    ActionState.SUCCEEDED: 13,
}

FINAL_RANK = 10
"""From this rank on a state is final for its attempt."""

CODEDEPLOY_EVENT_STATE: dict[CodeDeployEventState, DeploymentState] = {
    CodeDeployEventState.START: DeploymentState.RUNNING,
    CodeDeployEventState.SUCCESS: DeploymentState.SUCCEEDED,
    CodeDeployEventState.FAILURE: DeploymentState.FAILED,
    CodeDeployEventState.STOP: DeploymentState.STOPPED,
    CodeDeployEventState.READY: DeploymentState.WAITING,
}

CODEDEPLOY_STATUS: dict[CodeDeployStatus, DeploymentState] = {
    CodeDeployStatus.CREATED: DeploymentState.RUNNING,
    CodeDeployStatus.QUEUED: DeploymentState.RUNNING,
    CodeDeployStatus.PENDING: DeploymentState.RUNNING,
    CodeDeployStatus.INPROGRESS: DeploymentState.RUNNING,
    CodeDeployStatus.BAKING: DeploymentState.RUNNING,
    CodeDeployStatus.READY: DeploymentState.WAITING,
    CodeDeployStatus.SUCCEEDED: DeploymentState.SUCCEEDED,
    CodeDeployStatus.FAILED: DeploymentState.FAILED,
    CodeDeployStatus.STOPPED: DeploymentState.STOPPED,
    CodeDeployStatus.SKIPPED: DeploymentState.STOPPED,
    CodeDeployStatus.UNKNOWN: DeploymentState.UNKNOWN,
}

ECS_DEPLOYMENT_EVENT: dict[EcsDeploymentEvent, DeploymentState] = {
    EcsDeploymentEvent.SERVICE_DEPLOYMENT_IN_PROGRESS: DeploymentState.RUNNING,
    EcsDeploymentEvent.SERVICE_DEPLOYMENT_COMPLETED: DeploymentState.SUCCEEDED,
    EcsDeploymentEvent.SERVICE_DEPLOYMENT_FAILED: DeploymentState.FAILED,
}

_STEADY = ("SERVICE_STEADY_STATE", "TASKSET_STEADY_STATE", "CAPACITY_PROVIDER_STEADY_STATE")

ECS_SERVICE_EVENT: dict[EcsServiceEvent, DeploymentState] = {
    event: DeploymentState.SUCCEEDED if event in _STEADY else DeploymentState.RUNNING
    for event in EcsServiceEvent
}
"""What a service says of its deployment: while something is amiss, the scheduler tries on."""

ECS_HOOK_EVENT: dict[EcsHookEvent, DeploymentState] = {
    EcsHookEvent.HOOK_IN_PROGRESS: DeploymentState.RUNNING,
    EcsHookEvent.HOOK_AWAITING_ACTION: DeploymentState.WAITING,
    EcsHookEvent.HOOK_SUCCEEDED: DeploymentState.RUNNING,
    EcsHookEvent.HOOK_FAILED: DeploymentState.FAILED,
    EcsHookEvent.HOOK_TIMED_OUT: DeploymentState.FAILED,
}
"""What a hook says of its deployment: one that succeeds lets the deployment go on."""

ECS_TASK_STATUS: dict[EcsTaskStatus, DeploymentState] = {
    EcsTaskStatus.PROVISIONING: DeploymentState.RUNNING,
    EcsTaskStatus.PENDING: DeploymentState.RUNNING,
    EcsTaskStatus.ACTIVATING: DeploymentState.RUNNING,
    EcsTaskStatus.RUNNING: DeploymentState.RUNNING,
    EcsTaskStatus.DEACTIVATING: DeploymentState.RUNNING,
    EcsTaskStatus.STOPPING: DeploymentState.RUNNING,
    EcsTaskStatus.DEPROVISIONING: DeploymentState.STOPPED,
    EcsTaskStatus.STOPPED: DeploymentState.STOPPED,
    EcsTaskStatus.DELETED: DeploymentState.STOPPED,
}
"""What a task's last status says of that task; a stopped task is no failed deployment."""
