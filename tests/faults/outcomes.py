"""What a run came to, and where that differs from the run without a fault."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from signalbox.adapters.dynamodb_audit import _entry
from signalbox.adapters.dynamodb_documents import moment
from signalbox.adapters.dynamodb_items import to_item
from signalbox.domain.audit import first_break

from tests.faults.account import Account
from tests.faults.driver import Driver
from tests.faults.slack import ScriptedSlack

ONCE = ("start_approval", "start_rollback")
"""Kinds of effects of which a fault must not make another one."""

Key = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A run's end, without what a clock or chance decides."""

    facts: frozenset[Key]
    effects: Mapping[Key, str]
    gates: Mapping[str, str]
    workflows: tuple[tuple[str, str, str], ...]
    completed: tuple[str, ...]
    posts: tuple[str, ...]
    """Top-level messages as they stand at the end."""
    replies: tuple[str, ...]
    mails: Mapping[str, int]
    audit: Mapping[str, tuple[str, ...]]
    broken: tuple[str, ...]
    """Subjects whose chain does not verify."""
    anchored: frozenset[str]
    next_time: frozenset[str]
    """Subjects with entries younger than what was anchored so far: the next hour anchors them."""
    dead: tuple[tuple[str, str], ...]

    @property
    def heard_of(self) -> bool:
        """Whether an alarm rang or an e-mail went out."""
        return bool(self.dead or self.mails)


def outcome_of(
    account: Account, driver: Driver, slack: ScriptedSlack, completed: list[str]
) -> Outcome:
    """Read everything that outlives the functions."""
    ledger = [to_item(item) for item in account.items("ledger")]
    chains: dict[str, list[Any]] = {}
    for item in account.items("audit"):
        entry = _entry(to_item(item))
        chains.setdefault(entry.subject, []).append(entry)
    for chain in chains.values():
        chain.sort(key=lambda entry: entry.number)
    until = next((item["until"] for item in ledger if item["pk"] == "anchoring"), "")
    top = [m for m in slack.messages.values() if "thread_ts" not in m]
    below = [m for m in slack.messages.values() if "thread_ts" in m]
    return Outcome(
        facts=frozenset(
            (i["pk"], i["sk"])
            for i in ledger
            if i["sk"].startswith("fact#") or i["pk"].startswith("observation#")
        ),
        effects={(i["pk"], i["sk"]): i["status"] for i in ledger if i["sk"].startswith("effect#")},
        gates={i["pk"]: str(i.get("verdict", "")) for i in ledger if i["sk"] == "gate"},
        workflows=tuple(sorted(account.started())),
        completed=tuple(completed),
        posts=tuple(_shown(m) for m in top),
        replies=tuple(sorted(_shown(m, "thread_ts") for m in below)),
        mails=Counter(account.mails()),
        audit={s: tuple(e.what for e in chain) for s, chain in chains.items()},
        broken=tuple(s for s, chain in chains.items() if first_break(chain) is not None),
        anchored=frozenset(key.rpartition("/")[0] for key in account.anchored()),
        next_time=frozenset(s for s, chain in chains.items() if moment(chain[-1].at) > until),
        dead=tuple(driver.dead),
    )


def doubled(
    run: Outcome, model: Outcome, *, posts: int = 0, mails: bool = False, hours: bool = False
) -> Iterator[str]:
    """What happened more often than without the fault, or in a way that it never may.

    ``posts`` messages of Slack more, and the same mails again, are let pass: neither Slack nor
    SNS knows idempotency, so a reply that was lost may leave one too many. Where the run took
    ``hours``, a workflow that came to nothing has its one second attempt.
    """
    if run.broken:
        yield f"broken chains: {run.broken}"
    others = set(run.workflows) - set(model.workflows)
    if hours:
        others = {one for one in others if not one[1].endswith("-2")}
    if others or len(set(run.workflows)) != len(run.workflows):
        yield f"other workflows: {run.workflows}"
    names = Counter(name for _, name, _ in run.workflows)
    if any(number > 1 for number in names.values()):
        yield f"started twice: {names}"
    extra = {k for k in run.effects.keys() - model.effects.keys() if k[1].split("#")[1] in ONCE}
    if hours:
        extra = {key for key in extra if not key[1].endswith("/again")}
    if extra:
        yield f"effects that nobody asked for: {extra}"
    if len(run.completed) > len(model.completed) and model.completed:
        yield f"verdicts handed over: {run.completed}"
    if len(run.posts) > max(1, len(model.posts)) + posts:
        yield f"{len(run.posts)} messages for {len(model.posts)}"
    twice = [r for r, number in Counter(run.replies).items() if number > 1]
    if len(twice) > posts:
        yield f"replies doubled: {twice}"
    again = {s: n for s, n in run.mails.items() if n > max(1, model.mails.get(s, 0))}
    if again and not mails:
        yield f"e-mails doubled: {again}"
    for subject, what in run.audit.items():
        starts = [w for w in what if w.startswith("start ")]
        own = [w for w in run.workflows if f"start {w[0]}" in starts]
        if run.workflows and starts and not own:
            yield f"{subject}: the audit speaks of other workflows"
    said = [what for chain in run.audit.values() for what in chain]
    for machine, _, _ in run.workflows:
        if f"start {machine}" not in said:
            yield f"{machine} started without an entry of the audit"


def missing(run: Outcome, model: Outcome, *, details: bool = True) -> Iterator[str]:
    """What is not there, and was without the fault. ``details`` compares messages word by word."""
    if model.facts - run.facts:
        yield f"facts: {sorted(model.facts - run.facts)}"
    as_told = model.posts[-1:] == run.posts[-1:] and set(model.replies) <= set(run.replies)
    for key, status in model.effects.items():
        if as_told and key not in run.effects and "#announce#" in key[1]:
            continue  # a later announcement told it as well: what counts is what people see
        if run.effects.get(key) != status:
            yield f"effect {key[1]}: {run.effects.get(key)}, not {status}"
    pending = [key for key, s in run.effects.items() if s == "PENDING" and key not in model.effects]
    if pending:
        yield f"pending: {pending}"
    if dict(run.gates) != dict(model.gates):
        yield f"gates: {run.gates}"
    if set(model.workflows) - set(run.workflows):
        yield f"workflows: {run.workflows}"
    if model.completed != run.completed:
        yield f"verdicts handed over: {run.completed}"
    if details and model.posts and model.posts[-1] not in run.posts:
        yield f"the message: {_difference(model.posts[-1], run.posts)}"
    if details and set(model.replies) - set(run.replies):
        yield f"replies: {set(model.replies) - set(run.replies)}"
    if bool(model.posts) != bool(run.posts):
        yield "no message"
    if set(model.mails) - set(run.mails):
        yield f"e-mails: {dict(run.mails)}"
    for subject, what in model.audit.items():
        lacking = set(what) - set(run.audit.get(subject, ()))
        if lacking:
            yield f"audit of {subject}: {lacking}"
    if model.anchored - run.anchored - run.next_time:
        yield f"anchors: {model.anchored - run.anchored}"
    ended = {key[0] for key, s in run.effects.items() if "#anchor_audit#" in key[1] and s == "DONE"}
    if ended - run.anchored:
        yield f"anchors: {ended - run.anchored}"


def _shown(message: Mapping[str, Any], *without: str) -> str:
    shown = {k: v for k, v in message.items() if k not in {"ts", "channel", "unfurl_links"}}
    text = json.dumps({k: v for k, v in shown.items() if k not in without}, sort_keys=True)
    return re.sub(r"\d\d:\d\d(:\d\d)?", "hh:mm", text)  # what came later says so


def _difference(wanted: str, found: tuple[str, ...]) -> str:
    if not found:
        return "none"
    at = next((i for i, (a, b) in enumerate(zip(wanted, found[-1], strict=False)) if a != b), 0)
    return f"…{wanted[max(0, at - 60) : at + 60]}… but …{found[-1][max(0, at - 60) : at + 60]}…"
