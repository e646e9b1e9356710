"""Who asks: bearer tokens → callers. Viewers read, operators also run tasks."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from inventory.config.api import ApiToken
from inventory.core.access import ANYONE, Caller, Restriction
from inventory.db import tokens as tokens_of_database
from inventory.errors import ConfigError, DatabaseError
from inventory.web.bodies import Malformed
from inventory.web.oidc import Oidc, Unreachable
from inventory.web.stored_tokens import StoredTokens

if TYPE_CHECKING:
    from inventory.config.api import AuthConfig

LONGEST = 16_384
"""Of a token, in characters; servers refuse longer headers anyway."""

log = logging.getLogger(__name__)


class Gate:
    """Recognises callers by their bearer token: one of the configuration, one that is stored in the
    database, or one of the identity provider. Of the former only hashes are kept.
    """

    def __init__(
        self,
        tokens: Mapping[bytes, Caller],
        *,
        stored: StoredTokens | None = None,
        oidc: Oidc | None = None,
        is_open: bool = False,
    ) -> None:
        self._tokens = dict(tokens)
        self._stored = stored
        self._oidc = oidc
        self.is_open = is_open
        """Whether nobody is asked who they are."""

    @classmethod
    def of(
        cls, auth: AuthConfig, sources: Collection[str] = (), stored: StoredTokens | None = None
    ) -> Gate:
        """Read the configured tokens. Raises ConfigError for what cannot be used.

        `sources` are those that restrictions may name.
        """
        if not auth.is_set:
            return cls({}, is_open=True)
        tokens = [*auth.tokens, *(_from_file(Path(auth.token_file)) if auth.token_file else ())]
        found = {}
        for token in tokens:
            digest = (
                tokens_of_database.digest(token.token.get_secret_value())
                if token.token is not None
                else bytes.fromhex(token.sha256 or "")
            )
            restriction = token.restrict.restriction if token.restrict is not None else None
            _check_sources(restriction, sources, f"the token {token.name!r}")
            found[digest] = Caller(token.name, token.role, restriction)
        if not found and not auth.oidc and not auth.stored:
            raise ConfigError(f"api.auth.token_file: {auth.token_file} holds no token")
        return cls(found, stored=stored, oidc=Oidc.of(auth.oidc) if auth.oidc else None)

    async def caller(self, authorization: str) -> Caller | None:
        """Who sent this header; None if the service does not know them.

        Raises Malformed 503 when whoever could tell does not answer.
        """
        if self.is_open:
            return ANYONE
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(token) > LONGEST:
            return None
        found = self._configured(token)
        try:
            if found is None and self._stored is not None:
                found = await self._stored.caller(token)
            if found is None and self._oidc is not None:
                found = await self._oidc.caller(token)
        except (DatabaseError, Unreachable) as error:
            log.error("token not checked", extra={"reason": str(error)})
            raise Malformed(
                503,
                "tokens cannot be checked at present; try again later",
                "AUTHENTICATION_UNAVAILABLE",
                **{"Retry-After": "5"},
            ) from error
        return found

    async def close(self) -> None:
        """Write what is to be remembered, and let go of connections."""
        if self._stored is not None:
            await self._stored.close()
        if self._oidc is not None:
            await self._oidc.close()

    def _configured(self, token: str) -> Caller | None:
        given = tokens_of_database.digest(token)
        found: Caller | None = None
        # All are always compared.
        for digest, caller in self._tokens.items():
            if hmac.compare_digest(digest, given):
                found = caller
        return found


def _check_sources(
    restriction: Restriction | None, sources: Collection[str], whose: str
) -> None:
    for unknown in (restriction.named_sources() if restriction else set()) - {*sources}:
        raise ConfigError(
            f"api.auth: {whose} is restricted to a part of {unknown!r}, and there is no such source; "
            f"there are {', '.join(sorted(sources))}"
        )


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
