"""Which votes count. Each check says why a vote does not, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from signalbox.domain.gates import Choice, Gate, GateKind, Vote
from signalbox.domain.people import Directory, Person
from signalbox.domain.policy import Policy, Quorum, ReasonRequired
from signalbox.policies.authors import Authors, authors_of
from signalbox.policies.outcome import CountedVote, RefusedVote, Weighed
from signalbox.policies.quorum import may_approve, people_in, standing_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """One vote before its judges."""

    vote: Vote
    person: Person
    gate: Gate
    policy: Policy
    directory: Directory
    authors: Authors

    @property
    def approves(self) -> bool:
        """Whether it is an ordinary approval: rejecting is everybody's right."""
        return self.vote.choice is Choice.APPROVE


def weigh(gate: Gate, policy: Policy, directory: Directory) -> Weighed:
    """What the votes amount to; one person is one voice, whatever accounts are used."""
    authors = authors_of(gate.dossier, policy, directory)
    counted: dict[tuple[str, Choice], CountedVote] = {}
    refused: list[RefusedVote] = []
    for vote in sorted(gate.votes, key=_in_turn):
        person = directory.of_principal(vote.principal)
        why = _why_not(vote, person, gate, policy, directory, authors)
        if why or person is None:
            refused.append(RefusedVote(vote=vote, why=why))
        else:
            counted.setdefault((person.id, vote.choice), CountedVote(vote=vote, person=person.id))
    kept = tuple(counted.values())
    approving = frozenset(one.person for one in kept if one.vote.choice is Choice.APPROVE)
    enough, told = standing_of(approving, policy, directory, quorum_of(gate, policy))
    return Weighed(
        counted=kept,
        refused=tuple(refused),
        enough=enough,
        told=told,
        unknown=authors.unknown,
        rejection=_first(kept, Choice.REJECT),
        emergency=_first(kept, Choice.BREAK_GLASS),
    )


def quorum_of(gate: Gate, policy: Policy) -> Quorum:
    """Whose approval this gate needs."""
    return policy.hotfix if gate.kind is GateKind.HOTFIX else policy.quorum


def same_as_shown(ballot: Ballot) -> str:
    """A vote counts for what the voter was shown: commit, artifact and policy."""
    same = ballot.vote.shown_digest == ballot.gate.shown_digest
    return "" if same else "given on a card that showed something else"


def no_bot(ballot: Ballot) -> str:
    """A bot writes commits, and does not vote."""
    return "a bot has no vote" if ballot.person.bot else ""


def is_approver(ballot: Ballot) -> str:
    """Only members of the groups that the policy names may approve."""
    quorum = quorum_of(ballot.gate, ballot.policy)
    able = may_approve(ballot.policy, ballot.directory, quorum)
    if not ballot.approves or ballot.person.id in able:
        return ""
    groups = dict.fromkeys((*quorum.groups, *quorum.one_from_each))
    return f"not in {' or '.join(groups)}"


def own_change(ballot: Ballot) -> str:
    """Nobody approves what they had a hand in; an unknown author could be anybody."""
    if not ballot.approves:
        return ""
    if ballot.person.id in ballot.authors.people:
        return "own change"
    if ballot.authors.unknown:
        who = ballot.authors.unknown[0]
        return f"{who} is not in the people document, which counts as own change"
    return ""


def reason_given(ballot: Ballot) -> str:
    """A reason where the policy asks for one."""
    required = ballot.policy.reason_required
    rejects = ballot.vote.choice is Choice.REJECT
    needed = required is ReasonRequired.ALWAYS or (required is ReasonRequired.REJECT and rejects)
    return "no reason given" if needed and not ballot.vote.reason.strip() else ""


def may_break_glass(ballot: Ballot) -> str:
    """Alone in an emergency: only members of the policy's groups, with a reason and a ticket."""
    if ballot.vote.choice is not Choice.BREAK_GLASS:
        return ""
    allowed = people_in(ballot.policy, ballot.directory, *ballot.policy.break_glass)
    if ballot.person.id not in allowed:
        return "may not break the glass"
    given = ballot.vote.reason.strip() and ballot.vote.ticket.strip()
    return "" if given else "breaking the glass takes a reason and a ticket"


VOTE_CHECKS: tuple[Callable[[Ballot], str], ...] = (
    same_as_shown,
    no_bot,
    is_approver,
    own_change,
    may_break_glass,
    reason_given,
)


def _why_not(
    vote: Vote,
    person: Person | None,
    gate: Gate,
    policy: Policy,
    directory: Directory,
    authors: Authors,
) -> str:
    if person is None:
        return "not in the people document"
    ballot = Ballot(
        vote=vote, person=person, gate=gate, policy=policy, directory=directory, authors=authors
    )
    return next(filter(None, (check(ballot) for check in VOTE_CHECKS)), "")


def _in_turn(vote: Vote) -> tuple[object, ...]:
    """By time and voter; the rest makes the order complete, so that none depends on the ledger."""
    rest = (vote.choice.value, vote.shown_digest, vote.reason, vote.ticket)
    return (vote.at, vote.principal, *rest)


def _first(kept: tuple[CountedVote, ...], choice: Choice) -> CountedVote | None:
    return next((one for one in kept if one.vote.choice is choice), None)
