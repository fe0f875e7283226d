"""Incidents, and the lock on each target, as items."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

from signalbox.adapters.dynamodb_documents import from_document, moment, to_document
from signalbox.adapters.dynamodb_effects import effects_to_write
from signalbox.adapters.dynamodb_table import Change, LedgerTable
from signalbox.domain.effects import Effect
from signalbox.domain.errors import AwsUnavailableError
from signalbox.domain.incidents import Incident


class DynamoDbIncidents:
    """``IncidentLedger`` on the ledger's table."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table

    def claim_target(self, service: str, environment: str, incident: Incident) -> str:
        """Lock the target for this incident; returns the id of the incident that holds the lock."""
        outcome = self._table.put_once(
            {
                "pk": f"target#{service}/{environment}",
                "sk": "lock",
                "incident_id": incident.id,
                "at": moment(incident.opened_at),
            }
        )
        standing = outcome.standing or {}
        return incident.id if outcome.won else str(standing["incident_id"])

    def take_over_target(
        self, service: str, environment: str, incident: Incident, holder: str
    ) -> str:
        """Take the lock from a holder that is over; returns the incident that holds it now."""
        outcome = self._table.update(
            f"target#{service}/{environment}",
            "lock",
            Change(
                "SET incident_id = :taker, #at = :at",
                condition="incident_id = :holder",
                names={"#at": "at"},
                values={
                    ":taker": incident.id,
                    ":holder": holder,
                    ":at": moment(incident.opened_at),
                },
            ),
        )
        return incident.id if outcome.won else self.claim_target(service, environment, incident)

    def release_target(self, service: str, environment: str, incident_id: str) -> None:
        """Give the lock back; nothing happens where another incident holds it."""
        self._table.delete(
            f"target#{service}/{environment}",
            "lock",
            condition="incident_id = :incident",
            values={":incident": incident_id},
        )

    def incident(self, incident_id: str) -> Incident | None:
        """One incident, or None."""
        item = self._table.get(f"incident#{incident_id}", "incident")
        return from_document(Incident, item) if item else None

    def save_incident(self, incident: Incident, effects: Sequence[Effect]) -> Incident:
        """Write the incident as it now stands, with its effects and its link to the release;
        returns it as it was written.

        Raises AwsUnavailableError, and writes nothing, where it was written since it was read: a
        step that outlives its timeout must not undo what came after it.
        """
        writes = effects_to_write(self._table, effects)
        if incident.release is not None:
            link = {
                "pk": f"release#{incident.release.key}",
                "sk": f"incident#{incident.id}",
                "incident_id": incident.id,
            }
            writes.append(self._table.put(link))
        saved, nonce = replace(incident, revision=incident.revision + 1), secrets.token_hex(16)
        item = {"pk": saved.subject, "sk": "incident", "nonce": nonce, **to_document(saved)}
        lead = self._table.put_over(item, "revision", incident.revision)
        if not self._table.transact(lead, writes).unless_ours(nonce).won:
            raise AwsUnavailableError(f"incident {incident.id} was written by another step")
        return saved
