"""What the template tells a function through its environment. Read when asked for, never before."""

from __future__ import annotations

import os
from collections.abc import Mapping

from signalbox.domain.errors import SettingMissingError


class Settings:
    """The function's environment. What must be set has no default and says so by its name."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = os.environ if environ is None else environ

    def _must(self, name: str) -> str:
        value = self._environ.get(name, "")
        if not value:
            raise SettingMissingError(f"the environment variable {name} is not set")
        return value

    @property
    def function(self) -> str:
        """The function's short name, as in ``settle_gate``."""
        return self._environ.get("POWERTOOLS_SERVICE_NAME", "signalbox")

    @property
    def ledger_table(self) -> str:
        """The name of the ledger's table."""
        return self._must("LEDGER_TABLE")

    @property
    def audit_table(self) -> str:
        """The name of the table of the audit chains."""
        return self._must("AUDIT_TABLE")

    @property
    def anchor_bucket(self) -> str:
        """The bucket with Object Lock that keeps the heads of the audit chains."""
        return self._must("ANCHOR_BUCKET")

    @property
    def messages_queue_url(self) -> str:
        """The FIFO queue whose bells ask for an announcement."""
        return self._must("MESSAGES_QUEUE_URL")

    @property
    def work_queue_url(self) -> str:
        """The queue whose bells ask for everything else."""
        return self._must("WORK_QUEUE_URL")

    @property
    def inbox_dlq_url(self) -> str:
        """Where events go that nobody can read, each with its reason."""
        return self._must("INBOX_DLQ_URL")

    def queue_url(self, queue: str) -> str:
        """The function's own queue: ``inbox``, ``messages`` or ``work``."""
        return self._must(f"{queue.upper()}_QUEUE_URL")

    def dead_letter_queue_url(self, queue: str) -> str:
        """Where that queue's messages go that nobody can handle, each with its reason."""
        return self._must(f"{queue.upper()}_DLQ_URL")

    @property
    def max_receives(self) -> int:
        """How often a queue delivers a message before it gives it up (``maxReceiveCount``)."""
        return int(self._must("MAX_RECEIVES"))

    @property
    def notifications_topic_arn(self) -> str:
        """The SNS topic for people who read e-mail."""
        return self._must("NOTIFICATIONS_TOPIC_ARN")

    @property
    def slack_secret_arn(self) -> str:
        """The secret with the bot token and the signing secret."""
        return self._must("SLACK_SECRET_ARN")

    @property
    def slack_teams(self) -> frozenset[str]:
        """Slack's ids of our workspace, and of its Enterprise organisation where it is in one,
        separated by commas; empty where nobody said.
        """
        listed = self._environ.get("SLACK_TEAM_ID", "").split(",")
        return frozenset(team.strip() for team in listed if team.strip())

    @property
    def slack_app_id(self) -> str:
        """Slack's id of our app; empty where nobody said."""
        return self._environ.get("SLACK_APP_ID", "").strip()

    @property
    def home(self) -> tuple[str, str]:
        """The account and region that Signalbox itself is in, as the id of its stack says."""
        _, _, _, region, account, *_ = [*self._must("STACK_ID").split(":"), "", "", "", "", ""]
        return account, region

    @property
    def slack_api_url(self) -> str:
        """Slack's Web API, with a slash at its end."""
        return self._must("SLACK_API_URL")

    @property
    def parameter_prefix(self) -> str:
        """The path below which services, policies and routes stand, without a slash at its end."""
        return self._must("PARAMETER_PREFIX").rstrip("/")

    @property
    def documents_kept_seconds(self) -> float:
        """How long what was read of a policy, people or waivers document is gone by."""
        return float(self._environ.get("DOCUMENTS_KEPT_SECONDS", "60"))

    @property
    def approval_machine_arn(self) -> str:
        """The state machine of approvals."""
        return self._must("APPROVAL_MACHINE_ARN")

    @property
    def rollback_machine_arn(self) -> str:
        """The state machine of rollbacks."""
        return self._must("ROLLBACK_MACHINE_ARN")

    @property
    def cleanup_machine_arn(self) -> str:
        """The state machine of cleanups."""
        return self._must("CLEANUP_MACHINE_ARN")

    @property
    def allowed_accounts(self) -> frozenset[str]:
        """The accounts whose events are recorded."""
        listed = self._must("ALLOWED_ACCOUNTS").split(",")
        return frozenset(account.strip() for account in listed if account.strip())
