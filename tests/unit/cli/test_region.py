"""The region that a terminal's calls go to."""

import os

import pytest

from cli import main


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"AWS_REGION": "eu-central-1"}, "eu-central-1"),
        ({"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "us-west-2"}, "us-west-2"),
        ({}, None),
    ],
)
def test_aws_region_is_enough(
    given: dict[str, str], told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", dict(given))
    monkeypatch.setattr(main, "app", lambda: None)
    main.run()
    assert os.environ.get("AWS_DEFAULT_REGION") == told
