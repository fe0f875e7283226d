"""Covers secrets before text reaches people, logs or AWS. Better a word too many than a key.

Sources of the formats: AWS IAM "Understanding unique ID prefixes", Slack "Token types", GitHub
"About authentication", GitLab "Token overview", RFC 7468 (PEM), RFC 7519 (JWT), RFC 3986 userinfo,
and the token pages of the vendors named beside each pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "[masked]"

FORMATS: dict[str, str] = {
    "PEM private key": r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----"
    r"(?:[\s\S]*?-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----|[\s\S]*)",
    "AWS access key or unique id": r"(?<![A-Z0-9])"
    r"(?:A(?:KIA|SIA|GPA|IDA|ROA|NPA|NVA|BIA|CCA))[A-Z0-9]{12,}",
    "AWS session token": r"\b(?:FwoGZXIvYXdzE|IQoJb3JpZ2luX2Vj)[A-Za-z0-9+/=_\-]{16,}",
    "Bedrock API key": r"\bABSK[A-Za-z0-9+/]{40,}={0,2}",
    "Slack token": r"\bxox[a-z](?:\.[a-z]+)?-[A-Za-z0-9\-]{8,}",
    "Slack app token": r"\bxapp-[A-Za-z0-9\-]{8,}",
    "Slack webhook": r"hooks\.slack\.com/(?:services|workflows|triggers|actions|commands)/[\w/\-]+",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{16,}",
    "GitHub fine-grained token": r"\bgithub_pat_[A-Za-z0-9_]{20,}",
    "GitLab token": r"\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas)-[A-Za-z0-9_\-.]{16,}",
    "JSON Web Token": r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*){0,3}",
    "Stripe key": r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}",
    "Stripe webhook secret": r"\bwhsec_[A-Za-z0-9+/=]{16,}",
    "Anthropic, OpenAI and alike": r"\bsk-(?:[a-z]+-)*[A-Za-z0-9_\-]{20,}",
    "Google API key": r"\bAIza[A-Za-z0-9_\-]{30,}",
    "Google OAuth": r"\b(?:GOCSPX-[A-Za-z0-9_\-]{20,}|ya29\.[A-Za-z0-9_\-.]{20,})",
    "npm token": r"\bnpm_[A-Za-z0-9]{30,}",
    "PyPI token": r"\bpypi-[A-Za-z0-9_\-]{16,}",
    "Docker Hub token": r"\bdckr_(?:pat|oat)_[A-Za-z0-9_\-]{16,}",
    "Hugging Face token": r"\bhf_[A-Za-z0-9]{20,}",
    "DigitalOcean token": r"\bdo[opr]_v1_[a-f0-9]{32,}",
    "Databricks token": r"\bdapi[a-f0-9]{32}",
    "SendGrid key": r"\bSG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}",
    "Mailgun key": r"\bkey-[a-f0-9]{32}\b",
    "Twilio key": r"\b(?:SK|AC)[a-f0-9]{32}\b",
    "Shopify token": r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    "Square token": r"\b(?:sq0(?:atp|csp|idp)-[A-Za-z0-9_\-]{20,}|EAAA[A-Za-z0-9_\-]{40,})",
    "HashiCorp Vault token": r"\bhv[sbr]\.[A-Za-z0-9_\-]{20,}",
    "Terraform Cloud token": r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{40,}",
    "Grafana token": r"\bgl(?:sa|c)_[A-Za-z0-9_+/=]{20,}",
    "New Relic key": r"\bNR(?:AK|II|JS|BR|RA)-[A-Za-z0-9]{20,}",
    "Linear key": r"\blin_(?:api|oauth)_[A-Za-z0-9]{20,}",
    "Atlassian token": r"\bAT(?:ATT|CTT|BB)[A-Za-z0-9_\-=]{20,}",
    "Telegram bot token": r"\b\d{8,10}:AA[A-Za-z0-9_\-]{32,}",
    "Azure storage key": r"(?i)\bAccountKey=[A-Za-z0-9+/]{20,}={0,2}",
    "age key": r"\bAGE-SECRET-KEY-1[A-Z0-9]{40,}",
    "Signed URL": r"(?i)\b(?:X-Amz-(?:Signature|Credential|Security-Token)|sig)=[^&\s\"'<>]{16,}",
    "URL userinfo": r"(?<=://)[^\s/@:]*:[^\s/]+(?=@)",
    "URL token": r"(?<=://)[^\s/@:]{16,}(?=@)",
    "Authorization header": r"(?i)\b(?:Bearer|Basic)\s+[A-Za-z0-9+/=_\-.~]{12,}",
}
"""Every format that is recognised by its look."""

_ASSIGNED = re.compile(
    r"""(?ix)
    ((?:passw(?:or)?d|passwd|passphrase|secret|token|api[_\-]?key|access[_\-]?key|private[_\-]?key
        |account[_\-]?key|credentials?|pwd)
        [\w.\-]{0,40}\\{0,9}["'`]?\s{0,5}(?:=>|:=|=|:)\s{0,5})
    (\\{0,9}"[^"\n]{3,}"|\\{0,9}'[^'\n]{3,}'|[^\s"',;&<>]{4,}(?:(?<=[:=])\s{0,5}[^\s"',;&<>]+)*)
    """
)
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_ASSIGNED_TO = ("pass", "pwd", "secret", "token", "key", "credential")
"""Every name in ``_ASSIGNED`` holds one of these."""

SHORTEST = 13
"""Characters of the shortest secret that is known by its look; but a URL's may be shorter, before
its ``@``. Most texts are shorter, so that they cost next to nothing.
"""


def any_of(patterns: Iterable[str]) -> str:
    """One pattern for many. Those that begin at a word's edge share it, for otherwise ``re`` tries
    every one of them at every character, which costs four times as much.
    """
    each = list(patterns)
    at_words = "|".join(f"(?:{one[2:]})" for one in each if one.startswith(r"\b"))
    others = [f"(?:{one})" for one in each if not one.startswith(r"\b")]
    return "|".join([rf"\b(?:{at_words})", *others])


_LOOKS = re.compile(any_of(pattern.removeprefix("(?i)") for pattern in FORMATS.values()))
_LOOKS_ANY_CASE = re.compile(
    any_of(p[4:] for p in FORMATS.values() if p.startswith("(?i)")), re.IGNORECASE
)


def mask(text: str) -> str:
    """Replace every secret that is recognised, by its look or by the name it is assigned to.

    A commit's id (40 lower-case hexadecimal digits) is no secret and stays.
    """
    if len(text) >= SHORTEST or "@" in text:
        text = _LOOKS.sub(MASK, text)
        text = _LOOKS_ANY_CASE.sub(MASK, text)
    if ":" in text or "=" in text:
        folded = text.casefold()
        if any(word in folded for word in _ASSIGNED_TO):
            text = _ASSIGNED.sub(lambda found: found[1] + MASK, text)
    return _AWS_SECRET.sub(_unless_hexadecimal, text) if len(text) >= 40 else text


def _unless_hexadecimal(found: re.Match[str]) -> str:
    word = found[0]
    mixed = any(c.isupper() for c in word) and any(c.islower() for c in word)
    return MASK if mixed and any(c.isdigit() for c in word) else word
