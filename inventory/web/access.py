"""Who asks: bearer tokens → callers. Viewers read, operators also run tasks."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from inventory.config.api import ApiToken
from inventory.core.access import ANYONE, Caller
from inventory.errors import ConfigError

if TYPE_CHECKING:
    from inventory.config.api import AuthConfig

class Gate:
    """Recognises callers by their bearer token. Only hashes are kept, and all are always compared."""

    def __init__(self, tokens: dict[bytes, Caller]) -> None:
        self._tokens = tokens

    @classmethod
    def of(cls, auth: AuthConfig, sources: Collection[str] = ()) -> Gate:
        """Read the configured tokens. Raises ConfigError for what cannot be used.

        `sources` are those that restrictions may name.
        """
        if auth.oidc is not None:
            raise ConfigError(
                "api.auth.oidc: this version does not verify OIDC tokens yet; use api.auth.tokens"
            )
        tokens = [*auth.tokens, *(_from_file(Path(auth.token_file)) if auth.token_file else ())]
        found = {}
        for token in tokens:
            digest = (
                hashlib.sha256(token.token.get_secret_value().encode()).digest()
                if token.token is not None
                else bytes.fromhex(token.sha256 or "")
            )
            restriction = token.restrict.restriction if token.restrict is not None else None
            for unknown in (restriction.named_sources() if restriction else set()) - {*sources}:
                raise ConfigError(
                    f"api.auth: the token {token.name!r} is restricted to a part of {unknown!r}, and "
                    f"there is no such source; there are {', '.join(sorted(sources))}"
                )
            found[digest] = Caller(token.name, token.role, restriction)
        if auth.is_set and not found:
            raise ConfigError(f"api.auth.token_file: {auth.token_file} holds no token")
        return cls(found)

    @property
    def is_open(self) -> bool:
        return not self._tokens

    async def caller(self, authorization: str) -> Caller | None:
        """Who sent this header; None if the service does not know them."""
        if self.is_open:
            return ANYONE
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        given = hashlib.sha256(token.strip().encode()).digest()
        found: Caller | None = None
        for digest, caller in self._tokens.items():
            if hmac.compare_digest(digest, given):
                found = caller
        return found


def _from_file(path: Path) -> list[ApiToken]:
    try:
        entries = yaml.safe_load(Path(path).read_text("utf-8")) or []
        return [ApiToken.model_validate(entry) for entry in entries]
    except (OSError, yaml.YAMLError, TypeError) as error:
        raise ConfigError(f"api.auth.token_file: {path} cannot be read: {error}") from error
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"api.auth.token_file: {path}: {place}: {first['msg']}") from None
