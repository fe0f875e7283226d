"""Whether a fault ended well: done, given up with an alarm, or a human told. Never in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from tests.faults.injection import Site
from tests.faults.outcomes import Outcome, doubled, missing
from tests.faults.sweep import Stage, tells_again

OPTIONAL = {"cloudwatch-logs", "codebuild", "codepipeline", "slack", "sts"}
"""Services that tell details of a message, which goes out without them where they refuse."""

REQUEST = json.dumps("\N{RAISED HAND}")[1:-1]
"""What a reply that asks for a decision begins with, as JSON writes it."""


def of_a_single_fault(stage: Stage, site: Site, fault: str) -> list[str]:
    """What is wrong after one call met one fault. All must be done; nothing may be given up."""
    run, model = stage.tell(site, fault)
    assert stage.injector.hits, f"{site} was not met again: the story is not told the same way"
    again = tells_again(site, fault, stage.sites)
    found = list(doubled(run, model, posts=int(again), mails=again))
    if fault == "deny" and (_told_by_mail(run, model) or _details_lack(site, run, model)):
        return found
    found += missing(run, _without_requests(model) if stage.story.reconciling else model)
    found += [f"given up: {dead}" for dead in run.dead if dead not in model.dead]
    if fault == "lost-reply" and not site.operation.startswith("slack."):
        found += _not_as_if_nothing_had_been(run, model, stage.rounds)
    return found


def of_a_lasting_refusal(stage: Stage, site: Site) -> list[str]:
    """What is wrong where an operation is denied for good: what is missing must be heard of."""
    run, model = stage.tell(site, refused=True)
    found = list(doubled(run, model, posts=len(run.posts), mails=True, hours=True))
    if run.dead or set(run.mails) - set(model.mails):
        return found
    if _told_by_mail(run, model) or _details_lack(site, run, model):
        return found
    return [*found, *missing(run, model)]


def of_no_fault(stage: Stage) -> list[str]:
    """What is wrong with the story itself: it must come to its end before the schedule helps."""
    before, after = stage.models
    found = [f"pending: {key}" for key, status in before.effects.items() if status == "PENDING"]
    found += [*doubled(after, before), *missing(after, before)]
    found += [each for each in missing(before, after) if not each.startswith("anchors")]
    for key in before.effects:
        kind = key[1].split("#")[1]
        if kind.startswith("start_") and not before.workflows:
            found.append(f"{kind} started nothing")
    return found


def _not_as_if_nothing_had_been(run: Outcome, model: Outcome, rounds: int) -> Iterator[str]:
    """botocore sends a call again whose reply was lost: we know our own writes again."""
    if rounds:
        yield "only the schedule mended it"
    if dict(run.audit) != dict(model.audit):
        yield f"the audit says more: {run.audit}"


def _without_requests(model: Outcome) -> Outcome:
    """Nobody is asked any more to decide a gate that the schedule has closed first."""
    return replace(model, replies=tuple(r for r in model.replies if REQUEST not in r))


def _told_by_mail(run: Outcome, model: Outcome) -> bool:
    """No message could be written, and an e-mail went out in its place; all else is done.

    Of a failure one goes out in any case, and says the same: then it is the one in its place.
    """
    lacking = missing(run, model, details=False)
    quiet = ("no message", "audit of ")
    untold = ("REFUSED, not DONE", "#announce-reply-")
    left = [each for each in lacking if not any(words in each for words in untold)]
    mailed = bool(run.mails) and set(run.mails) >= set(model.mails)
    return mailed and all(each.startswith(quiet) for each in left)


def _details_lack(site: Site, run: Outcome, model: Outcome) -> bool:
    service = site.operation.partition(".")[0]
    return service in OPTIONAL and not list(missing(run, model, details=False))
