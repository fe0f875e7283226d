"""Foreign errors become ours in one place, and the name says whether to retry."""

from __future__ import annotations

import botocore.exceptions as aws
import pytest
from botocore.exceptions import ClientError
from signalbox.adapters.aws_errors import PASSING, aws_call
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError


def answer(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "said AWS"},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        "Operation",
    )


@pytest.mark.parametrize(
    "error",
    [
        *(answer(code) for code in sorted(PASSING)),
        answer("Anything", 503),
        answer("Anything", 429),
        answer("com.amazonaws.dynamodb.v20120810#ThrottlingException"),
        aws.ReadTimeoutError(endpoint_url="https://x"),
        aws.ConnectTimeoutError(endpoint_url="https://x"),
        aws.EndpointConnectionError(endpoint_url="https://x"),
        aws.ConnectionClosedError(endpoint_url="https://x"),
    ],
    ids=repr,
)
def test_what_may_work_later_is_unavailable(error: Exception) -> None:
    with pytest.raises(AwsUnavailableError, match="could not read it") as ours, aws_call("read it"):
        raise error
    assert ours.value.__cause__ is error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (answer("AccessDeniedException"), "AccessDeniedException"),
        (answer("ns#ValidationException"), "ValidationException"),
        (answer("InvalidApprovalTokenException"), "InvalidApprovalTokenException"),
        (aws.NoCredentialsError(), "NoCredentialsError"),
        (aws.ParamValidationError(report="too long"), "ParamValidationError"),
    ],
)
def test_what_will_never_work_is_refused_with_its_code(error: Exception, code: str) -> None:
    with pytest.raises(AwsRefusedError) as ours, aws_call("read it"):
        raise error
    assert ours.value.code == code
    assert ours.value.__cause__ is error


def test_our_own_errors_pass_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), aws_call("divide"):
        raise ZeroDivisionError
