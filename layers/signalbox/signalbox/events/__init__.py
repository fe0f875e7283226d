"""What strangers send, parsed once, at the edge, into our own facts."""
