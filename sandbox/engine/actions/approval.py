"""The manual approval: nobody works, somebody is told.

With `NotificationArn` in its configuration the action publishes the token to an SNS topic, in the
form of the CodePipeline user guide, "JSON data format for manual approval notifications".
"""

import json
from datetime import UTC

from sandbox.engine.conductor import ActionOrder
from sandbox.engine.naming import REGION
from sandbox.engine.ports import Clients

_CONSOLE = f"https://{REGION}.console.aws.amazon.com/codepipeline/home?region={REGION}#/view"


class ApprovalWorker:
    """Tells those who may decide, and leaves the action open."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def __call__(self, order: ActionOrder) -> None:
        """Publish the notification, if the action has a topic."""
        run = order.run
        topic = run.configuration.get("NotificationArn")
        if not topic or run.expires is None:
            return
        pipeline, action = order.execution.pipeline, run.declaration.name
        expires = run.expires.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")
        message = {
            "region": REGION,
            "consoleLink": f"{_CONSOLE}/{pipeline}",
            "approval": {
                "pipelineName": pipeline,
                "stageName": run.stage,
                "actionName": action,
                "token": run.token,
                "expires": expires,
                "externalEntityLink": run.configuration.get("ExternalEntityLink"),
                "approvalReviewLink": f"{_CONSOLE}/{pipeline}/{run.stage}/{action}"
                f"/approve/{run.token}",
                "customData": run.configuration.get("CustomData"),
            },
        }
        self._clients("sns", role_arn=order.role_arn, session=order.execution.id).publish(
            TopicArn=topic,
            Subject=f"APPROVAL NEEDED: AWS CodePipeline {pipeline} for action {action}"[:100],
            Message=json.dumps(message),
        )
