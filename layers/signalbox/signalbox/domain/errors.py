"""One tree of errors. The name says whether to retry, and the state machines match on the name.

SignalboxError
├── RetryableError             the same call may work later; queues and machines retry it
│   ├── AwsUnavailableError    throttled, timed out, 5xx
│   ├── SlackUnavailableError  429, 5xx, no answer (carries ``retry_after_seconds``)
│   │   └── ChannelBusyError   our own limit of one message per second and channel
│   └── NotYetError            the world is not there yet: a token not written, a deployment running
└── PermanentError             it will never work without a change by a person
    ├── UnreadableEventError   bad input; the message says what is wrong with it
    ├── ForeignAccountError    an event from an account that is not on the list
    ├── ForgedRequestError     a request to the Slack endpoint that Slack did not sign
    ├── SettingMissingError    the deployment lacks a setting or document
    ├── DocumentInvalidError   a policy or service document does not follow its schema
    ├── AwsRefusedError        AWS said no (carries ``code``); AccessDenied and validation included
    ├── SlackRefusedError      Slack said ``ok: false`` (carries ``code``)
    ├── UnknownNameError       a name that somebody typed is nothing's, or more than one thing's
    ├── NothingToRollBackToError  no execution that may serve as the target of a rollback
    └── InventoryIncompleteError  a read failed, so the sweep must not go on
"""

from __future__ import annotations


class SignalboxError(Exception):
    """The root: whatever Signalbox itself raises."""


class RetryableError(SignalboxError):
    """The same call may work later."""


class AwsUnavailableError(RetryableError):
    """AWS throttled, timed out, or answered with a server error.

    ``throttled`` tells that it asked for fewer calls.
    """

    def __init__(self, message: str, *, throttled: bool = False) -> None:
        super().__init__(message)
        self.throttled = throttled


class SlackUnavailableError(RetryableError):
    """Slack did not answer, or asked to wait.

    ``retry_after_seconds`` is Slack's own ``Retry-After``, or None where it gave none.
    """

    def __init__(self, message: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ChannelBusyError(SlackUnavailableError):
    """So many messages wait for this channel that this one must come again."""


class NotYetError(RetryableError):
    """What is waited for has not happened yet."""


class PermanentError(SignalboxError):
    """Trying again changes nothing; a person must."""


class UnreadableEventError(PermanentError):
    """An event that cannot be read; the message names the field and what is wrong with it."""


class ForeignAccountError(PermanentError):
    """An event from an account that this deployment was not told to listen to."""


class ForgedRequestError(PermanentError):
    """A request that Slack did not sign, or signed too long ago."""


class SettingMissingError(PermanentError):
    """A setting, parameter or secret that must exist does not."""


class DocumentInvalidError(PermanentError):
    """A document (policy, service) that does not follow its schema.

    ``field`` is the path of what is wrong (``groups.sre.0``), where one field is.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class AwsRefusedError(PermanentError):
    """AWS refused the call. ``code`` is AWS's error code, for example ``AccessDeniedException``."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class SlackRefusedError(PermanentError):
    """Slack answered ``ok: false``; ``code`` is its ``error``, such as ``channel_not_found``."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class UnknownNameError(PermanentError):
    """What somebody typed names nothing, or more than one thing; the message is for that person."""


class NothingToRollBackToError(PermanentError):
    """No earlier execution qualifies as the target of a rollback."""


class InventoryIncompleteError(PermanentError):
    """A part of the inventory could not be read: unknown means in use, so nothing is planned."""
