"""Signalbox: an event-driven control plane for releases on AWS."""

__version__ = "0.1.0"
