from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signalbox.adapters.dynamodb_facts import fact_json, read_fact
from signalbox.domain.facts import ActionChanged, ApprovalAsked, BuildChanged
from signalbox.events.leftovers import LARGEST, masked, quoted, without_secrets
from signalbox.events.reader import read

from tests.unit.events.samples import FILES, changed, only, sample

NEW = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=30,
)


def of_action(**detail: object) -> ActionChanged:
    (fact,) = read(changed("codepipeline_action_build_started", **detail))
    assert isinstance(fact, ActionChanged)
    return fact


@pytest.mark.case(45)
def test_a_field_that_is_new_to_us_is_kept_and_changes_nothing() -> None:
    plain, richer = of_action(), of_action(**{"carbon-footprint": {"grams": 3.5}})
    assert richer.extra["carbon-footprint"] == {"grams": 3.5}
    assert richer == plain
    assert repr(richer) == repr(plain)


def test_a_new_field_within_a_known_one_is_kept_where_it_stood() -> None:
    assert of_action().extra["type"] == {"owner": "AWS", "version": "1"}


def test_what_is_kept_survives_the_ledger() -> None:
    fact = of_action(new=["one", {"two": None}])
    again = read_fact(fact_json(fact))
    assert again == fact
    assert isinstance(again, ActionChanged)
    assert again.extra == fact.extra


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.text(min_size=1), NEW, max_size=6))
def test_whatever_is_new_is_kept_within_bounds_and_as_json(new: dict[str, Any]) -> None:
    extra = of_action(**{f"new-{name}": value for name, value in new.items()}).extra
    assert len(json.dumps(extra, allow_nan=False).encode()) <= LARGEST


def test_what_does_not_fit_is_left_out_and_the_rest_is_kept() -> None:
    extra = of_action(vast=[["x" * 500] * 20], small=1).extra
    assert "vast" not in extra
    assert extra["small"] == 1


def test_what_nests_too_deep_is_cut() -> None:
    deep: Any = "bottom"
    for _ in range(60):
        deep = [deep]
    assert "bottom" not in json.dumps(of_action(deep=deep).extra)


@pytest.mark.case(33)
@pytest.mark.parametrize(
    "said",
    [
        dict(password="correct horse"),  # noqa: C408 - a scanner takes a pair for a secret
        {"Value": "correct horse", "Name": "DB_PASSWORD"},
        {"environment-variables": [{"name": "COLOUR", "value": "correct horse"}]},
        {"apiToken": ["correct horse"]},
        {"reasonData": json.dumps({"secret": "correct horse"})},
        {"log": "password=correct horse".replace(" ", "-")},
    ],
    ids=json.dumps,
)
def test_a_secret_is_masked_by_the_name_it_goes_by(said: dict[str, Any]) -> None:
    kept = json.dumps(masked(said))
    assert "horse" not in kept
    assert "masked" in kept


def test_numbers_that_json_lacks_become_text() -> None:
    assert masked([float("nan"), float("inf"), 1.5, True, None]) == ["nan", "inf", 1.5, True, None]


def test_environment_variables_of_a_build_lose_their_values() -> None:
    payload = sample("codebuild_state_failed")
    payload["detail"]["additional-information"]["environment"] = {
        "image": "aws/codebuild/standard:7.0",
        "environment-variables": [{"name": "COLOUR", "type": "PLAINTEXT", "value": "s3cr3t"}],
    }
    (fact,) = read(payload)
    assert isinstance(fact, BuildChanged)
    kept = json.dumps(fact.extra)
    assert "s3cr3t" not in kept
    assert "COLOUR" in kept


@pytest.mark.case(22)
def test_the_token_of_an_approval_is_nowhere_in_its_fact() -> None:
    payload = sample("sns_codepipeline_approval")
    document = json.loads(payload["Records"][0]["Sns"]["Message"])
    token = document["approval"]["token"]
    document["approval"] |= {"customData": f"look: {token}", "new": [{"deep": token}]}
    payload["Records"][0]["Sns"]["Message"] = json.dumps(document)
    (fact,) = read(payload)
    assert isinstance(fact, ApprovalAsked)
    assert token not in fact_json(fact)
    assert "look: " in fact.extra["customData"]


def test_a_word_of_a_stranger_is_quoted_short_and_masked() -> None:
    assert quoted("a\nb" + "x" * 500) == repr("a\nb" + "x" * 97)
    assert "AKIA" not in quoted("AKIA" + "Q" * 16)


def test_every_sample_of_ours_has_a_fact_that_is_small() -> None:
    for file in FILES:
        for fact in read(json.loads(file.read_text())):
            assert len(fact_json(fact)) < 8192


def test_the_sample_of_a_build_keeps_what_it_does_not_read() -> None:
    assert only("codebuild_state_failed", BuildChanged).extra


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_payload_without_secrets_stays_what_it_is(file: Path) -> None:
    document = file.read_text()
    assert read(json.loads(without_secrets(document))) == read(json.loads(document))


def test_a_payload_that_is_no_json_is_masked_as_text() -> None:
    key = "AKIA" + "Q" * 16
    assert without_secrets(f"oh: {key}") == "oh: [masked]"
    assert without_secrets(f'{{"oh": "{key}"') == '{"oh": "[masked]"'
    assert without_secrets("{" * 5000) == "{" * 5000
