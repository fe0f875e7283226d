"""Secrets in every format that is known, made up at run time so that no scanner finds one here."""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

HEX = string.digits + "abcdef"
UPPER = string.ascii_uppercase + string.digits
MIXED = string.ascii_letters + string.digits

Draw = Callable[[str, int], str]


@dataclass(frozen=True)
class Canary:
    """``text`` as it would stand in a log, and the ``secret`` in it that nobody may see."""

    format: str
    text: str
    secret: str

    def is_seen_in(self, output: str) -> str:
        """Eight characters of the secret that stand in ``output``, in capitals or not."""
        output = output.lower()
        secret = self.secret.lower()
        parts = (secret[start : start + 8] for start in range(0, max(1, len(secret) - 7), 3))
        return next((part for part in parts if part in output), "")


def canaries(seed: int) -> Iterator[Canary]:
    """One canary of each format; another seed gives other secrets."""
    for name, make in FORMATS.items():
        chance = random.Random(f"{name} {seed}")  # noqa: S311 - no secret of anybody's

        def draw(alphabet: str, length: int, chance: random.Random = chance) -> str:
            return "".join(chance.choices(alphabet, k=length))

        text, secret = make(draw)
        yield Canary(format=name, text=text, secret=secret)


def _after(prefix: str, alphabet: str, length: int) -> Callable[[Draw], tuple[str, str]]:
    def make(draw: Draw) -> tuple[str, str]:
        secret = draw(alphabet, length)
        return prefix + secret, secret

    return make


def _in(pattern: str, alphabet: str, length: int) -> Callable[[Draw], tuple[str, str]]:
    def make(draw: Draw) -> tuple[str, str]:
        secret = draw(alphabet, length)
        return pattern.replace("%", secret), secret

    return make


def _pem(kind: str) -> Callable[[Draw], tuple[str, str]]:
    def make(draw: Draw) -> tuple[str, str]:
        body = "\n".join(draw(MIXED, 64) for _ in range(3))
        lines = f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"
        return lines, body

    return make


def _jwt(draw: Draw) -> tuple[str, str]:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
    claims = base64.urlsafe_b64encode(b'{"sub":"' + draw(HEX, 12).encode() + b'"}').decode()
    signature = draw(MIXED, 43)
    return f"{head}.{claims.rstrip('=')}.{signature}", signature


def _aws_secret(draw: Draw) -> tuple[str, str]:
    drawn = f"aB3{draw(MIXED + '/+', 37)}"
    return drawn, drawn


def _basic(draw: Draw) -> tuple[str, str]:
    secret = base64.b64encode(f"deploy:{draw(MIXED, 16)}".encode()).decode().rstrip("=")
    return f"Authorization: Basic {secret}", secret


FORMATS: dict[str, Callable[[Draw], tuple[str, str]]] = {
    "AWS access key": _after("AK" + "IA", UPPER, 16),
    "AWS temporary access key": _after("AS" + "IA", UPPER, 16),
    "AWS secret access key": _aws_secret,
    "AWS session token": _after("IQoJb3Jp" + "Z2luX2Vj", MIXED, 200),
    "Bedrock API key": _after("AB" + "SK", MIXED, 60),
    "signed URL of S3": _in("https://b.s3.amazonaws.com/k?X-Amz-Signature=%", HEX, 64),
    "Slack bot token": _after("xo" + "xb-1234567890-", MIXED, 24),
    "Slack user token": _after("xo" + "xp-1234567890-", MIXED, 24),
    "Slack refresh token": _after("xo" + "xe-1-", MIXED, 40),
    "Slack app token": _after("xa" + "pp-1-A0-", MIXED, 40),
    "Slack webhook": _after("https://hooks.slack.com/" + "services/T0/B0/", MIXED, 24),
    "GitHub token": _after("gh" + "p_", MIXED, 36),
    "GitHub app token": _after("gh" + "s_", MIXED, 36),
    "GitHub fine-grained token": _after("github" + "_pat_", MIXED, 60),
    "GitLab token": _after("gl" + "pat-", MIXED, 20),
    "JSON Web Token": _jwt,
    "RSA private key": _pem("RSA "),
    "private key": _pem(""),
    "OpenSSH private key": _pem("OPENSSH "),
    "Stripe key": _after("sk" + "_live_", MIXED, 24),
    "Stripe webhook secret": _after("wh" + "sec_", MIXED, 32),
    "OpenAI key": _after("sk" + "-proj-", MIXED, 48),
    "Anthropic key": _after("sk" + "-ant-api03-", MIXED, 60),
    "Google API key": _after("AI" + "za", MIXED, 35),
    "Google OAuth secret": _after("GOC" + "SPX-", MIXED, 28),
    "Google access token": _after("ya" + "29.", MIXED, 60),
    "npm token": _after("np" + "m_", MIXED, 36),
    "PyPI token": _after("py" + "pi-", MIXED, 60),
    "Docker Hub token": _after("dckr" + "_pat_", MIXED, 27),
    "Hugging Face token": _after("h" + "f_", MIXED, 34),
    "DigitalOcean token": _after("dop" + "_v1_", HEX, 64),
    "Databricks token": _after("da" + "pi", HEX, 32),
    "SendGrid key": _in("SG" + ".abcdefghijklmnopqrstuv.%", MIXED, 43),
    "Mailgun key": _after("ke" + "y-", HEX, 32),
    "Twilio key": _after("S" + "K", HEX, 32),
    "Shopify token": _after("shp" + "at_", HEX, 32),
    "Square token": _after("sq0" + "atp-", MIXED, 22),
    "HashiCorp Vault token": _after("hv" + "s.", MIXED, 40),
    "Terraform Cloud token": _after("abcdefghijklmn." + "atlasv1.", MIXED, 60),
    "Grafana token": _after("gl" + "sa_", MIXED, 32),
    "New Relic key": _after("NR" + "AK-", UPPER, 27),
    "Linear key": _after("lin" + "_api_", MIXED, 40),
    "Atlassian token": _after("AT" + "ATT3xFf", MIXED, 60),
    "Telegram bot token": _after("123456789:" + "AA", MIXED, 33),
    "Azure storage key": _in("DefaultEndpointsProtocol=https;Account" + "Key=%==", MIXED, 86),
    "age key": _after("AGE-SECRET" + "-KEY-1", UPPER, 58),
    "URL userinfo": _in("postgres://app:%@db.example.com/shop", MIXED, 12),
    "URL token": _in("https://%@git.example.com/shop.git", MIXED, 32),
    "Bearer header": _after("Authorization: " + "Bearer ", MIXED, 40),
    "Basic header": _basic,
    "password": _after("pass" + "word=", MIXED, 12),
    "quoted password": _in("DB_PASS" + 'WORD: "%"', MIXED, 12),
    "secret in JSON": _in('{"client' + 'Secret": "%"}', MIXED, 16),
    "API key header": _after("X-Api" + "-Key: ", MIXED, 20),
    "access token": _after("access" + "_token=", MIXED, 20),
}
"""By format: how a plausible one is made."""
