"""What use cases with many ports may ask for, one name each, to be put together as needed.

``class DecidingPorts(HasGates, HasClock, Protocol)`` says what a use case needs, no more; the
world of ``runtime/wiring.py`` has all of them, and so may a handful of fakes.
"""

from __future__ import annotations

from typing import Protocol

from signalbox import ports


class HasReleases(Protocol):
    """Has releases and their notes."""

    @property
    def releases(self) -> ports.ReleaseLedger:
        """Releases and their notes."""


class HasGates(Protocol):
    """Has gates and votes."""

    @property
    def gates(self) -> ports.GateLedger:
        """Gates and votes."""


class HasEffects(Protocol):
    """Has the outbox."""

    @property
    def effects(self) -> ports.EffectLedger:
        """The outbox."""


class HasIncidents(Protocol):
    """Has incidents."""

    @property
    def incidents(self) -> ports.IncidentLedger:
        """Incidents."""


class HasSweeps(Protocol):
    """Has sweeps."""

    @property
    def sweeps(self) -> ports.SweepLedger:
        """Sweeps."""


class HasServices(Protocol):
    """Has registered services."""

    @property
    def services(self) -> ports.Services:
        """Registered services."""


class HasPolicies(Protocol):
    """Has policy documents."""

    @property
    def policies(self) -> ports.Policies:
        """Policy documents."""


class HasPipelines(Protocol):
    """Has CodePipeline."""

    @property
    def pipelines(self) -> ports.Pipelines:
        """CodePipeline."""


class HasBuilds(Protocol):
    """Has CodeBuild."""

    @property
    def builds(self) -> ports.Builds:
        """CodeBuild."""


class HasArtifacts(Protocol):
    """Has artifacts."""

    @property
    def artifacts(self) -> ports.Artifacts:
        """Artifacts."""


class HasAlarms(Protocol):
    """Has alarms."""

    @property
    def alarms(self) -> ports.Alarms:
        """Alarms."""


class HasIds(Protocol):
    """Has random ids."""

    @property
    def ids(self) -> ports.Ids:
        """Random ids."""


class HasBells(Protocol):
    """Has the bells of the outbox."""

    @property
    def bells(self) -> ports.Bells:
        """The bells of the outbox."""


class HasAudit(Protocol):
    """Has the audit."""

    @property
    def audit(self) -> ports.Audit:
        """The audit."""


class HasClock(Protocol):
    """Has a clock."""

    @property
    def clock(self) -> ports.Clock:
        """A clock."""


class HasPeople(Protocol):
    """Has who is who."""

    @property
    def people(self) -> ports.People:
        """Who is who."""


class HasMessenger(Protocol):
    """Has Slack's messages."""

    @property
    def messenger(self) -> ports.Messenger:
        """Slack's messages."""


class HasModals(Protocol):
    """Has Slack's dialogs."""

    @property
    def modals(self) -> ports.Modals:
        """Slack's dialogs."""


class HasPublisher(Protocol):
    """Has e-mail."""

    @property
    def publisher(self) -> ports.Publisher:
        """E-mail."""


class HasRoutes(Protocol):
    """Has where messages go."""

    @property
    def routes(self) -> ports.Routes:
        """Where messages go."""


class HasWorkflows(Protocol):
    """Has Step Functions."""

    @property
    def workflows(self) -> ports.Workflows:
        """Step Functions."""


class HasObservations(Protocol):
    """Has the facts that belong to no one release."""

    @property
    def observations(self) -> ports.ObservationLedger:
        """Facts that belong to no one release."""


class HasAnchors(Protocol):
    """Has the place where heads of audit chains are kept."""

    @property
    def anchors(self) -> ports.Anchors:
        """Heads of audit chains."""


class HasAnchoring(Protocol):
    """Has how far anchoring has come."""

    @property
    def anchoring(self) -> ports.AnchoringLedger:
        """How far anchoring has come."""


class HasTargets(Protocol):
    """Has deploy targets."""

    @property
    def targets(self) -> ports.Targets:
        """Deploy targets."""


class HasPace(Protocol):
    """Has the pace at which a channel takes messages."""

    @property
    def pace(self) -> ports.Pace:
        """The pace at which a channel takes messages."""


class HasStorms(Protocol):
    """Has the releases that share a summary."""

    @property
    def storms(self) -> ports.StormLedger:
        """Releases that share a summary."""


class HasCounters(Protocol):
    """Has metrics that alarms listen to."""

    @property
    def counters(self) -> ports.Counters:
        """Metrics that alarms listen to."""


class HasCommands(Protocol):
    """Has what people have asked for in words."""

    @property
    def commands(self) -> ports.CommandLedger:
        """What people have asked for in words."""


class HasHolds(Protocol):
    """Has holds."""

    @property
    def holds(self) -> ports.HoldLedger:
        """Holds."""


class HasDirectory(Protocol):
    """Has the people document."""

    @property
    def directory(self) -> ports.Directories:
        """The people document."""


class HasWaivers(Protocol):
    """Has waivers."""

    @property
    def waivers(self) -> ports.Waivers:
        """Waivers."""


class HasSchedules(Protocol):
    """Has windows in time."""

    @property
    def schedules(self) -> ports.Schedules:
        """Windows in time."""


class HasScans(Protocol):
    """Has scans of images."""

    @property
    def scans(self) -> ports.Scans:
        """Scans of images."""
