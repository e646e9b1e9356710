"""`gcp.credentials` → Google's credentials, which renew themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import google.auth
import google.auth.credentials
import google.auth.identity_pool
import orjson
from google.auth.exceptions import GoogleAuthError, TransportError
from google.oauth2 import service_account

from inventory.core.remembered import Remembered
from inventory.errors import AccessDenied, Unavailable
from inventory.sources.gcp.client.failures import first_line

if TYPE_CHECKING:
    from inventory.config.gcp import GcpConfig

auth: Any = google.auth
identity_pool: Any = google.auth.identity_pool
accounts: Any = service_account
GoogleCredentials = Any
"""`google.auth.credentials.Credentials`; the library has no types where they would help."""

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
"""The one that all four services accept. What may be done, the account's roles decide."""


class Credential:
    """Named credentials. Threads may share them; they are looked for when first needed."""

    def __init__(self, name: str, config: GcpConfig) -> None:
        self.name = name
        self.config = config
        self._found: Remembered[GoogleCredentials] = Remembered(self._retrieve)

    def check(self) -> None:
        """Raise AccessDenied if they cannot be used for certain. Whether Google accepts them, only
        use tells.
        """
        self._found.get()

    def get(self) -> GoogleCredentials:
        return self._found.get()

    def _retrieve(self) -> GoogleCredentials:
        config = self.config.credentials[self.name]
        if config.key_file and config.authentication == "key_file":
            return self._from_file(Path(config.key_file.path))
        if self.config.endpoint and self.config.endpoint.startswith("http://"):
            # What is found by chance must not be sent to where everyone can read it.
            return google.auth.credentials.AnonymousCredentials()  # type: ignore[no-untyped-call]
        return self._default()

    def _default(self) -> GoogleCredentials:
        where = f"gcp credential {self.name}: application default credentials"
        try:
            found, _ = auth.default(scopes=SCOPES)
        except GoogleAuthError as error:
            if error.retryable or isinstance(error, TransportError):
                raise Unavailable(f"{where}: {first_line(error)}") from error
            raise AccessDenied(
                f"{where}: {first_line(error)}; run `gcloud auth application-default login`, set "
                "GOOGLE_APPLICATION_CREDENTIALS, run where a service account is attached, or use "
                f"authentication key_file in gcp.credentials.{self.name}"
            ) from error
        except ValueError as error:
            # The library asks for the project of a workload identity pool, and reads what comes.
            raise Unavailable(f"{where}: {first_line(error)}") from error
        return found

    def _from_file(self, path: Path) -> GoogleCredentials:
        """A service account's key, or the configuration of a workload identity pool."""
        where = f"gcp credential {self.name}: the key file {path}"
        check = f"check gcp.credentials.{self.name}.key_file.path"
        try:
            content = orjson.loads(path.read_bytes())
        except OSError as error:
            raise AccessDenied(f"{where} cannot be read: {error.strerror}; {check}") from error
        except orjson.JSONDecodeError as error:
            raise AccessDenied(f"{where} is no JSON; {check}") from error
        kind = content.get("type") if isinstance(content, dict) else None
        try:
            match kind:
                case "service_account":
                    return accounts.Credentials.from_service_account_info(content, scopes=SCOPES)
                case "external_account":
                    return identity_pool.Credentials.from_info(content, scopes=SCOPES)
        except (GoogleAuthError, ValueError, LookupError, TypeError) as error:
            raise AccessDenied(f"{where} cannot be used: {first_line(error)}; {check}") from error
        raise AccessDenied(
            f"{where} is of the type {kind!r}, neither service_account nor external_account; {check}"
        )
