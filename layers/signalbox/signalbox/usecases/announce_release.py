"""Tells the story of a release: its message in each channel, its thread, and the e-mails."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from signalbox.domain.effects import Effect, EffectStatus
from signalbox.domain.errors import ChannelBusyError, SettingMissingError, SlackUnavailableError
from signalbox.domain.identity import ReleaseId
from signalbox.domain.routes import DEFAULT_TOPIC
from signalbox.domain.services import Service
from signalbox.domain.truth import ReleaseNotes
from signalbox.notifications.emails import urgent_mails
from signalbox.notifications.news import SORTS, latest_news, news_so_far
from signalbox.notifications.routes import Severity, destinations
from signalbox.notifications.view import ReleaseView, headline
from signalbox.ports import IncidentLedger
from signalbox.usecases.announce_by_mail import announce_by_mail
from signalbox.usecases.announce_in_channels import announce_in_channels
from signalbox.usecases.announce_people import LenientPeople
from signalbox.usecases.announce_ports import (
    CROWDED_FOR,
    HOPE,
    PATIENCE,
    SILENT,
    TURN_WITHIN,
    Announcer,
    code_of,
    raise_while_patient,
)
from signalbox.usecases.announce_routes import routes_in_force
from signalbox.usecases.announce_storm import announce_storm, shares_summary
from signalbox.usecases.describe_release import describe_release
from signalbox.usecases.view_release import view_release

LOG = logging.getLogger(__name__)


def announce_release(effect: Effect, ports: Announcer) -> EffectStatus:
    """Bring everything that speaks of one release up to date; returns what the effect becomes."""
    release_id = _blamed(effect, ports.incidents)
    release = ports.releases.release(release_id) if release_id else None
    if release is None or release_id is None:
        return EffectStatus.DONE
    service = ports.services.of_pipeline(release_id.pipeline)
    notes = ports.releases.notes(release_id)
    if service:
        notes = describe_release(
            release,
            service,
            releases=ports.releases,
            pipelines=ports.pipelines,
            builds=ports.builds,
            artifacts=ports.artifacts,
            patient=ports.clock.now() - effect.created_at < PATIENCE,
        )
        if is_our_rollback(notes, service):
            return EffectStatus.DONE
    view = view_release(
        release,
        notes,
        service_name=service.name if service else release_id.pipeline.name,
        ports=ports,
        people=LenientPeople(effect, ports),
    )
    return _tell(view, notes, service, effect, ports)


def is_our_rollback(notes: ReleaseNotes, service: Service) -> bool:
    """Whether Signalbox itself started this execution: its story is told where it is blamed.

    ``started_by`` of a rollback is the caller's ARN, for an assumed role
    ``arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION``.
    """
    role = service.operator_role_arn.rpartition("/")[2]
    return notes.kind == "ROLLBACK" and role in notes.started_by.split("/")


def _blamed(effect: Effect, incidents: IncidentLedger) -> ReleaseId | None:
    if "release" in effect.payload:
        return ReleaseId.from_key(effect.payload["release"])
    incident = incidents.incident(effect.payload.get("incident", ""))
    return incident.release if incident else None


def _tell(
    view: ReleaseView,
    notes: ReleaseNotes,
    service: Service | None,
    effect: Effect,
    ports: Announcer,
) -> EffectStatus:
    table = routes_in_force(ports)
    own, environments = (service.channel, service.environments) if service else ("", ())
    to = destinations(latest_news(view, environments), table, own_channel=own)
    for topic in to.topics:
        announce_by_mail(view, _mail_key(view), ports, topic=topic)
    for key, about in urgent_mails(view).items():
        announce_by_mail(view, key, ports, about=about)
    channels = dict.fromkeys(
        channel
        for news in news_so_far(view, environments)
        for channel in destinations(news, table, own_channel=own).channels
    )
    within = _wait(view, ports.clock.now() - effect.created_at)
    crowded, stands = not within, _stands(notes)
    shared = {
        one
        for one in channels
        if one not in stands and shares_summary(view, one, ports, crowded=crowded)
    }
    for channel in shared:
        announce_storm(view, channel, ports)
    own_messages = tuple(one for one in channels if one not in shared)
    silent = announce_in_channels(view, notes, own_messages, ports, within=within)
    if not (channels or own or table.channel):
        silent["nowhere"] = SettingMissingError("no channel is known: see the routes")
    if not silent:
        return EffectStatus.DONE
    return _bear(silent, view, effect, ports, mailed=DEFAULT_TOPIC in to.topics)


def _bear(
    silent: Mapping[str, Exception],
    view: ReleaseView,
    effect: Effect,
    ports: Announcer,
    *,
    mailed: bool,
) -> EffectStatus:
    """Go on where Slack did not take it: wait, share a summary, or write an e-mail."""
    others = dict(silent)
    for channel, error in silent.items():
        if isinstance(error, ChannelBusyError):
            del others[channel]
            others |= _share(view, channel, error, effect, ports)
    for error in others.values():
        raise_while_patient(error, effect.created_at, ports)
    for channel, error in others.items():
        passing = isinstance(error, SlackUnavailableError)
        ports.counters.count("SlackSilent" if passing else "SlackRefused")
        LOG.error("%s does not take %s: %s", channel, view.release.id.key, code_of(error))
        if not mailed:
            why = f"This comes by e-mail because Slack did not take it ({code_of(error)})."
            key = f"slack-is-silent-{_mail_key(view)}{_open_gates(view)}"
            announce_by_mail(view, key, ports, why=why)
    return _outcome(silent, view, effect, ports)


def _share(
    view: ReleaseView, channel: str, busy: ChannelBusyError, effect: Effect, ports: Announcer
) -> dict[str, Exception]:
    """Let a summary tell it where the crowd stays; what Slack says against that, if anything.

    What a person must see waits for its turn. So does the edit of a message that stands, though a
    summary tells bad news before it; after ``PATIENCE`` the edit is left to the schedule.
    """
    waited = ports.clock.now() - effect.created_at
    if _must_be_seen(view) or waited < CROWDED_FOR:
        raise busy
    stands = channel in _stands(ports.releases.notes(view.release.id))
    try:
        if not stands or SORTS[headline(view)][1] is Severity.ERROR:
            announce_storm(view, channel, ports)
    except ChannelBusyError:
        raise
    except SILENT as error:
        return {channel: error}
    if stands and waited < PATIENCE:
        raise busy
    return {}


def _outcome(
    silent: Mapping[str, Exception], view: ReleaseView, effect: Effect, ports: Announcer
) -> EffectStatus:
    """Pending while a later try may help: an edit that waits, or Slack that may come back."""
    stands = _stands(ports.releases.notes(view.release.id))
    told = {
        name for name, error in silent.items()
        if isinstance(error, ChannelBusyError) and name not in stands
    }  # fmt: skip
    left = [error for name, error in silent.items() if name not in told]
    if not left:
        return EffectStatus.DONE
    hopeful = ports.clock.now() - effect.created_at < HOPE
    if hopeful and any(isinstance(error, SlackUnavailableError) for error in left):
        return EffectStatus.PENDING
    return EffectStatus.REFUSED


def _wait(view: ReleaseView, late: timedelta) -> timedelta:
    """How long its message may wait for its turn."""
    crowded = CROWDED_FOR <= late < PATIENCE and not _must_be_seen(view)
    return timedelta(0) if crowded else TURN_WITHIN


def _stands(notes: ReleaseNotes) -> set[str]:
    """The channels in which its message stands, as the routes name them."""
    return {message.to or message.channel for message in notes.messages}


def _must_be_seen(view: ReleaseView) -> bool:
    """Whether it needs a person, who cannot press a summary's buttons."""
    return any(each.gate.verdict is None for each in view.gates) or bool(view.incidents)


def _mail_key(view: ReleaseView) -> str:
    word = headline(view).name.lower().replace("_", "-")
    incident = f"-{view.incidents[-1].id}" if view.incidents else ""
    again = f"-{view.release.attempt}" if view.release.attempt > 1 else ""
    return f"{word}{incident}{again}"


def _open_gates(view: ReleaseView) -> str:
    return "".join(f"-{each.gate.id}" for each in view.gates if each.gate.verdict is None)
