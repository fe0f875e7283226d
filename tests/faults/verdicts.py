"""Whether a fault ended well: done, given up with an alarm, or a human told. Never in silence."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.injection import Site
from tests.faults.outcomes import Outcome, doubled, missing
from tests.faults.sweep import Stage, tells_again

OPTIONAL = {"cloudwatch-logs", "codebuild", "codepipeline", "slack", "sts"}
"""Services that tell details of a message, which goes out without them where they refuse."""


def of_a_single_fault(stage: Stage, site: Site, fault: str) -> list[str]:
    """What is wrong after one call met one fault. All must be done; nothing may be given up."""
    run, model = stage.tell(site, fault)
    assert stage.injector.hits, f"{site} was not met again: the story is not told the same way"
    again = tells_again(site, fault, stage.sites)
    found = list(doubled(run, model, posts=int(again), mails=again))
    if fault == "deny" and (_told_by_mail(run, model) or _details_lack(site, run, model)):
        return found
    found += missing(run, model)
    found += [f"given up: {dead}" for dead in run.dead if dead not in model.dead]
    if fault == "lost-reply" and not site.operation.startswith("slack."):
        found += _not_as_if_nothing_had_been(run, model, stage.rounds)
    return found


def of_a_lasting_refusal(stage: Stage, site: Site) -> list[str]:
    """What is wrong where an operation is denied for good: what is missing must be heard of."""
    run, model = stage.tell(site, refused=True)
    found = list(doubled(run, model, posts=len(run.posts), mails=True))
    if not (run.dead or set(run.mails) - set(model.mails)):
        found += missing(run, model)
    return found


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


def _told_by_mail(run: Outcome, model: Outcome) -> bool:
    """No message could be written, and an e-mail went out in its place; all else is done."""
    lacking = missing(run, model, details=False)
    quiet = ("no message", "audit of ")
    left = [each for each in lacking if "REFUSED, not DONE" not in each]
    return set(run.mails) > set(model.mails) and all(each.startswith(quiet) for each in left)


def _details_lack(site: Site, run: Outcome, model: Outcome) -> bool:
    service = site.operation.partition(".")[0]
    return service in OPTIONAL and not list(missing(run, model, details=False))
