import json

from app import handler


def test_the_service_answers_with_200() -> None:
    assert handler({}, None)["statusCode"] == 200


def test_the_service_greets_the_world_unless_told_otherwise() -> None:
    body = json.loads(handler({}, None)["body"])
    assert "world" in body["message"]


def test_the_service_says_which_commit_is_speaking() -> None:
    assert json.loads(handler({}, None)["body"])["commit"]
