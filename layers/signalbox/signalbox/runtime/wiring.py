"""One object that knows which adapter stands behind which port. Each is made when first used.

Adapters are imported inside their properties, so a function loads only what it needs: a start
costs what its imports cost.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING

from signalbox.adapters.system_clock import RandomIds, SystemClock
from signalbox.runtime.settings import Settings

if TYPE_CHECKING:
    from signalbox import ports
    from signalbox.adapters.dynamodb_table import LedgerTable
    from signalbox.adapters.secrets import SlackSecrets
    from signalbox.adapters.slack_messenger import SlackMessenger
    from signalbox.domain.identity import PipelineId
    from signalbox.domain.voters import SlackApp
    from signalbox.runtime.clients import Clients


class World:
    """Every port, as the deployed system has it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def clock(self) -> ports.Clock:
        """The machine's clock."""
        return SystemClock()

    @cached_property
    def ids(self) -> ports.Ids:
        """Random ids."""
        return RandomIds()

    @cached_property
    def clients(self) -> Clients:
        """AWS clients under our own role and under those of the services."""
        from signalbox.runtime.clients import Clients

        return Clients(function=self.settings.function, clock=self.clock)

    @cached_property
    def _ledger(self) -> LedgerTable:
        from signalbox.adapters.dynamodb_table import LedgerTable

        return LedgerTable(client=self.clients.own("dynamodb"), name=self.settings.ledger_table)

    @cached_property
    def releases(self) -> ports.ReleaseLedger:
        """Releases and their facts."""
        from signalbox.adapters.dynamodb_releases import DynamoDbReleases

        return DynamoDbReleases(self._ledger)

    @cached_property
    def noted(self) -> ports.NotedReleases:
        """What releases are recognised by, without the rest of what is known of them."""
        from signalbox.adapters.dynamodb_noted import DynamoDbNoted

        return DynamoDbNoted(self._ledger)

    @cached_property
    def observations(self) -> ports.ObservationLedger:
        """Facts of no one release."""
        from signalbox.adapters.dynamodb_observations import DynamoDbObservations

        return DynamoDbObservations(self._ledger)

    @cached_property
    def effects(self) -> ports.EffectLedger:
        """The outbox."""
        from signalbox.adapters.dynamodb_effects import DynamoDbEffects

        return DynamoDbEffects(self._ledger)

    @cached_property
    def gates(self) -> ports.GateLedger:
        """Gates and votes."""
        from signalbox.adapters.dynamodb_gates import DynamoDbGates

        return DynamoDbGates(self._ledger)

    @cached_property
    def commands(self) -> ports.CommandLedger:
        """What people have asked for in words."""
        from signalbox.adapters.dynamodb_commands import DynamoDbCommands

        return DynamoDbCommands(self._ledger)

    @cached_property
    def holds(self) -> ports.HoldLedger:
        """Holds and closed stages."""
        from signalbox.adapters.dynamodb_holds import DynamoDbHolds

        return DynamoDbHolds(self._ledger)

    @cached_property
    def incidents(self) -> ports.IncidentLedger:
        """Incidents and locks."""
        from signalbox.adapters.dynamodb_incidents import DynamoDbIncidents

        return DynamoDbIncidents(self._ledger)

    @cached_property
    def sweeps(self) -> ports.SweepLedger:
        """Sweeps."""
        from signalbox.adapters.dynamodb_sweeps import DynamoDbSweeps

        return DynamoDbSweeps(self._ledger)

    @cached_property
    def audit(self) -> ports.Audit:
        """The hash chains."""
        from signalbox.adapters.dynamodb_audit import DynamoDbAudit

        return DynamoDbAudit(
            client=self.clients.own("dynamodb"),
            table=self.settings.audit_table,
            clock=self.clock,
        )

    @cached_property
    def anchors(self) -> ports.Anchors:
        """The bucket that keeps the heads of the chains."""
        from signalbox.adapters.s3_anchors import S3Anchors

        return S3Anchors(client=self.clients.own("s3"), bucket=self.settings.anchor_bucket)

    @cached_property
    def anchoring(self) -> ports.AnchoringLedger:
        """How far the anchoring of grown chains has come."""
        from signalbox.adapters.dynamodb_anchoring import DynamoDbAnchoring

        return DynamoDbAnchoring(self._ledger)

    @cached_property
    def bells(self) -> ports.Bells:
        """The two queues of the outbox."""
        from signalbox.adapters.sqs_bells import SqsBells

        return SqsBells(
            client=self.clients.own("sqs"),
            messages_queue_url=self.settings.messages_queue_url,
            work_queue_url=self.settings.work_queue_url,
        )

    @cached_property
    def pipelines(self) -> ports.Pipelines:
        """CodePipeline."""
        from signalbox.adapters.codepipeline import CodePipelinePipelines

        # The reconciler alone reads many releases in a row; a step acts on what it has just read.
        many = self.settings.function == "reconcile"
        return CodePipelinePipelines(self.clients, remembering=self.clock if many else None)

    @cached_property
    def builds(self) -> ports.Builds:
        """CodeBuild."""
        from signalbox.adapters.codebuild import CodeBuildBuilds

        return CodeBuildBuilds(self.clients)

    @cached_property
    def artifacts(self) -> ports.Artifacts:
        """The artifact buckets."""
        from signalbox.adapters.s3_artifacts import S3Artifacts

        return S3Artifacts(self.clients)

    @cached_property
    def targets(self) -> ports.Targets:
        """Where releases are deployed to."""
        from signalbox.adapters.targets.lambda_alias import LambdaTargets

        return LambdaTargets(self.clients)

    @cached_property
    def alarms(self) -> ports.Alarms:
        """CloudWatch alarms."""
        from signalbox.adapters.cloudwatch_alarms import CloudWatchAlarms

        return CloudWatchAlarms(self.clients)

    @cached_property
    def services(self) -> ports.Services:
        """Registered services."""
        from signalbox.adapters.ssm_services import SsmServices

        return SsmServices(self.clients.own("ssm"), self.settings.parameter_prefix)

    @cached_property
    def policies(self) -> ports.Policies:
        """Policy documents."""
        from signalbox.adapters.ssm_policies import SsmPolicies

        return SsmPolicies(
            self.clients.own("ssm"),
            self.settings.parameter_prefix,
            self._ledger,
            kept_for=self.settings.documents_kept_seconds,
        )

    @cached_property
    def directory(self) -> ports.Directories:
        """The people document."""
        from signalbox.adapters.ssm_people import SsmPeople

        return SsmPeople(
            self.clients.own("ssm"),
            self.settings.parameter_prefix,
            self._ledger,
            kept_for=self.settings.documents_kept_seconds,
        )

    @cached_property
    def waivers(self) -> ports.Waivers:
        """The waivers document."""
        from signalbox.adapters.ssm_waivers import SsmWaivers

        return SsmWaivers(
            self.clients.own("ssm"),
            self.settings.parameter_prefix,
            self._ledger,
            kept_for=self.settings.documents_kept_seconds,
        )

    @cached_property
    def schedules(self) -> ports.Schedules:
        """Windows in time."""
        from signalbox.adapters.schedules import CronSchedules

        return CronSchedules(lambda: self.clients.own("ssm"))

    @cached_property
    def scans(self) -> ports.Scans:
        """Scans of images."""
        from signalbox.adapters.ecr_scans import EcrScans

        return EcrScans(self.clients)

    @property
    def messenger(self) -> ports.Messenger:
        """Slack's messages."""
        return self._slack

    @cached_property
    def _slack(self) -> SlackMessenger:
        from signalbox.adapters.slack_messenger import SlackMessenger

        return SlackMessenger(self.slack_secrets, self.settings.slack_api_url)

    @property
    def people(self) -> ports.People:
        """Who is who in Slack: the messenger knows both."""
        return self._slack

    @cached_property
    def slack_secrets(self) -> SlackSecrets:
        """Slack's bot token and signing secrets."""
        from signalbox.adapters.secrets import SlackSecrets

        return SlackSecrets(
            self.clients.own("secretsmanager"),
            self.settings.slack_secret_arn,
            self.clock,
            self.counters,
        )

    @cached_property
    def slack_app(self) -> SlackApp:
        """For whom Slack's requests must be."""
        from signalbox.domain.voters import SlackApp

        return SlackApp(teams=self.settings.slack_teams, app=self.settings.slack_app_id)

    @cached_property
    def here(self) -> PipelineId:
        """The account and region of pipelines that people name without them."""
        from signalbox.domain.identity import PipelineId

        account, region = self.settings.home
        return PipelineId(account=account, region=region, name="")

    @cached_property
    def modals(self) -> ports.Modals:
        """Slack's dialogs, without slack_sdk."""
        from signalbox.adapters.slack_api import SlackModals

        return SlackModals(self.slack_secrets, self.settings.slack_api_url)

    @cached_property
    def routes(self) -> ports.Routes:
        """The document that says where messages go."""
        from signalbox.adapters.ssm_routes import SsmRoutes

        return SsmRoutes(self.clients.own("ssm"), self.settings.parameter_prefix, self._ledger)

    @cached_property
    def pace(self) -> ports.Pace:
        """The pace of each channel."""
        from signalbox.adapters.dynamodb_pace import DynamoDbPace

        return DynamoDbPace(self._ledger, self.clock)

    @cached_property
    def storms(self) -> ports.StormLedger:
        """Releases that share a summary."""
        from signalbox.adapters.dynamodb_storms import DynamoDbStorms

        return DynamoDbStorms(self._ledger, self.clock)

    @cached_property
    def counters(self) -> ports.Counters:
        """Metrics that alarms listen to."""
        if self.settings.function == "answer_slack":  # which must not wait for Powertools to load
            from signalbox.runtime.printed_counters import PrintedCounters

            return PrintedCounters(self.settings.function, self.clock)
        from signalbox.runtime.counters import EmbeddedCounters

        return EmbeddedCounters()

    @cached_property
    def publisher(self) -> ports.Publisher:
        """SNS."""
        from signalbox.adapters.sns_publisher import SnsPublisher

        return SnsPublisher(self.clients.own("sns"), self.settings.notifications_topic_arn)

    @cached_property
    def workflows(self) -> ports.Workflows:
        """Step Functions."""
        from signalbox.adapters.stepfunctions_workflows import StepFunctionsWorkflows

        return StepFunctionsWorkflows(
            self.clients.own("stepfunctions"),
            {
                "approval": lambda: self.settings.approval_machine_arn,
                "rollback": lambda: self.settings.rollback_machine_arn,
                "cleanup": lambda: self.settings.cleanup_machine_arn,
            },
        )


@cache
def world() -> World:
    """The one world of this execution environment."""
    return World(Settings())
