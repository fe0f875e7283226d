"""The terminal's requests reach a route with `AWS_IAM`, signed as whoever asks."""

import pytest
from botocore.credentials import Credentials
from signalbox.domain.errors import AwsRefusedError

from cli.control_api import ControlApi, place_of
from sandbox.emulator import REGION
from tests.unit.sandbox.an_api import Api

pytestmark = pytest.mark.sandbox


def _of(api: Api, keys: Credentials) -> ControlApi:
    url = f"https://{api.id}.execute-api.{REGION}.amazonaws.com"
    return ControlApi(place_of(url, "", api.box.endpoint), keys)


def test_the_api_sees_who_asks_and_what(api: Api, caller: Credentials) -> None:
    seen = _of(api, caller).post("/gates/g1", {"choice": "approve"})
    assert seen["requestContext"]["authorizer"]["iam"]["userArn"].endswith(
        "assumed-role/caller/ana"
    )
    assert seen["pathParameters"] == {"gate": "g1"}
    assert (seen["body"], seen["isBase64Encoded"]) == ('{"choice": "approve"}', False)


def test_a_signature_by_other_keys_is_refused_in_words(api: Api, caller: Credentials) -> None:
    forged = Credentials(caller.access_key, "not the secret", caller.token)
    with pytest.raises(AwsRefusedError, match="execute-api:Invoke"):
        _of(api, forged).post("/gates/g1", {})
