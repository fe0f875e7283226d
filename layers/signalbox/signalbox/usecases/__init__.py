"""What Signalbox does, one verb per module: first the fact, then the ports."""
