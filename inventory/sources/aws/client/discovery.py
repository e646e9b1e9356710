"""Ways into AWS that a machine has already: what the `aws` command would use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from botocore.session import Session

from inventory.core.discovery import Finding

FALLBACK_REGION = "us-east-1"
SERVICES = ("ec2", "elb", "elbv2", "s3", "route53")


def discover(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the environment's credentials, and every profile of the shared files."""
    if environ.get("AWS_ACCESS_KEY_ID") and environ.get("AWS_SECRET_ACCESS_KEY"):
        region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
        yield _finding("environment", "AWS_ACCESS_KEY_ID in the environment", None, region)
    elif environ.get("AWS_WEB_IDENTITY_TOKEN_FILE") or environ.get(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
    ):
        region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
        yield _finding("environment", "the role of this workload", None, region)
    for profile in Session().available_profiles:
        session = Session(profile=profile)
        place = f"profile {profile} of the shared AWS files"
        yield _finding(profile, place, profile, session.get_config_variable("region"))


def _finding(name: str, place: str, profile: str | None, region: str | None) -> Finding:
    key = re.sub(r"[^A-Za-z0-9_-]", "-", name)
    credential = {"token_retriever": "none"} | ({"profile": profile} if profile else {})
    config = {
        "is_enabled": True,
        "region": region or FALLBACK_REGION,
        "services": {service: {"use_credentials": [key]} for service in SERVICES},
        "credentials": {key: credential},
    }
    return Finding("aws", key, place, config)
