"""Releases as items: a marker, one item per fact, notes, and links to gates and incidents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from signalbox.adapters.dynamodb_documents import from_document, moment, to_document
from signalbox.adapters.dynamodb_effects import effects_to_write
from signalbox.adapters.dynamodb_facts import fact_json, read_fact
from signalbox.adapters.dynamodb_gates import DynamoDbGates
from signalbox.adapters.dynamodb_incidents import DynamoDbIncidents
from signalbox.adapters.dynamodb_items import Item
from signalbox.adapters.dynamodb_table import ABSENT, Change, LedgerTable
from signalbox.domain.effects import Effect
from signalbox.domain.facts import PipelineChanged, ReleaseFact
from signalbox.domain.gates import Gate
from signalbox.domain.identity import ReleaseId
from signalbox.domain.incidents import Incident
from signalbox.domain.releases import Release, fold, rank_of
from signalbox.domain.scopes import scope_of, state_of, subject_of
from signalbox.domain.states import EXECUTION_RANK, FINAL_RANK
from signalbox.domain.truth import ReleaseNotes

REMEMBERED = 1000
"""Releases whose marker a process remembers to be there."""

NOTES = frozenset(ReleaseNotes.__dataclass_fields__)


class DynamoDbReleases:
    """``ReleaseLedger`` on the ledger's table."""

    def __init__(self, table: LedgerTable) -> None:
        self._table = table
        self._gates = DynamoDbGates(table)
        self._incidents = DynamoDbIncidents(table)
        self._marked: set[ReleaseId] = set()

    def record(self, fact: ReleaseFact, effects: Sequence[Effect]) -> bool:
        """Write one observation with its effects in one transaction; False where it was known.

        The release is listed as open before its first fact is written, and taken off the list
        after its last: a crash in between leaves it listed, and the reconciler comes by. The
        marker stays out of the transaction, for a release's facts arrive in bursts, and
        transactions on one item cancel each other.
        """
        ends = _ends(fact)
        if not ends:
            self._mark(fact)
        written = self._table.write_once(_fact_item(fact), effects_to_write(self._table, effects))
        if ends:
            self._mark(fact)
        return written

    def release(self, release: ReleaseId) -> Release | None:
        """The release folded from its observations, or None where nothing was heard of it."""
        facts = self.heard(release)
        return fold(release, facts) if facts else None

    def heard(self, release: ReleaseId) -> Sequence[ReleaseFact]:
        """Every fact that was recorded of it, in no particular order."""
        items = self._table.query(_pk(release), "begins_with(sk, :start)", "fact#")
        return tuple(read_fact(item["fact"]) for item in items)

    def notes(self, release: ReleaseId) -> ReleaseNotes:
        """What was read about it so far."""
        item = self._table.get(_pk(release), "notes")
        return from_document(ReleaseNotes, item) if item else ReleaseNotes()

    def write_notes(self, release: ReleaseId, **changes: Any) -> None:
        """Set the named fields of its notes and leave the others."""
        if unknown := changes.keys() - NOTES:
            raise TypeError(f"notes have no {', '.join(sorted(unknown))}")
        if not changes:
            return
        names = sorted(changes)
        self._table.update(
            _pk(release),
            "notes",
            Change(
                "SET " + ", ".join(f"#{name} = :{name}" for name in names),
                names={f"#{name}": name for name in names},
                values={f":{name}": to_document(changes[name]) for name in names},
            ),
        )

    def open_releases(self) -> Sequence[ReleaseId]:
        """Every release that has not ended, oldest first."""
        return tuple(
            ReleaseId.from_key(item["pk"].removeprefix("release#"))
            for item in self._table.listed("releases")
        )

    def gates_of(self, release: ReleaseId) -> Sequence[Gate]:
        """The gates of a release, oldest first, with their votes."""
        claims = self._table.query(_pk(release), "begins_with(sk, :start)", "gate#")
        gates = (self._gates.gate(claim["gate_id"]) for claim in claims)
        return tuple(sorted((gate for gate in gates if gate), key=lambda gate: gate.opened_at))

    def incidents_of(self, release: ReleaseId) -> Sequence[Incident]:
        """The incidents that blame a release, oldest first."""
        links = self._table.query(_pk(release), "begins_with(sk, :start)", "incident#")
        found = (self._incidents.incident(link["incident_id"]) for link in links)
        return tuple(sorted((one for one in found if one), key=lambda one: one.opened_at))

    def _mark(self, fact: ReleaseFact) -> None:
        """Keep the release's marker: listed while the furthest pipeline fact is not final.

        Markers are never deleted, and facts of stages and actions only see that there is one: it is
        not asked for again where this process has seen it.
        """
        if fact.release in self._marked and not isinstance(fact, PipelineChanged):
            return
        pipeline = fact.release.pipeline
        listing = "SET gsi1pk = :releases, gsi1sk = if_not_exists(created_at, :at),"
        kept = (
            " account = :account, #region = :region, pipeline = :pipeline, execution = :execution,"
            " created_at = if_not_exists(created_at, :at)"
        )
        values: Item = {
            ":at": moment(fact.at),
            ":account": pipeline.account,
            ":region": pipeline.region,
            ":pipeline": pipeline.name,
            ":execution": fact.release.execution,
        }
        expression, condition = listing + kept, ABSENT
        if isinstance(fact, PipelineChanged):
            # A number that grows along the lattice, so that an earlier fact changes nothing.
            attempt, rank = rank_of(fact)
            values[":standing"] = attempt * 100 + rank
            condition = "attribute_not_exists(standing) OR standing < :standing"
            expression += ", standing = :standing"
        if _ends(fact):
            expression = expression.replace(listing, "SET") + " REMOVE gsi1pk, gsi1sk"
        else:
            values[":releases"] = "releases"
        change = Change(expression, condition=condition, names={"#region": "region"}, values=values)
        self._table.update(_pk(fact.release), "release", change)
        if len(self._marked) >= REMEMBERED:
            self._marked.clear()
        self._marked.add(fact.release)


def _pk(release: ReleaseId) -> str:
    return f"release#{release.key}"


def _ends(fact: ReleaseFact) -> bool:
    return isinstance(fact, PipelineChanged) and EXECUTION_RANK[fact.state] >= FINAL_RANK


def _fact_item(fact: ReleaseFact) -> Item:
    return {
        "pk": subject_of(fact),
        "sk": f"fact#{scope_of(fact)}#{fact.attempt}#{state_of(fact)}",
        "fact": fact_json(fact),
    }
