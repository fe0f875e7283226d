"""Facts of releases as items: their sort keys, and their JSON."""

from __future__ import annotations

import json
from typing import Any

from signalbox.adapters.dynamodb_documents import from_document, to_document
from signalbox.domain.facts import ActionChanged, Fact, PipelineChanged, ReleaseFact, StageChanged

KINDS: dict[str, type[PipelineChanged] | type[StageChanged] | type[ActionChanged]] = {
    kind.__name__: kind for kind in (PipelineChanged, StageChanged, ActionChanged)
}


def fact_json(fact: Fact) -> str:
    """A fact as one JSON text; ``fact`` in it names what kind of fact it is."""
    document: dict[str, Any] = {"fact": type(fact).__name__, **to_document(fact)}
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def read_fact(text: str) -> ReleaseFact:
    """Read back what ``fact_json`` wrote of a release's fact."""
    document = json.loads(text)
    return from_document(KINDS[document.pop("fact")], document)
