"""What `signalbox doctor` looks at in the documents of Parameter Store."""

from __future__ import annotations

from collections.abc import Iterator

from signalbox.adapters.aws_errors import aws_call
from signalbox.adapters.policy_documents import policy_of, read_policy
from signalbox.adapters.ssm_people import parse_people
from signalbox.adapters.ssm_routes import parse_routes
from signalbox.adapters.ssm_services import service_of
from signalbox.adapters.ssm_waivers import parse_waivers
from signalbox.domain.errors import AwsRefusedError, DocumentInvalidError
from signalbox.domain.people import Directory
from signalbox.domain.policy import Policy
from signalbox.domain.services import Service

from cli.examined import Finding, Level, Patient

LAST_GOOD = "the last good one stays in force meanwhile, if there was one"


def people(patient: Patient) -> Iterator[Finding]:
    """Somebody may approve."""
    text = patient.text_of("people")
    if text is None:
        what = "there is no people document: nobody may approve anything"
        yield Finding(Level.FAIL, what, "signalbox policy put people.json --people")
        return
    try:
        directory = parse_people(text, f"{patient.prefix}/people")
    except DocumentInvalidError as wrong:
        yield Finding(Level.FAIL, str(wrong), f"put it right; {LAST_GOOD}")
        return
    who = [one for one in directory.people if not one.bot]
    reachable = sum(bool(one.slack) for one in who)
    signing = sum(bool(one.aws) for one in who)
    people_found = "1 person" if len(who) == 1 else f"{len(who)} people"
    said = f"{people_found} ({reachable} with a Slack id, {signing} with an AWS identity)"
    if not reachable and not signing:
        yield Finding(Level.FAIL, f"{said}: nobody can vote", "add Slack ids or AWS ARNs")
    else:
        yield Finding(Level.OK, said)


def policies(patient: Patient) -> Iterator[Finding]:
    """Each policy can be read, and the people whom it names exist."""
    directory = _directory(patient)
    found = list(patient.below("policy"))
    for name, _, text in found:
        try:
            written = read_policy(text, name)
            policy = policy_of(written, name)
        except DocumentInvalidError as wrong:
            yield Finding(Level.FAIL, str(wrong), f"put it right; {LAST_GOOD}")
            continue
        unknown = _unknown(policy, directory)
        if unknown and directory.people:
            what = f"{name}: nobody in the people document is {', '.join(unknown)}"
            yield Finding(Level.WARN, what, "add them there, or take them out of the policy")
        else:
            yield Finding(Level.OK, f"{name}: {policy.mode.value}")
    if not found:
        yield Finding(
            Level.WARN,
            "no policy: pipelines are only observed",
            "signalbox policy put FILE --default",
        )


def waivers(patient: Patient) -> Iterator[Finding]:
    """They can be read, where there are any."""
    text = patient.text_of("waivers")
    if text is None:
        yield Finding(Level.OK, "no waivers")
        return
    try:
        found = parse_waivers(text, f"{patient.prefix}/waivers")
    except DocumentInvalidError as wrong:
        yield Finding(Level.FAIL, str(wrong), f"put it right; {LAST_GOOD}")
        return
    over = [one.finding for one in found if one.until <= patient.now]
    if over:
        what = f"{len(over)} of {len(found)} waivers are over: {', '.join(over[:5])}"
        yield Finding(Level.WARN, what, "renew them, or take them out")
    else:
        yield Finding(Level.OK, f"{len(found)} waivers")


def routes(patient: Patient) -> Iterator[Finding]:
    """News goes somewhere."""
    text = patient.text_of("routes")
    if text is None:
        do = 'put {"contract": 1, "channel": "#releases"} there'
        yield Finding(Level.FAIL, f"there is no {patient.prefix}/routes: news goes nowhere", do)
        return
    try:
        table = parse_routes(text, f"{patient.prefix}/routes")
    except DocumentInvalidError as wrong:
        yield Finding(Level.FAIL, str(wrong), f"put it right; {LAST_GOOD}")
    else:
        yield Finding(Level.OK, f"news goes to {table.channel}, {len(table.rules)} rules")


def operators(patient: Patient) -> Iterator[Finding]:
    """Each service is registered well, and its operator role is there."""
    found = list(patient.below("services"))
    for name, arn, text in found:
        try:
            service = service_of(arn, name, text)
        except DocumentInvalidError as wrong:
            yield Finding(Level.FAIL, str(wrong), "put it right: the service is left out meanwhile")
            continue
        yield _operator(service, patient)
    if not found:
        do = "deploy pipelines/service.yaml, or: signalbox adopt PIPELINE"
        yield Finding(Level.WARN, "no pipeline is registered", do)


def _operator(service: Service, patient: Patient) -> Finding:
    role = service.operator_role_arn.rpartition("/")[2]
    try:
        with aws_call(f"read role {role}"):
            trust = patient.client("iam").get_role(RoleName=role)["Role"][
                "AssumeRolePolicyDocument"
            ]
    except AwsRefusedError as refused:
        if refused.code != "NoSuchEntity":
            raise
        do = f"deploy {service.name}'s stack anew; until then Signalbox can do nothing with it"
        return Finding(Level.FAIL, f"{service.name}: there is no role {role}", do)
    if f"role/{patient.stack}-" not in str(trust):
        what = f"{service.name}: {role} does not name the stack {patient.stack} in its trust"
        do = f"deploy its stack with SignalboxStack={patient.stack}"
        return Finding(Level.WARN, what, do)
    open_targets = [one.name for one in service.environments if one.target is None]
    if open_targets:
        what = (
            f"{service.name}: no target in {', '.join(open_targets)}: nothing is rolled back there"
        )
        return Finding(Level.OK, what)
    return Finding(Level.OK, f"{service.name}: {role}")


def _directory(patient: Patient) -> Directory:
    try:
        return parse_people(patient.text_of("people") or "", "people")
    except DocumentInvalidError:
        return Directory()  # `people` says so


def _unknown(policy: Policy, directory: Directory) -> list[str]:
    members = {member for group in policy.groups for member in group.members}
    return sorted(member for member in members if directory.of_slack(member) is None)
