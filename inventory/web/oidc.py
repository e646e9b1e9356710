"""Tokens of an identity provider (OpenID Connect): verified with the keys that it publishes.

Only signatures with its private keys count, by algorithms that are named beforehand; what a token
says of itself chooses among these and no others.  Keys are remembered for a while, and read again
in the background: a provider that is slow or away delays nobody whose key is known.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inventory.core.access import Caller, Restriction, Role
from inventory.errors import ConfigError, InventoryError
from inventory.web.bodies import Malformed
from inventory.web.provider import Provider, is_private_enough

if TYPE_CHECKING:
    import jwt

    from inventory.config.api import OidcConfig

AGAIN = 10.0
"""How soon the keys are read again for a key that is not known, or after a failure, in seconds."""
LAST_RESORT = 24 * 3600.0
"""How long keys count while the provider does not answer."""
FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521", "EdDSA": "Ed25519"}
SMALLEST_RSA = 2048
LONGEST_NAME = 200

log = logging.getLogger(__name__)


class Unreachable(InventoryError):
    """The identity provider does not answer, or not as it should."""

    code = "AUTHENTICATION_UNAVAILABLE"


@dataclass
class Oidc:
    """Recognises the tokens of one provider."""

    config: OidcConfig
    provider: Provider
    _keys: tuple[Mapping[str, Any], ...] = ()
    _read_at: float = float("-inf")
    _tried_at: float = float("-inf")
    _problem: str | None = None
    _reading: asyncio.Task[None] | None = None
    _parsed: dict[tuple[int, str], jwt.PyJWK] = field(default_factory=dict)

    @classmethod
    def of(cls, config: OidcConfig) -> Oidc:
        """Raises ConfigError for an issuer that anyone on the way could speak for."""
        if not is_private_enough(config.issuer):
            raise ConfigError(
                f"api.auth.oidc.issuer: {config.issuer} must start with https://, since whoever is on "
                "the way could forge its keys; http:// is for this machine only"
            )
        return cls(config, Provider(config.issuer))

    async def caller(self, token: str) -> Caller | None:
        """Who holds this token; None if it is not a valid one of this provider.

        Raises Unreachable if its key is not known and the provider does not answer, and Malformed 403
        if its holder has no role here.
        """
        import jwt

        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError, RecursionError):
            return None
        algorithm = header.get("alg")
        if algorithm not in self.config.algorithms or "crit" in header:
            self._refused("algorithm or critical header")
            return None
        key = await self._key(header.get("kid"), algorithm)
        if key is None:
            self._refused("unknown key")
            return None
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self.config.audience,
                issuer=self.config.issuer,
                leeway=self.config.leeway,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            self._refused(type(error).__name__)
            return None
        return self._caller(claims)

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()

    # -- keys ---------------------------------------------------------------------------------------

    async def _key(self, kid: object, algorithm: str) -> jwt.PyJWK | None:
        age = time.monotonic() - self._read_at
        found = self._find(kid, algorithm)
        if found is not None:
            if age > self.config.keys_for.total_seconds() and self._may_try():
                self._read()
            return found
        if self._may_try():
            self._read()
        if self._reading is not None and not self._reading.done():
            await asyncio.shield(self._reading)
            found = self._find(kid, algorithm)
        if found is None and self._problem is not None:
            raise Unreachable(self._problem)
        return found

    def _may_try(self) -> bool:
        return time.monotonic() - self._tried_at > AGAIN

    def _read(self) -> None:
        """Read the keys in the background, once for all who wait."""
        if self._reading is None or self._reading.done():
            self._tried_at = time.monotonic()
            self._reading = asyncio.create_task(self._read_keys())

    async def _read_keys(self) -> None:
        try:
            keys = await self.provider.keys()
        except (OSError, ValueError, TimeoutError) as error:
            self._problem = f"{self.config.issuer}: {str(error) or type(error).__name__}"
            log.warning("identity provider", extra={"reason": self._problem})
            return
        self._keys, self._parsed, self._problem = keys, {}, None
        self._read_at = time.monotonic()

    def _find(self, kid: object, algorithm: str) -> jwt.PyJWK | None:
        """The key of that name that fits the algorithm; without a name the only one that fits."""
        if time.monotonic() - self._read_at > LAST_RESORT:
            return None
        fitting = [
            place
            for place, key in enumerate(self._keys)
            if _fits(key, algorithm) and (kid is None or key.get("kid") == kid)
        ]
        return self._key_at(fitting[0], algorithm) if len(fitting) == 1 else None

    def _key_at(self, place: int, algorithm: str) -> jwt.PyJWK | None:
        import jwt

        known = self._parsed.get((place, algorithm))
        if known is None:
            try:
                known = jwt.PyJWK(dict(self._keys[place]), algorithm)
            except jwt.PyJWTError:
                return None
            is_rsa = algorithm[:2] in ("RS", "PS")
            if is_rsa and getattr(known.key, "key_size", 0) < SMALLEST_RSA:
                return None
            self._parsed[place, algorithm] = known
        return known

    # -- claims -------------------------------------------------------------------------------------

    def _caller(self, claims: Mapping[str, Any]) -> Caller | None:
        name = claim(claims, self.config.name_claim)
        if not isinstance(name, str) or not name:
            self._refused(f"no claim {self.config.name_claim}")
            return None
        name = name[:LONGEST_NAME]
        role = self._role(claims)
        if role is None:
            raise Malformed(
                403,
                f"{name} has no role here: the claim {self.config.role_claim} of the token must hold one of "
                f"{', '.join(sorted(self.config.roles))}",
                "FORBIDDEN",
            )
        restriction = self._restriction(claims, role)
        # Who is restricted is a viewer, whatever else the provider says.
        return Caller(name, role if restriction is None else "viewer", restriction)

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        held = words(claim(claims, self.config.role_claim))
        found = {self.config.roles[value] for value in held if value in self.config.roles}
        if "operator" in found:
            return "operator"
        return "viewer" if found or self.config.default_role == "viewer" else None

    def _restriction(self, claims: Mapping[str, Any], role: Role) -> Restriction | None:
        if self.config.restriction_claim is None:
            return None
        said = claim(claims, self.config.restriction_claim)
        if said is None and role == "operator":
            return None
        named = words(said)
        return Restriction(
            sources=tuple(sorted(each for each in named if "/" not in each)),
            scopes=tuple(sorted(each for each in named if "/" in each)),
        )

    def _refused(self, reason: str) -> None:
        log.info("token refused", extra={"issuer": self.config.issuer, "reason": reason})


def claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by a path of names with dots; None if there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def words(value: Any) -> set[str]:
    """The values of a claim that is a list, or text with spaces between them."""
    if isinstance(value, str):
        return set(value.split())
    if isinstance(value, list):
        return {each for each in value if isinstance(each, str)}
    return set()


def _fits(key: Mapping[str, Any], algorithm: str) -> bool:
    """Whether a published key is meant for signatures by this algorithm."""
    return (
        key.get("kty") == FAMILIES[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and ("verify" in key.get("key_ops", ["verify"]))
        and key.get("crv") == CURVES.get(algorithm, key.get("crv"))
    )
