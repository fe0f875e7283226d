"""The sandbox's page: the Slack channel, the line of stages, the alarms, the ledger's facts."""
