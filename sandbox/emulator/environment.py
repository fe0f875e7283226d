"""The environment that MiniStack and boto3 read; `configure` runs before MiniStack's import."""

import os
from pathlib import Path
from typing import Final

from sandbox import clock

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"

PATIENCE_SCALE: Final = "3"
"""How much longer than on AWS the endpoints wait for AWS, which is one busy process here. The
Slack endpoint still answers before Lambda ends it."""


def configure(port: int, scratch: Path) -> None:
    """Set the environment that MiniStack and boto3 read: everything below `scratch`, one port."""
    temporary = scratch / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    for name in [name for name in os.environ if name.startswith(("AWS_", "MINISTACK_"))]:
        del os.environ[name]
    os.environ.update(
        {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "LOG_LEVEL": os.environ.get("SIGNALBOX_SANDBOX_LOG", "WARNING"),
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "SFN_WAIT_SCALE": str(clock.scale()),
            "LAMBDA_WARM_TTL_SECONDS": "3600",
            "PATIENCE_SCALE": PATIENCE_SCALE,
            "S3_DATA_DIR": str(scratch / "s3"),
            "STATE_DIR": str(scratch / "state"),
            "TMPDIR": str(temporary),
            "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
            **credentials(port),
            "AWS_CONFIG_FILE": str(scratch / "aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(scratch / "aws-credentials"),
        }
    )


def credentials(port: int) -> dict[str, str]:
    """The environment of a client of the sandbox: its endpoint and the account's root user."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def account() -> str:
    """The account id of the sandbox."""
    return ACCOUNT


def endpoint() -> str:
    """The sandbox's own endpoint."""
    return os.environ["AWS_ENDPOINT_URL"]
