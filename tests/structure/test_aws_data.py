"""What is cut from botocore's data is all that the function calls, and nothing else differs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from signalbox.runtime.aws_data import Sessions

from tests.unit.slack.endpoint_on_aws import endpoint_on_aws
from tests.unit.slack.slack_world import a_click, command_form, form_of, signed
from tools.aws_data import ADAPTERS, CALLERS, calls_in, cut_data

ROOT = Path(__file__).resolve().parents[2]
FUNCTION = "answer_slack"
DATA = Path(botocore.__file__).parent / "data"
REGIONS = ("us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "ap-southeast-7", "eu-zz-9")
KEYS: dict[str, Any] = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    cut_data(FUNCTION, folder, DATA)
    return folder


def clients(package: Path, service: str, **more: Any) -> Iterator[Any]:
    """The same client, from cut data and from botocore's own."""
    for session in (Sessions(str(package)).of(service), botocore.session.Session()):
        yield session.create_client(service, **KEYS, **more)


@pytest.mark.parametrize("service", CALLERS[FUNCTION])
def test_every_operation_that_is_called_is_there_and_means_the_same(
    service: str, package: Path
) -> None:
    calls = calls_in(CALLERS[FUNCTION][service])
    assert calls
    ours, stock = clients(package, service, region_name="us-east-1")
    assert set(ours.meta.method_to_api_mapping) == calls
    for call in calls:
        name = ours.meta.method_to_api_mapping[call]
        models = [one.meta.service_model.operation_model(name) for one in (ours, stock)]
        shapes = [(shape_of(one.input_shape), shape_of(one.output_shape)) for one in models]
        assert shapes[0] == shapes[1]
        errors = [sorted(error.name for error in one.error_shapes) for one in models]
        assert errors[0] == errors[1]


def shape_of(shape: Any, within: tuple[str, ...] = ()) -> Any:
    """A shape without its texts, as deep as it goes; shapes may hold themselves."""
    if shape is None or shape.name in within:
        return None
    inner = (*within, shape.name)
    members = getattr(shape, "members", {}) if shape.type_name == "structure" else {}
    parts = {name: shape_of(member, inner) for name, member in members.items()}
    for name in ("member", "key", "value"):
        if shape.type_name in {"list", "map"} and hasattr(shape, name):
            parts[name] = shape_of(getattr(shape, name), inner)
    return shape.type_name, shape.metadata, shape.serialization, parts


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", CALLERS[FUNCTION])
def test_a_client_goes_where_botocores_own_would_go(
    service: str, region: str, package: Path
) -> None:
    ours, stock = clients(package, service, region_name=region)
    assert ours.meta.endpoint_url == stock.meta.endpoint_url
    assert ours.meta.partition == stock.meta.partition
    assert ours.meta.config.signature_version == stock.meta.config.signature_version


def test_a_service_that_was_not_cut_is_read_from_botocores_own_data(package: Path) -> None:
    sessions = Sessions(str(package))
    client = sessions.of("sts").create_client("sts", region_name="us-east-1", **KEYS)
    assert "assume_role" in client.meta.method_to_api_mapping
    assert sessions.of("sts") is not sessions.of("sqs")
    assert sessions.of("sqs") is sessions.of("dynamodb"), "one session, so that data is read once"


def test_without_a_package_everything_is_botocores_own(tmp_path: Path) -> None:
    for root in ("", str(tmp_path)):
        client = Sessions(root).of("sqs").create_client("sqs", region_name="us-east-1", **KEYS)
        assert "receive_message" in client.meta.method_to_api_mapping


def test_no_adapter_of_the_function_calls_aws_but_those_that_are_listed() -> None:
    """Whatever the endpoint loads for its start, for a click or for any command."""
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import app, signalbox.adapters.slack_commands\n"
        "import signalbox.adapters.dynamodb_commands, signalbox.adapters.dynamodb_holds\n"
        "from signalbox.runtime.settings import Settings\n"
        "from signalbox.runtime.wiring import World\n"
        "from types import SimpleNamespace\n"
        "class Any(dict):\n"
        "    def get(self, name, default=None): return 'https://x:x:x:x:x:x'\n"
        "world = World(Settings(Any(POWERTOOLS_SERVICE_NAME='answer_slack')))\n"
        "world.__dict__['clients'] = SimpleNamespace(own=print)\n"
        "names = 'slack_secrets gates noted commands holds bells modals slack_app here'.split()\n"
        "[getattr(world, name) for name in names]\n"
        "print(*(n for n in sys.modules if n.startswith('signalbox.adapters.')))\n"
    )
    paths = [str(ROOT / "functions" / FUNCTION), str(ROOT / "layers" / "signalbox")]
    run = subprocess.run(
        [sys.executable, "-c", program, *paths], capture_output=True, text=True, check=True
    )
    *made, loaded = run.stdout.strip().splitlines()
    files = [name.rpartition(".")[2] + ".py" for name in loaded.split()]
    calling = {file for file in files if (ADAPTERS / file).exists() and calls_in(file)}
    assert calling == set(CALLERS[FUNCTION].values())
    assert set(made) == set(CALLERS[FUNCTION])


def test_clicks_and_commands_work_with_what_is_shipped(package: Path) -> None:
    with endpoint_on_aws(str(package)) as endpoint:
        assert "scan" not in dir(endpoint.world.clients.own("dynamodb")), "it is the cut data"
        gate = endpoint.opened_gate()
        for body in (
            form_of(a_click(gate)),
            form_of(a_click(gate, "review_gate")),
            *(command_form(text) for text in ("status", "why hello", "hold everything 2h why")),
        ):
            assert endpoint.answer(signed(endpoint, body))["statusCode"] == 200
        assert len(endpoint.effects()) == 3
