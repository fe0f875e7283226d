"""Gates as items: the claim in the release's partition, the gate and its votes in their own."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from signalbox.adapters.dynamodb_documents import from_document, moment, to_document
from signalbox.adapters.dynamodb_effects import effects_to_write
from signalbox.adapters.dynamodb_items import Item
from signalbox.adapters.dynamodb_requests import request_item
from signalbox.adapters.dynamodb_table import ABSENT, Change, LedgerTable
from signalbox.domain.effects import Effect
from signalbox.domain.errors import PermanentError
from signalbox.domain.gates import Gate, GateStatus, Taken, Verdict, Vote
from signalbox.domain.identity import ReleaseId

OWN_ITEMS = ("votes", "task_token", "approval_token")
"""Fields of a gate that its item does not take from ``Gate`` as they are: votes are items of their
own, Step Functions writes ``task_token`` by itself, and empty tokens are left out."""

SHOWN = (
    "dossier",
    "shown_digest",
    "round",
    "asked",
    "standing",
    "denied",
    "expires_at",
    "needs_reason",
    "held",
)
"""What asking anew replaces."""


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

    def gate_alone(self, gate_id: str) -> Gate | None:
        """The same without its votes: one small read, however many have voted."""
        item = self._table.get(f"gate#{gate_id}", "gate")
        return from_document(Gate, item) if item else None

    def open_gates(self) -> Sequence[Gate]:
        """Every gate that is not settled, oldest first."""
        listed = [item["id"] for item in self._table.listed("gates")]
        found = (self.gate(gate_id) for gate_id in listed)
        return tuple(gate for gate in found if gate and gate.status is not GateStatus.SETTLED)

    def vote(
        self, gate_id: str, vote: Vote, effects: Sequence[Effect], *, request: str = ""
    ) -> Taken:
        """Write one vote with its effects, once per ``Vote.key``: the same once more changes
        nothing.

        The item of ``request``, the digest of the signed request that brought it, leads the
        transaction: bytes that were sent twice write nothing the second time.
        """
        item = {"pk": f"gate#{gate_id}", "sk": f"vote#{vote.key}", **to_document(vote)}
        writes = effects_to_write(self._table, effects)
        if not request:
            self._table.write_once(item, writes)
            return Taken.TAKEN
        seen = request_item(request, vote.at)
        lead = self._table.put(seen, condition=ABSENT)
        extras = [self._table.put(item, condition=ABSENT), *writes]
        if not self._table.transact(lead, extras).unless_ours(seen["nonce"]).won:
            return Taken.REPLAYED
        return Taken.TAKEN

    def ask_anew(self, gate: Gate, seen_digest: str, effects: Sequence[Effect]) -> bool:
        """Replace what an open gate shows with its effects; False where it no longer shows
        ``seen_digest`` or is not open.
        """
        nonce = secrets.token_hex(16)
        document = to_document(gate)
        values = {f":{name}": document[name] for name in SHOWN}
        change = Change(
            "SET " + ", ".join(f"#{name} = :{name}" for name in SHOWN) + ", nonce = :nonce",
            condition="#status = :open AND #shown_digest = :seen",
            names={"#status": "status"} | {f"#{name}": name for name in SHOWN},
            values={
                **values,
                ":nonce": nonce,
                ":open": GateStatus.OPEN.value,
                ":seen": seen_digest,
            },
        )
        lead = self._table.updating(gate.subject, "gate", change)
        outcome = self._table.transact(lead, effects_to_write(self._table, effects))
        return outcome.unless_ours(nonce).won

    def note_standing(
        self,
        gate_id: str,
        asked: Sequence[str],
        standing: Sequence[str],
        denied: Sequence[str] = (),
    ) -> None:
        """Keep who is asked, what the gate waits for and which votes do not count, for showing."""
        change = Change(
            "SET asked = :asked, standing = :standing, denied = :denied",
            condition="attribute_exists(pk)",
            values={":asked": list(asked), ":standing": list(standing), ":denied": list(denied)},
        )
        self._table.update(f"gate#{gate_id}", "gate", change)

    def note_newer(self, gate_id: str, execution: str) -> None:
        """Keep which execution waits behind the gate ("" for none), for showing."""
        change = Change(
            "SET newer = :newer",
            condition="attribute_exists(pk)",
            values={":newer": execution},
        )
        self._table.update(f"gate#{gate_id}", "gate", change)

    def decide(
        self,
        gate_id: str,
        verdict: Verdict,
        reason: str,
        at: datetime,
        effects: Sequence[Effect] = (),
        *,
        seen_digest: str = "",
        broken_by: str = "",
    ) -> Verdict | None:
        """Decide an open gate, once, with its effects; returns the verdict that holds, ours or an
        earlier one. With ``seen_digest`` only while the gate still shows that; None where it shows
        something else by now and is open.

        Raises PermanentError where there is no such gate.
        """
        shows = " AND shown_digest = :seen" if seen_digest else ""
        change = Change(
            "SET #status = :decided, verdict = :verdict, reason = :reason, decided_at = :at,"
            " broken_glass = :glass, broken_by = :broken_by",
            condition="attribute_exists(pk) AND attribute_not_exists(verdict)" + shows,
            names={"#status": "status"},
            values={
                ":decided": GateStatus.DECIDED.value,
                ":verdict": verdict.value,
                ":reason": reason,
                ":at": moment(at),
                ":glass": bool(broken_by),
                ":broken_by": broken_by,
                **({":seen": seen_digest} if seen_digest else {}),
            },
        )
        lead = self._table.updating(f"gate#{gate_id}", "gate", change)
        outcome = self._table.transact(lead, effects_to_write(self._table, effects))
        if outcome.won:
            return verdict
        if outcome.standing is None:
            raise PermanentError(f"there is no gate {gate_id}")
        held = outcome.standing.get("verdict")
        return Verdict(held) if held else None

    def settle(
        self,
        gate_id: str,
        settlement: str,
        at: datetime,
        effects: Sequence[Effect],
        *,
        decided_by: str = "",
    ) -> bool:
        """Mark a decided gate as settled with what AWS said; False where it was settled already,
        or is not decided. The tokens, of no use any more, go.
        """
        nonce = f"{gate_id}#{moment(at)}"
        change = Change(
            "SET #status = :settled, settlement = :settlement, settled_at = :at, nonce = :nonce,"
            " decided_by = :by REMOVE gsi1pk, gsi1sk, approval_token, task_token",
            condition="#status = :decided",
            names={"#status": "status"},
            values={
                ":settled": GateStatus.SETTLED.value,
                ":decided": GateStatus.DECIDED.value,
                ":settlement": settlement,
                ":at": moment(at),
                ":nonce": nonce,
                ":by": decided_by,
            },
        )
        lead = self._table.updating(f"gate#{gate_id}", "gate", change)
        return (
            self._table.transact(lead, effects_to_write(self._table, effects))
            .unless_ours(nonce)
            .won
        )

    def review(self, gate_id: str, by: str, at: datetime, effects: Sequence[Effect]) -> bool:
        """Note who reviewed a broken glass, once; False where somebody has already."""
        nonce = f"{gate_id}#{by}#{moment(at)}"
        change = Change(
            "SET reviewed_by = :by, nonce = :nonce",
            condition="broken_glass = :yes AND (attribute_not_exists(reviewed_by)"
            " OR reviewed_by = :nobody)",
            values={":by": by, ":nonce": nonce, ":yes": True, ":nobody": ""},
        )
        lead = self._table.updating(f"gate#{gate_id}", "gate", change)
        outcome = self._table.transact(lead, effects_to_write(self._table, effects))
        return outcome.unless_ours(nonce).won


def _gate_item(gate: Gate) -> Item:
    document: Item = to_document(gate)
    item = {name: value for name, value in document.items() if name not in OWN_ITEMS}
    if gate.approval_token:
        item["approval_token"] = gate.approval_token
    if gate.status is not GateStatus.SETTLED:
        item |= {"gsi1pk": "gates", "gsi1sk": moment(gate.opened_at)}
    return {"pk": gate.subject, "sk": "gate", **item}
