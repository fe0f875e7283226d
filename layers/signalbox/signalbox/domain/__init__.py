"""What Signalbox knows: facts, releases, gates, incidents, sweeps. Standard library only."""
