"""Real botocore clients whose answers a test gives; the model checks requests and answers."""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.stub import Stubber
from signalbox.domain.services import Service


class StubbedClients:
    """Clients of every service, each with its own stub."""

    def __init__(self) -> None:
        self._session = botocore.session.Session()
        self._stubs: dict[str, tuple[Any, Stubber]] = {}

    def for_service(self, service: Service, name: str) -> Any:
        return self._of(name)[0]

    def own(self, name: str) -> Any:
        return self._of(name)[0]

    def answers(self, name: str) -> Stubber:
        return self._of(name)[1]

    def _of(self, name: str) -> tuple[Any, Stubber]:
        if name not in self._stubs:
            client = self._session.create_client(
                name, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
            )
            stub = Stubber(client)
            stub.activate()
            self._stubs[name] = client, stub
        return self._stubs[name]
