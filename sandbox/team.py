"""The people document of the sandbox: everybody in the Slack double's workspace."""

import json
from typing import Final

from sandbox.slack.model import PEOPLE

ACCOUNT: Final = "123456789012"
TEAM_ROLE: Final = "Team"
"""The role whose sessions are the team's AWS principals, one session each, named as in Slack."""


def people_document() -> str:
    """Who is who, as a person would write it: who has left is not in it, nor is a guest."""
    members = [user for user in PEOPLE if not (user.deleted or user.is_restricted)]
    people = {
        user.name: {
            "name": user.real_name,
            "slack": [user.id],
            "emails": [user.email],
            "aws": [f"arn:aws:sts::{ACCOUNT}:assumed-role/{TEAM_ROLE}/{user.name}"],
        }
        for user in members
    }
    return json.dumps({"contract": 1, "people": people}, separators=(",", ":"))
