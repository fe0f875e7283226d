"""The fields of a policy document, strictly: an unknown one is a mistake.

What a check may be told comes from the dataclass of its settings, so that a new check needs no
line here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, cast, get_type_hints
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from signalbox.adapters.policy_stages import describe_stages
from signalbox.adapters.ssm_documents import Document, Part
from signalbox.domain.policy import (
    CheckSettings,
    Escalation,
    Excluded,
    Group,
    Mode,
    Policy,
    Quorum,
    ReasonRequired,
    UnknownAuthor,
)
from signalbox.domain.windows import HoldWindow, Window
from signalbox.policies import CHECKS
from signalbox.policies.outcome import Check

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LENGTH = re.compile(r"([1-9][0-9]{0,6})([smhd])")
CRON_FIELDS = 5
"""The parser would take a sixth for seconds, AWS takes one for years: neither is meant here."""
LONGEST = timedelta(days=60)
"""CodePipeline waits for a manual approval no longer (ActionDeclaration.timeoutInMinutes)."""


def duration(text: object) -> object:
    """``45s``, ``30m``, ``24h`` or ``7d``."""
    found = LENGTH.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("write a duration as 45s, 30m, 24h or 7d")
    return timedelta(seconds=int(found.group(1)) * SECONDS[found.group(2)])


Duration = Annotated[
    timedelta,
    BeforeValidator(duration, json_schema_input_type=Annotated[str, Field(pattern=LENGTH.pattern)]),
]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,40}$")]


def slack_id(value: object) -> object:
    """Names and addresses can change hands: only ids are taken."""
    if not isinstance(value, str) or not re.fullmatch(r"[UW][A-Z0-9]{2,20}", value):
        raise ValueError("write the Slack user id (U…, from the profile's menu), not a name")
    return value


SlackId = Annotated[
    str,
    BeforeValidator(
        slack_id, json_schema_input_type=Annotated[str, Field(pattern="^[UW][A-Z0-9]{2,20}$")]
    ),
]


class _Window(Part):
    cron: str = ""
    lasts: Annotated[Duration | None, Field(alias="for")] = None
    time_zone: str = "UTC"
    since: Annotated[datetime | None, Field(alias="from")] = None
    until: datetime | None = None
    calendar: str = ""

    @model_validator(mode="after")
    def _says_when_once(self) -> _Window:
        ways = [bool(self.cron), bool(self.since or self.until), bool(self.calendar)]
        if sum(ways) != 1:
            raise ValueError("say when in one way: cron and for, from and until, or calendar")
        if bool(self.cron) != (self.lasts is not None):
            raise ValueError("cron goes with for: how long each span lasts")
        if self.cron:
            _check_cron(self.cron, self.time_zone)
        for moment in (self.since, self.until):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("write moments with their offset, as 2026-12-24T00:00:00+01:00")
        if self.since and self.until and self.until <= self.since:
            raise ValueError("until is before from")
        return self

    def window(self) -> Window:
        return Window(
            cron=self.cron,
            lasts=self.lasts or timedelta(),
            time_zone=self.time_zone,
            since=self.since,
            until=self.until,
            calendar=self.calendar,
        )


def _check_cron(cron: str, zone: str) -> None:
    if zone not in available_timezones():
        raise ValueError(f"{zone} is no time zone; write one such as Europe/Berlin")
    if len(cron.split()) != CRON_FIELDS:
        raise ValueError(
            f"{cron!r} has {len(cron.split())} fields, a cron expression here has five: "
            "minute hour day month weekday"
        )
    try:
        CronSim(cron, datetime.now(ZoneInfo(zone)))
    except CronSimError as wrong:
        raise ValueError(f"{cron!r} is no cron expression: {wrong}") from None


class _Hold(_Window):
    owner: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    reason: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    environments: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


class _Hotfix(Part):
    """The quorum that lets a release through a hold. What is not written is as without a hold, with
    one approval more.
    """

    approvals: Annotated[int, Field(ge=1, le=20)] | None = None
    approvers: tuple[Name, ...] | None = None
    one_from_each: tuple[Name, ...] | None = None

    @property
    def says_something(self) -> bool:
        """Whether any of it is written."""
        return (self.approvals, self.approvers, self.one_from_each) != (None, None, None)

    def quorum(self, normal: Quorum) -> Quorum:
        """What it comes to, where ``normal`` is asked for without a hold."""
        each = normal.one_from_each if self.one_from_each is None else self.one_from_each
        return Quorum(
            approvals=self.approvals or max(normal.approvals + 1, len(each)),
            groups=normal.groups if self.approvers is None else self.approvers,
            one_from_each=each,
        )


class _Escalation(Part):
    after: Duration
    groups: Annotated[tuple[Name, ...], Field(min_length=1)]


_TYPES: dict[Any, Any] = {
    timedelta: Duration,
    tuple[Window, ...]: Annotated[tuple[_Window, ...], Field(max_length=20)],
}
"""What a document writes for a type of a check's settings; other types are written as they are."""


def _model_of(check: Check) -> type[BaseModel]:
    """What a document may say of one check, after the dataclass of its settings."""
    hints = get_type_hints(check.settings)
    described: dict[str, Any] = {}
    for field in fields(check.settings):
        default = getattr(check.unasked, field.name, field.default)
        alias = "for" if field.name == "lasts" else to_camel(field.name)
        told = Field(alias=alias) if default is MISSING else Field(default, alias=alias)
        described[field.name] = (_TYPES.get(hints[field.name], hints[field.name]), told)

    def is_taken(written: BaseModel) -> BaseModel:
        settings_of(check, written)
        return written

    made: type[BaseModel] = create_model(
        check.settings.__name__,
        __base__=Part,
        __doc__=check.settings.__doc__,
        __validators__={"is_taken": cast("Any", model_validator(mode="after")(is_taken))},
        **described,
    )
    return made


def settings_of(check: Check, written: BaseModel) -> CheckSettings:
    """The settings that a document has written. Raises ValueError where they make no sense."""
    told = {field.name: _plain(getattr(written, field.name)) for field in fields(check.settings)}
    return check.settings(**told)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(one.window() if isinstance(one, _Window) else one for one in value)
    return value


_ASKED: dict[str, Any] = {check.name: (_model_of(check) | None, None) for check in CHECKS}
_Checks: Any = create_model(
    "Checks",
    __base__=Part,
    __doc__="What must be true of a release. Each may say what it means where it fails or warns.",
    **_ASKED,
)


class PolicyDocument(Document):
    """What a team decides about its gates."""

    model_config = ConfigDict(json_schema_extra=describe_stages)

    contract: Literal[2]  # type: ignore[assignment]
    mode: Mode = Mode.ENFORCE
    groups: Mapping[Name, Annotated[tuple[SlackId, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    approvals: Annotated[int, Field(ge=1, le=20)] = 1
    approvers: tuple[Name, ...] = ()
    one_from_each: tuple[Name, ...] = ()
    excluded: tuple[Excluded, ...] = tuple(Excluded)
    unknown_author: UnknownAuthor = UnknownAuthor.OWN
    strict_identity: bool = False
    reason_required: ReasonRequired = ReasonRequired.REJECT
    expires_after: Duration = timedelta(hours=24)
    remind_after: Annotated[tuple[Duration, ...], Field(max_length=10)] = ()
    escalate: _Escalation | None = None
    keep_stale: bool = False
    auto_approve: bool = False
    checks: _Checks = _Checks()
    holds: Annotated[tuple[_Hold, ...], Field(max_length=20)] = ()
    hotfix: _Hotfix | None = None
    break_glass: tuple[Name, ...] = ()
    rollback_window: Duration = timedelta(minutes=60)
    keep_releases: Annotated[int, Field(ge=1, le=100)] = 3
    stages: Mapping[str, dict[str, Any]] = Field(default_factory=dict)

    @field_validator("hotfix", mode="after")
    @classmethod
    def _asks_for_more(cls, hotfix: _Hotfix | None, info: ValidationInfo) -> _Hotfix | None:
        asked = ("approvals", "approvers", "one_from_each")
        if hotfix is not None and all(name in info.data for name in asked):
            approvals, groups, each = (info.data[name] for name in asked)
            normal = Quorum(approvals=approvals, groups=groups, one_from_each=each)
            if why := normal.why_no_exception(hotfix.quorum(normal)):
                raise ValueError(why)
        return hotfix

    @model_validator(mode="after")
    def _names_its_groups(self) -> PolicyDocument:
        for field, names in self._named_groups():
            for name in names:
                if name not in self.groups:
                    raise ValueError(f"{field} names {name}, which is not among groups")
        return self

    @model_validator(mode="after")
    def _can_be_met(self) -> PolicyDocument:
        for field, quorum in (("approvals", self._quorum()), ("hotfix", self._hotfix())):
            if len(quorum.one_from_each) > quorum.approvals:
                raise ValueError(f"{field}: oneFromEach names more groups than approvals are asked")
            able = self._people(*quorum.groups, *quorum.one_from_each)
            asked = quorum.approvals if quorum.groups else len(quorum.one_from_each)
            if able < asked:
                do = "; name more people, or leave hotfix out" if field == "hotfix" else ""
                raise ValueError(f"{field}: {asked} approvals are asked of {able} people{do}")
        return self

    @model_validator(mode="after")
    def _ends_in_time(self) -> PolicyDocument:
        if not timedelta(seconds=10) <= self.expires_after <= LONGEST:
            raise ValueError("expiresAfter is from 10s to 60d")
        escalated = [self.escalate.after] if self.escalate else []
        if any(after >= self.expires_after for after in (*self.remind_after, *escalated)):
            raise ValueError("remindAfter and escalate come before expiresAfter")
        return self

    def policy(self) -> Policy:
        """The policy that it says, without a digest."""
        escalate = self.escalate
        return Policy(
            mode=self.mode,
            quorum=self._quorum(),
            hotfix=self._hotfix(),
            break_glass=self.break_glass,
            groups=tuple(
                Group(name=name, members=frozenset(members))
                for name, members in self.groups.items()
            ),
            excluded=frozenset(self.excluded),
            unknown_author=self.unknown_author,
            strict_identity=self.strict_identity,
            reason_required=self.reason_required,
            expires_after=self.expires_after,
            remind_after=tuple(sorted(self.remind_after)),
            escalation=Escalation(after=escalate.after, groups=escalate.groups)
            if escalate
            else None,
            keep_stale=self.keep_stale,
            auto_approve=self.auto_approve,
            checks=tuple(self._settings()),
            holds=tuple(
                HoldWindow(
                    window=hold.window(),
                    owner=hold.owner,
                    reason=hold.reason,
                    environments=hold.environments,
                    stages=hold.stages,
                )
                for hold in self.holds
            ),
            rollback_window=self.rollback_window,
            keep_releases=self.keep_releases,
        )

    def _quorum(self) -> Quorum:
        return Quorum(
            approvals=self.approvals, groups=self.approvers, one_from_each=self.one_from_each
        )

    def _hotfix(self) -> Quorum:
        """What is written, or where nothing is, one approval more as far as there is anybody."""
        normal = self._quorum()
        if self.hotfix is not None and self.hotfix.says_something:
            return self.hotfix.quorum(normal)
        named = (*normal.groups, *normal.one_from_each)
        return normal.with_one_more(self._people(*named) if normal.groups else None)

    def _people(self, *groups: str) -> int:
        """How many people these groups have together."""
        return len({member for name in groups for member in self.groups.get(name, ())})

    def _settings(self) -> Iterator[CheckSettings]:
        for check in CHECKS:
            written = getattr(self.checks, check.name)
            if written is not None:
                yield settings_of(check, written)

    def _named_groups(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield "approvers", self.approvers
        yield "oneFromEach", self.one_from_each
        yield "breakGlass", self.break_glass
        if self.hotfix is not None:
            yield "hotfix", (*(self.hotfix.approvers or ()), *(self.hotfix.one_from_each or ()))
        yield "escalate", self.escalate.groups if self.escalate else ()


class FirstPolicy(Document):
    """The document's first form."""

    mode: Mode = Mode.ENFORCE
    approvals: Annotated[int, Field(ge=1, le=10)] = 1
    exclude_author: bool = True
    unknown_author: UnknownAuthor = UnknownAuthor.OWN
    reason_required_to_reject: bool = True
    expires_after_minutes: Annotated[int, Field(ge=5, le=86400)] = 1440
    rollback_window_minutes: Annotated[int, Field(ge=1, le=10080)] = 60
    keep_releases: Annotated[int, Field(ge=1, le=100)] = 3
