"""A Slack workspace on a laptop: the Web API's methods we use, and signed interactive payloads."""
