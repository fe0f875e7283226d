"""Where botocore's errors become ours. Every boto3 adapter makes its calls inside ``aws_call``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import botocore.exceptions as aws
from botocore.exceptions import BotoCoreError, ClientError

from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, SignalboxError

PASSING = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "OperationAborted",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
        "TransactionThrottledException",
    }
)
"""Codes after which the same call may work later: botocore's own list of throttling and transient
errors (botocore/retries/standard.py), DynamoDB's about transactions, and credentials that expired
between two calls (the next call assumes the role anew)."""

THROTTLING = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "TransactionThrottledException",
    }
)
"""Those of them that ask for fewer calls (botocore/retries/standard.py)."""

_TRANSPORT_ERRORS = (aws.ConnectionError, aws.HTTPClientError, aws.ResponseStreamingError)


@contextmanager
def aws_call(doing: str) -> Iterator[None]:
    """Translate what AWS calls raise inside the block.

    ``doing`` says what is attempted, for people, as in ``"read gate 4f…"``; it must hold no token.
    Raises AwsUnavailableError where the same call may work later, AwsRefusedError otherwise.
    """
    try:
        yield
    except ClientError as error:
        raise from_client_error(error, doing) from error
    except _TRANSPORT_ERRORS as error:
        raise AwsUnavailableError(f"could not {doing}: {type(error).__name__}") from error
    except BotoCoreError as error:
        # Parameters that break the service's model, missing credentials: nothing was sent.
        code = type(error).__name__
        raise AwsRefusedError(f"could not {doing}: {code}", code=code) from error


def from_client_error(error: ClientError, doing: str) -> SignalboxError:
    """Our error for AWS's answer, by its code first and its HTTP status second."""
    code = code_of(error)
    response: Mapping[str, Any] = error.response
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) or 0)
    said = str(response.get("Error", {}).get("Message", ""))
    message = f"could not {doing}: {code}: {said}"
    if code in PASSING or status == 429 or status >= 500:
        return AwsUnavailableError(message, throttled=status == 429 or code in THROTTLING)
    return AwsRefusedError(message, code=code)


def code_of(error: ClientError) -> str:
    """AWS's error code, such as ``AccessDeniedException``; JSON services may prefix a namespace."""
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    return code.rsplit("#", 1)[-1]
