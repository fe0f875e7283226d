"""Policies, people and waivers in Parameter Store: what is in force, whatever was written last."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from signalbox.adapters.dynamodb_table import LedgerTable
from signalbox.adapters.policy_documents import read_policy
from signalbox.adapters.ssm_people import SsmPeople, parse_people
from signalbox.adapters.ssm_policies import SsmPolicies
from signalbox.adapters.ssm_routes import parse_routes
from signalbox.adapters.ssm_waivers import SsmWaivers, parse_waivers
from signalbox.domain.errors import AwsRefusedError, AwsUnavailableError, DocumentInvalidError
from signalbox.domain.identity import PipelineId
from signalbox.domain.policy import Mode

from tests.fakes import PIPELINE

PREFIX = "/signalbox/box"
OWN, DEFAULT = f"{PREFIX}/policy/hello", f"{PREFIX}/policy/default"
TWO = {"contract": 2, "approvals": 2}
TWICE = '{"contract": 2, "approvals": 2, "approvals": 1}'
BROKEN = ["{", "[]", "7", TWICE, '{"contract": 9}', '{"contract": 2, "aprovals": 2}']
ADA = {"contract": 1, "people": {"ada": {"slack": ["U0ADA"]}}}


class Parameters:
    """Parameter Store, which may be down; remembers what was read."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.error = ""
        self.reads: list[str] = []

    def put(self, name: str, document: object) -> None:
        self.texts[name] = document if isinstance(document, str) else json.dumps(document)

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803 - boto3's word
        self.reads.append(Name)
        code = self.error or ("" if Name in self.texts else "ParameterNotFound")
        if code:
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "GetParameter")
        return {"Parameter": {"Value": self.texts[Name]}}


class Elapsed:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def parameters() -> Parameters:
    return Parameters()


@pytest.fixture
def elapsed() -> Elapsed:
    return Elapsed()


@pytest.fixture
def policies(parameters: Parameters, table: LedgerTable, elapsed: Elapsed) -> SsmPolicies:
    return SsmPolicies(parameters, PREFIX, table, elapsed)


def test_a_pipelines_own_policy_replaces_the_default_which_replaces_nothing(
    policies: SsmPolicies, parameters: Parameters, elapsed: Elapsed
) -> None:
    unwritten = policies.policy_for(PIPELINE)
    assert unwritten.mode is Mode.OBSERVE, "installing Signalbox stops nobody's releases"
    parameters.put(DEFAULT, {**TWO, "mode": "off"})
    elapsed.seconds += 61
    default = policies.policy_for(PIPELINE)
    assert (default.mode, default.quorum.approvals) == (Mode.OFF, 2)
    parameters.put(OWN, {"contract": 2, "approvals": 3})
    elapsed.seconds += 61
    own = policies.policy_for(PIPELINE)
    assert (own.mode, own.quorum.approvals) == (Mode.ENFORCE, 3)
    assert len({unwritten.digest, default.digest, own.digest}) == 3


def test_the_first_form_of_the_document_still_holds(
    policies: SsmPolicies, parameters: Parameters
) -> None:
    parameters.put(OWN, {"contract": 1, "approvals": 2, "expiresAfterMinutes": 5})
    policy = policies.policy_for(PIPELINE)
    assert (policy.quorum.approvals, policy.expires_after.total_seconds()) == (2, 300)


def test_a_stage_overrides_its_pipeline_and_the_defaults_holds_are_added(
    policies: SsmPolicies, parameters: Parameters
) -> None:
    def hold(owner: str) -> dict[str, str]:
        return {"owner": owner, "reason": "calm", "calendar": "arn:aws:ssm:::document/c"}

    parameters.put(DEFAULT, {"contract": 2, "holds": [hold("everybody")]})
    parameters.put(OWN, TWO | {"holds": [hold("us")], "stages": {"Canary": {"approvals": 1}}})
    canary = policies.policy_for(PIPELINE, "Canary")
    assert canary.quorum.approvals == 1
    assert policies.policy_for(PIPELINE, "Approval").quorum.approvals == 2
    assert [one.owner for one in canary.holds] == ["us", "everybody"]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_bad_document_leaves_the_last_good_one_in_force_and_says_what_is_wrong(
    broken: str,
    policies: SsmPolicies,
    parameters: Parameters,
    table: LedgerTable,
    elapsed: Elapsed,
) -> None:
    parameters.put(OWN, TWO)
    good = policies.policy_for(PIPELINE)
    parameters.put(OWN, broken)
    elapsed.seconds += 61
    assert policies.policy_for(PIPELINE) == good
    assert OWN in policies.fault_of(PIPELINE)
    started_since = SsmPolicies(parameters, PREFIX, table)
    assert started_since.policy_for(PIPELINE) == good, "also where nothing was read before"


@pytest.mark.parametrize("broken", BROKEN)
def test_a_document_that_was_never_good_opens_no_gate_under_other_rules(
    broken: str, policies: SsmPolicies, parameters: Parameters
) -> None:
    parameters.put(DEFAULT, TWO)
    parameters.put(OWN, broken)
    with pytest.raises(DocumentInvalidError, match=OWN):
        policies.policy_for(PIPELINE)


def test_a_policy_that_was_deleted_is_gone_and_the_default_holds(
    policies: SsmPolicies, parameters: Parameters, elapsed: Elapsed
) -> None:
    parameters.put(OWN, TWO)
    parameters.put(DEFAULT, {"contract": 2, "approvals": 5})
    assert policies.policy_for(PIPELINE).quorum.approvals == 2
    del parameters.texts[OWN]
    elapsed.seconds += 61
    assert policies.policy_for(PIPELINE).quorum.approvals == 5
    assert policies.fault_of(PIPELINE) == ""


def test_while_parameter_store_is_down_what_was_read_holds_and_nothing_is_guessed(
    policies: SsmPolicies, parameters: Parameters, elapsed: Elapsed
) -> None:
    parameters.error = "InternalServerError"
    with pytest.raises(AwsUnavailableError):
        policies.policy_for(PIPELINE)
    parameters.error = ""
    parameters.put(OWN, TWO)
    good = policies.policy_for(PIPELINE)
    parameters.error = "ThrottlingException"
    elapsed.seconds += 61
    assert policies.policy_for(PIPELINE) == good


def test_a_document_is_read_once_a_minute(
    policies: SsmPolicies, parameters: Parameters, elapsed: Elapsed
) -> None:
    parameters.put(OWN, TWO)
    for _ in range(20):
        policies.policy_for(PIPELINE, "Approval")
    assert sorted(parameters.reads) == [DEFAULT, OWN]
    elapsed.seconds += 61
    policies.policy_for(PIPELINE)
    assert parameters.reads.count(OWN) == 2


def test_a_name_that_no_parameter_may_have_goes_by_the_default(
    policies: SsmPolicies, parameters: Parameters
) -> None:
    parameters.put(DEFAULT, TWO)
    odd = PipelineId(account=PIPELINE.account, region=PIPELINE.region, name="me@work")
    assert policies.policy_for(odd).quorum.approvals == 2
    assert parameters.reads == [DEFAULT]


def test_nobody_may_approve_before_there_is_a_people_document(
    parameters: Parameters, table: LedgerTable
) -> None:
    nobody = SsmPeople(parameters, PREFIX, table).in_force()
    assert nobody.directory.people == ()
    assert "policy put" in nobody.fault


def test_a_bad_people_document_leaves_the_last_good_one_in_force(
    parameters: Parameters, table: LedgerTable
) -> None:
    elapsed = Elapsed()
    people = SsmPeople(parameters, PREFIX, table, elapsed)
    parameters.put(f"{PREFIX}/people", ADA)
    good = people.in_force()
    assert good.directory.of_principal("slack:T0001:U0ADA")
    twice = {"ada": {"slack": ["U0ADA"]}, "eve": {"slack": ["U0ADA"]}}
    parameters.put(f"{PREFIX}/people", {"contract": 1, "people": twice})
    elapsed.seconds += 61
    assert people.in_force().directory == good.directory
    assert "U0ADA is of ada and eve" in people.in_force().fault


def test_what_may_not_be_read_is_not_nothing(parameters: Parameters, table: LedgerTable) -> None:
    parameters.put(f"{PREFIX}/people", ADA)
    parameters.error = "AccessDeniedException"
    with pytest.raises(AwsRefusedError):
        SsmPeople(parameters, PREFIX, table).in_force()
    parameters.error = ""
    good = SsmPeople(parameters, PREFIX, table).in_force()
    parameters.error = "AccessDeniedException"
    held = SsmPeople(parameters, PREFIX, table).in_force()
    assert held.directory == good.directory
    assert "AccessDenied" in held.fault


def test_a_bad_waivers_document_leaves_the_last_good_one_in_force(
    parameters: Parameters, table: LedgerTable
) -> None:
    elapsed = Elapsed()
    waivers = SsmWaivers(parameters, PREFIX, table, elapsed)
    assert waivers.all() == ()
    one = {"finding": "CVE-2026-1", "until": "2026-12-24", "reason": "not reachable"}
    parameters.put(f"{PREFIX}/waivers", {"contract": 1, "waivers": [one]})
    elapsed.seconds += 61
    good = waivers.all()
    assert [w.finding for w in good] == ["CVE-2026-1"]
    assert good[0].until.isoformat() == "2026-12-25T00:00:00+00:00", "to the end of its day"
    parameters.put(f"{PREFIX}/waivers", {"contract": 1, "waivers": [one | {"until": "soon"}]})
    elapsed.seconds += 61
    assert waivers.all() == good


@pytest.mark.parametrize("read", [parse_people, parse_waivers, parse_routes, read_policy])
def test_a_name_that_is_written_twice_is_a_mistake(read: Callable[[str, str], object]) -> None:
    with pytest.raises(DocumentInvalidError, match="'contract' is written twice"):
        read('{"contract": 1, "contract": 1}', "/signalbox/box/x")


@pytest.mark.parametrize("cron", ["0 16 * * * 5", "0 16 * * 5 *", "0 16 * * 5 2027", "0 16 * *"])
def test_a_cron_of_other_than_five_fields_is_refused(cron: str) -> None:
    hold = {"cron": cron, "for": "4h", "owner": "us", "reason": "calm"}
    with pytest.raises(DocumentInvalidError, match="here has five: minute hour day month weekday"):
        read_policy(json.dumps({"contract": 2, "holds": [hold]}), OWN)
