"""Keeps the one Slack message of each release true, and writes e-mails where that is not enough."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from signalbox.domain.effects import Effect, EffectKind, EffectStatus
from signalbox.domain.errors import (
    SettingMissingError,
    SlackRefusedError,
    SlackUnavailableError,
)
from signalbox.domain.identity import ReleaseId
from signalbox.domain.policy import Policy
from signalbox.domain.services import Service
from signalbox.notifications.emails import release_subject, release_text
from signalbox.notifications.messages import release_message, sweep_message
from signalbox.notifications.routes import ROUTES, Moment
from signalbox.notifications.view import ReleaseView, moment
from signalbox.ports import (
    IncidentLedger,
    ReleaseNotes,
)
from signalbox.usecases.describe_release import describe_release
from signalbox.usecases.effects_of_gates import announcement
from signalbox.usecases.needs import (
    HasAudit,
    HasBuilds,
    HasClock,
    HasEffects,
    HasIncidents,
    HasMessenger,
    HasPeople,
    HasPipelines,
    HasPolicies,
    HasPublisher,
    HasReleases,
    HasRoutes,
    HasServices,
    HasSweeps,
)
from signalbox.usecases.view_release import view_release

LOG = logging.getLogger(__name__)
PATIENCE = timedelta(minutes=3)
"""So long does Slack get after the news; then e-mail tells it and the queue goes on."""

GONE = {"message_not_found", "cant_update_message", "edit_window_closed"}
"""Slack's refusals of an edit after which only a new message helps (docs.slack.dev chat.update)."""


SILENT = (SlackRefusedError, SlackUnavailableError, SettingMissingError)
"""What Slack's silence looks like; an empty secret, the default, leaves Slack out."""


class Announcer(
    HasReleases,
    HasEffects,
    HasIncidents,
    HasSweeps,
    HasServices,
    HasPipelines,
    HasBuilds,
    HasPolicies,
    HasPeople,
    HasMessenger,
    HasPublisher,
    HasRoutes,
    HasAudit,
    HasClock,
    Protocol,
):
    """The ports of ``announce``, together because every step needs most of them."""


def announce(bell: Mapping[str, str], ports: Announcer) -> None:
    """Carry out one pending announcement; ``bell`` has its ``subject`` and ``key``.

    Raises SlackUnavailableError so that the queue brings the bell again, until ``PATIENCE`` is at
    an end: then the news goes by e-mail and the effect is refused, and the next edit catches up.
    """
    effect = ports.effects.effect(bell["subject"], bell["key"], kind=EffectKind.ANNOUNCE)
    if effect is None or effect.status is not EffectStatus.PENDING:
        return
    if "sweep" in effect.payload:
        status = _tell_sweep(effect, ports)
    else:
        status = _tell_release(effect, ports)
    ports.effects.finish(effect, status)


def _tell_sweep(effect: Effect, ports: Announcer) -> EffectStatus:
    sweep = ports.sweeps.sweep(effect.payload["sweep"])
    if sweep is None:
        return EffectStatus.REFUSED
    message = sweep_message(sweep)
    named = (service.channel for service in ports.services.all() if service.name == sweep.service)
    channel = next(named, "") or ports.routes.default_channel()
    ports.audit.append(effect.subject, "sweep posted", {"channel": channel, "sweep": sweep.id})
    try:
        ports.messenger.post(channel, message)
    except SILENT as error:
        _raise_while_patient(error, effect, ports)
        ports.audit.append(effect.subject, "e-mail published", {"sweep": sweep.id})
        ports.publisher.publish(f"Cleanup of {sweep.service}", message["text"])
        return EffectStatus.REFUSED
    return EffectStatus.DONE


def _tell_release(effect: Effect, ports: Announcer) -> EffectStatus:
    release_id = _blamed(effect, ports.incidents)
    release = ports.releases.release(release_id) if release_id else None
    if release is None or release_id is None:
        return EffectStatus.DONE
    service = ports.services.of_pipeline(release_id.pipeline)
    notes, policy = ports.releases.notes(release_id), Policy()
    if service:
        notes = describe_release(
            release,
            service,
            releases=ports.releases,
            pipelines=ports.pipelines,
            builds=ports.builds,
        )
        policy = ports.policies.policy_for(release_id.pipeline)
        if is_our_rollback(notes, service):
            return EffectStatus.DONE
    view = view_release(
        release,
        notes,
        service_name=service.name if service else release_id.pipeline.name,
        policy=policy,
        releases=ports.releases,
        people=_LenientPeople(effect, ports),
    )
    channel = (service.channel if service else "") or ports.routes.default_channel()
    now = moment(view)
    if ROUTES[now].email:
        _mail_once(view, f"{now}{_incident_of(view)}", "", ports)
    try:
        _show(view, notes, channel, ports)
    except SILENT as error:
        _raise_while_patient(error, effect, ports)
        code = _code_of(error)
        LOG.error("Slack does not take the message of %s: %s", release_id.key, code)
        why = f"This comes by e-mail because Slack did not take it ({code})."
        _mail_once(view, f"{Moment.SLACK_IS_SILENT}-{now}{_open_gate(view)}", why, ports)
        return EffectStatus.REFUSED
    return EffectStatus.DONE


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


def _show(view: ReleaseView, notes: ReleaseNotes, channel: str, ports: Announcer) -> None:
    message = release_message(view)
    digest = hashlib.sha256(json.dumps(message, sort_keys=True).encode()).hexdigest()
    if notes.message and notes.rendered == digest:
        return
    subject = f"release#{view.release.id.key}"
    if notes.message:
        ports.audit.append(subject, "message edited", {"ts": notes.message[1], "digest": digest})
        try:
            ports.messenger.update(*notes.message, message)
        except SlackRefusedError as refused:
            if refused.code not in GONE:
                raise
        else:
            ports.releases.write_notes(view.release.id, rendered=digest)
            return
    ports.audit.append(subject, "message posted", {"channel": channel, "digest": digest})
    posted = ports.messenger.post(channel, message)
    ports.releases.write_notes(view.release.id, message=posted, rendered=digest)


def _mail_once(view: ReleaseView, key: str, why: str, ports: Announcer) -> None:
    """Publish one e-mail per key; an effect of its own remembers that it went out."""
    mail = announcement(view.release.id, f"mail-{key}", ports.clock.now())
    ports.effects.add([mail])
    known = ports.effects.effect(mail.subject, mail.key, kind=EffectKind.ANNOUNCE)
    if known is None or known.status is not EffectStatus.PENDING:
        return
    subject = release_subject(view)
    ports.audit.append(mail.subject, "e-mail published", {"key": mail.key, "subject": subject})
    ports.publisher.publish(subject, release_text(view, why_by_mail=why))
    ports.effects.finish(known, EffectStatus.DONE)


class _LenientPeople:
    """Slack's users, or nobody where Slack does not say: a message does not wait for a name."""

    def __init__(self, effect: Effect, ports: Announcer) -> None:
        self._effect = effect
        self._ports = ports

    def id_of_email(self, email: str) -> str | None:
        try:
            return self._ports.people.id_of_email(email)
        except SILENT as error:
            _raise_while_patient(error, self._effect, self._ports)
            LOG.warning("Slack does not say who wrote it: %s", _code_of(error))
            return None


def _code_of(error: Exception) -> str:
    if isinstance(error, SlackRefusedError):
        return error.code
    return "no_secret" if isinstance(error, SettingMissingError) else "no answer"


def _raise_while_patient(error: Exception, effect: Effect, ports: Announcer) -> None:
    waited = ports.clock.now() - effect.created_at
    if isinstance(error, SlackUnavailableError) and waited < PATIENCE:
        raise error


def _incident_of(view: ReleaseView) -> str:
    return f"-{view.incidents[-1].id}" if view.incidents else ""


def _open_gate(view: ReleaseView) -> str:
    return "".join(f"-{each.gate.id}" for each in view.gates if each.gate.verdict is None)
