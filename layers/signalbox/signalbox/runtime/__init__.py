"""Settings, clients, logging and wiring: what turns the library into deployed functions."""
