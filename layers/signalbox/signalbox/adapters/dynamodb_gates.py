"""Gates as items: the claim in the release's partition, the gate and its votes in their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from signalbox.adapters.dynamodb_documents import from_document, moment, to_document
from signalbox.adapters.dynamodb_effects import effects_to_write
from signalbox.adapters.dynamodb_items import Item
from signalbox.adapters.dynamodb_table import Change, LedgerTable
from signalbox.domain.effects import Effect
from signalbox.domain.errors import PermanentError
from signalbox.domain.gates import Gate, GateStatus, Verdict, Vote
from signalbox.domain.identity import ReleaseId

OWN_ITEMS = ("votes", "task_token", "approval_token")
"""Fields of a gate that its item does not take from ``Gate`` as they are: votes are items of their
own, Step Functions writes ``task_token`` by itself, and empty tokens are left out."""


class DynamoDbGates:
    """``GateLedger`` on the ledger's table."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table

    def claim_gate(self, release: ReleaseId, action_execution_id: str, gate_id: str) -> str:
        """Claim the gate of an action execution; returns the id of whoever claimed it first."""
        outcome = self._table.put_once(
            {
                "pk": f"release#{release.key}",
                "sk": f"gate#{action_execution_id}",
                "gate_id": gate_id,
            }
        )
        standing = outcome.standing or {}
        return gate_id if outcome.won else str(standing["gate_id"])

    def open_gate(self, gate: Gate, effects: Sequence[Effect]) -> bool:
        """Write a new gate with its effects; False where it is already there."""
        return self._table.write_once(_gate_item(gate), effects_to_write(self._table, effects))

    def gate(self, gate_id: str) -> Gate | None:
        """One gate with its votes and tokens, or None."""
        # "effect#…" sorts before "gate", and "vote#…" behind it.
        items = list(self._table.query(f"gate#{gate_id}", "sk >= :start", "gate"))
        held = next((item for item in items if item["sk"] == "gate"), None)
        if held is None:
            return None
        votes = [item for item in items if item["sk"].startswith("vote#")]
        return from_document(Gate, {**held, "votes": sorted(votes, key=lambda vote: vote["at"])})

    def open_gates(self) -> Sequence[Gate]:
        """Every gate that is not settled, oldest first."""
        listed = [item["id"] for item in self._table.listed("gates")]
        found = (self.gate(gate_id) for gate_id in listed)
        return tuple(gate for gate in found if gate and gate.status is not GateStatus.SETTLED)

    def vote(self, gate_id: str, vote: Vote, effects: Sequence[Effect]) -> bool:
        """Write one person's vote with its effects; False where that person has voted already."""
        item = {"pk": f"gate#{gate_id}", "sk": f"vote#{vote.principal}", **to_document(vote)}
        return self._table.write_once(item, effects_to_write(self._table, effects))

    def decide(
        self,
        gate_id: str,
        verdict: Verdict,
        reason: str,
        at: datetime,
        effects: Sequence[Effect] = (),
    ) -> Verdict:
        """Decide an open gate, once, with its effects; returns the verdict that holds, ours or an
        earlier one.

        Raises PermanentError where there is no such gate.
        """
        change = Change(
            "SET #status = :decided, verdict = :verdict, reason = :reason, decided_at = :at",
            condition="attribute_exists(pk) AND attribute_not_exists(verdict)",
            names={"#status": "status"},
            values={
                ":decided": GateStatus.DECIDED.value,
                ":verdict": verdict.value,
                ":reason": reason,
                ":at": moment(at),
            },
        )
        lead = self._table.updating(f"gate#{gate_id}", "gate", change)
        outcome = self._table.transact(lead, effects_to_write(self._table, effects))
        if outcome.won:
            return verdict
        if outcome.standing is None:
            raise PermanentError(f"there is no gate {gate_id}")
        return Verdict(outcome.standing["verdict"])

    def settle(
        self, gate_id: str, settlement: str, at: datetime, effects: Sequence[Effect]
    ) -> bool:
        """Mark a decided gate as settled with what AWS said; False where it was settled already,
        or is not decided. The tokens, of no use any more, go.
        """
        nonce = f"{gate_id}#{moment(at)}"
        change = Change(
            "SET #status = :settled, settlement = :settlement, settled_at = :at, nonce = :nonce"
            " REMOVE gsi1pk, gsi1sk, approval_token, task_token",
            condition="#status = :decided",
            names={"#status": "status"},
            values={
                ":settled": GateStatus.SETTLED.value,
                ":decided": GateStatus.DECIDED.value,
                ":settlement": settlement,
                ":at": moment(at),
                ":nonce": nonce,
            },
        )
        lead = self._table.updating(f"gate#{gate_id}", "gate", change)
        return (
            self._table.transact(lead, effects_to_write(self._table, effects))
            .unless_ours(nonce)
            .won
        )


def _gate_item(gate: Gate) -> Item:
    document: Item = to_document(gate)
    item = {name: value for name, value in document.items() if name not in OWN_ITEMS}
    if gate.approval_token:
        item["approval_token"] = gate.approval_token
    if gate.status is not GateStatus.SETTLED:
        item |= {"gsi1pk": "gates", "gsi1sk": moment(gate.opened_at)}
    return {"pk": gate.subject, "sk": "gate", **item}
