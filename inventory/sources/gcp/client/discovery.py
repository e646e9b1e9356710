"""Ways into Google Cloud that a machine has already: Application Default Credentials."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import google.auth
from google.auth.exceptions import GoogleAuthError

from inventory.core.discovery import Finding
from inventory.sources.gcp.client.credentials import SCOPES

SERVICES = ("resource_manager", "compute", "storage", "gke")
auth: Any = google.auth


def discover(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what `gcloud auth application-default` or the machine's service account gives."""
    wanted = ("GOOGLE_CLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT", "GCLOUD_PROJECT")
    try:
        _, project = auth.default(scopes=SCOPES)
    except GoogleAuthError:
        return
    project = next((environ[name] for name in wanted if environ.get(name)), project)
    if not project:
        return
    key = re.sub(r"[^A-Za-z0-9_-]", "-", project)
    config = {
        "is_enabled": True,
        "services": {service: {"use_credentials": [key]} for service in SERVICES},
        "credentials": {key: {"authentication": "none", "projects": [project]}},
    }
    place = f"application default credentials, project {project}"
    yield Finding("gcp", key, place, config)
