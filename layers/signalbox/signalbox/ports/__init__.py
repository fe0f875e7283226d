"""What the use cases ask of the world. Each port is small and belongs to those who need it."""

from __future__ import annotations

from signalbox.ports.aws import (
    Alarms,
    Artifacts,
    Bells,
    Builds,
    Clock,
    Ids,
    Pipelines,
    Policies,
    Services,
    Targets,
    Workflows,
)
from signalbox.ports.ledger import (
    AnchoringLedger,
    Anchors,
    Audit,
    EffectLedger,
    GateLedger,
    IncidentLedger,
    ObservationLedger,
    ReleaseLedger,
    StormLedger,
    SweepLedger,
)
from signalbox.ports.telling import (
    Counters,
    Messenger,
    Modals,
    Pace,
    People,
    Publisher,
    Routes,
)

__all__ = [
    "Alarms",
    "AnchoringLedger",
    "Anchors",
    "Artifacts",
    "Audit",
    "Bells",
    "Builds",
    "Clock",
    "Counters",
    "EffectLedger",
    "GateLedger",
    "Ids",
    "IncidentLedger",
    "Messenger",
    "Modals",
    "ObservationLedger",
    "Pace",
    "People",
    "Pipelines",
    "Policies",
    "Publisher",
    "ReleaseLedger",
    "Routes",
    "Services",
    "StormLedger",
    "SweepLedger",
    "Targets",
    "Workflows",
]
