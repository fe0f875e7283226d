"""A function's failure carries the class of what it raised, as on AWS."""

from __future__ import annotations

from sandbox.emulator.lambda_errors import UNNAMED, with_class

LOG = """START
Traceback (most recent call last):
  File "x.py", line 1, in call
    raise ClientError()
botocore.exceptions.ClientError: denied

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "app.py", line 9, in handler
    settle()
signalbox.domain.errors.AwsRefusedError: could not answer
END
"""


def failure(log: str) -> dict[str, object]:
    return {"error": True, "log": log, "body": {"errorType": UNNAMED, "errorMessage": "no"}}


def test_the_last_traceback_names_the_error() -> None:
    assert with_class(failure(LOG))["body"] == {
        "errorType": "AwsRefusedError",
        "errorMessage": "no",
    }


def test_without_a_traceback_nothing_is_made_up() -> None:
    assert with_class(failure("timed out")) == failure("timed out")


def test_success_is_left_alone() -> None:
    well = {"error": False, "log": LOG, "body": {"errorType": UNNAMED}}
    assert with_class(well) == well
