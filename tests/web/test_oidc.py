"""Tokens of an identity provider: what is accepted, what is refused, and what happens when it is away."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from inventory.config.api import AuthConfig
from inventory.core.access import Caller, Restriction
from inventory.errors import ConfigError
from inventory.web import oidc
from inventory.web.access import Gate
from inventory.web.bodies import Malformed
from tests.web.issuer import AUDIENCE, Issuer, issuing, public_jwk

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing() as found:
        found.keys = [public_jwk(RSA, "one")]
        yield found


def gate_of(issuer: Issuer, **more: Any) -> Gate:
    given = {"issuer": issuer.url, "audience": AUDIENCE, **more}
    return Gate.of(AuthConfig.model_validate({"oidc": given}), ["aws", "g"])


@pytest_asyncio.fixture
async def gate(issuer: Issuer) -> AsyncIterator[Gate]:
    found = gate_of(issuer)
    yield found
    await found.close()


async def test_a_good_token_is_its_holder(issuer: Issuer, gate: Gate) -> None:
    found = await gate.caller(f"Bearer {issuer.token(RSA)}")
    ops = await gate.caller(f"bearer {issuer.token(RSA, roles='viewer operator', sub='bob')}")

    assert (found, ops) == (Caller("ada", "viewer"), Caller("bob", "operator"))
    assert issuer.asked == 1


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (CURVE, "ES256"), (EDWARDS, "EdDSA")]
)
async def test_every_usual_signature_is_verified(issuer: Issuer, gate: Gate, key: Any, algorithm: str) -> None:
    issuer.keys = [public_jwk(key, "one")]

    assert await gate.caller(f"Bearer {issuer.token(key, algorithm=algorithm)}") == Caller("ada", "viewer")


def spoilt(issuer: Issuer) -> dict[str, str]:
    """Tokens that must not be accepted, by what is wrong with them."""
    now = int(time.time())
    good = issuer.token(RSA)
    head, body, signature = good.split(".")
    pem = RSA.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def unsigned(algorithm: str, secret: bytes | None = None) -> str:
        made = _b64(json.dumps({"alg": algorithm, "typ": "JWT", "kid": "one"}).encode())
        mac = hmac.new(secret, f"{made}.{body}".encode(), hashlib.sha256).digest() if secret else b""
        return f"{made}.{body}.{_b64(mac)}"

    admin = json.loads(base64.urlsafe_b64decode(body + "=="))
    forged = _b64(json.dumps({**admin, "roles": ["operator"]}).encode())
    return {
        "signed by another": issuer.token(OTHER),
        "no algorithm": unsigned("none"),
        "no algorithm, in capitals": unsigned("NONE"),
        "the public key as a secret": unsigned("HS256", pem),
        "the public key as a secret, without the last line feed": unsigned("HS256", pem.strip()),
        "an algorithm that is not allowed": issuer.token(RSA, algorithm="RS512"),
        "an algorithm of another kind of key": issuer.token(CURVE, algorithm="ES256"),
        "other claims under the signature": f"{head}.{forged}.{signature}",
        "no signature": f"{head}.{body}.",
        "expired": issuer.token(RSA, exp=now - 60),
        "not yet valid": issuer.token(RSA, nbf=now + 60),
        "of the future": issuer.token(RSA, iat=now + 600),
        "without an end": issuer.token(RSA, exp=None),
        "for someone else": issuer.token(RSA, aud="other"),
        "for nobody": issuer.token(RSA, aud=None),
        "of another issuer": issuer.token(RSA, iss="https://evil.example.org"),
        "of no issuer": issuer.token(RSA, iss=None),
        "of nobody": issuer.token(RSA, sub=None),
        "of an unknown key": issuer.token(RSA, kid="two"),
        "with what must be understood": issuer.token(RSA, headers={"crit": ["exp"], "exp": 1}),
        "with a key of its own": issuer.token(OTHER, headers={"jwk": public_jwk(OTHER, "one")}),
        "with an address of keys": issuer.token(OTHER, headers={"jku": "http://127.0.0.1:1/"}),
        "no token": "a.b.c",
        "deeply nested": f"{_b64(b'[' * 12000)}.{body}.{signature}",
        "huge": good + "A" * 20_000,
        "text": "token",
        "dots": "..",
    }  # fmt: skip


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


async def test_whatever_is_wrong_with_a_token_it_is_nobodys(issuer: Issuer, gate: Gate) -> None:
    tokens = spoilt(issuer)

    found = {what: await gate.caller(f"Bearer {token}") for what, token in tokens.items()}

    assert found == dict.fromkeys(tokens)
    assert await gate.caller(f"Bearer {issuer.token(RSA)}") is not None


async def test_clocks_may_differ_a_little(issuer: Issuer, gate: Gate) -> None:
    now = int(time.time())

    assert await gate.caller(f"Bearer {issuer.token(RSA, exp=now - 5, iat=now + 5)}") is not None


@pytest.mark.parametrize(
    "published",
    [
        {"use": "enc"},
        {"alg": "RS512"},
        {"key_ops": ["encrypt"]},
        {"kty": "oct", "k": "c2VjcmV0"},
        {"n": None},
    ],
)
async def test_a_key_for_other_ends_verifies_nothing(issuer: Issuer, gate: Gate, published: Any) -> None:
    issuer.keys = [{**public_jwk(RSA, "one"), **published}]

    assert await gate.caller(f"Bearer {issuer.token(RSA)}") is None


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_short_key_verifies_nothing(issuer: Issuer, gate: Gate) -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    issuer.keys = [public_jwk(short, "one")]

    assert await gate.caller(f"Bearer {issuer.token(short)}") is None


async def test_a_token_without_a_key_id_needs_that_there_is_one_key(issuer: Issuer, gate: Gate) -> None:
    assert await gate.caller(f"Bearer {issuer.token(RSA, kid=None)}") is not None

    other = gate_of(issuer)
    issuer.keys.append(public_jwk(OTHER, "two"))
    assert await other.caller(f"Bearer {issuer.token(RSA, kid=None)}") is None


# -- roles and restrictions -------------------------------------------------------------------------


async def test_who_has_no_role_is_told_so(issuer: Issuer, gate: Gate) -> None:
    for roles in (None, [], ["admin"], 5, {"viewer": True}, "viewers"):
        with pytest.raises(Malformed, match="ada has no role here.*roles") as caught:
            await gate.caller(f"Bearer {issuer.token(RSA, roles=roles)}")
        assert caught.value.status == 403


async def test_roles_may_have_other_names_and_lie_deeper(issuer: Issuer) -> None:
    gate = gate_of(
        issuer,
        role_claim="realm_access.roles",
        roles={"inv-ops": "operator", "staff": "viewer"},
        default_role="viewer",
        name_claim="email",
    )

    async def role(held: Any) -> str | None:
        token = issuer.token(RSA, roles=None, email="ada@example.org", realm_access=held)
        found = await gate.caller(f"Bearer {token}")
        return None if found is None else found.role

    found = [await role({"roles": held}) for held in (["staff"], ["staff", "inv-ops"], ["operator"])]
    assert [*found, await role(None)] == ["viewer", "operator", "viewer", "viewer"]


async def test_a_claim_restricts_whatever_the_role(issuer: Issuer) -> None:
    gate = gate_of(issuer, restriction_claim="inventory")

    async def seen(roles: list[str], claim: Any) -> Caller | None:
        return await gate.caller(f"Bearer {issuer.token(RSA, roles=roles, inventory=claim)}")

    part = Restriction(sources=("g",), scopes=("aws/1111/*",))
    assert await seen(["viewer"], ["aws/1111/*", "g"]) == Caller("ada", "viewer", part)
    assert await seen(["operator"], "g aws/1111/*") == Caller("ada", "viewer", part)
    assert await seen(["viewer"], None) == Caller("ada", "viewer", Restriction())
    assert await seen(["viewer"], {"all": True}) == Caller("ada", "viewer", Restriction())
    assert await seen(["operator"], None) == Caller("ada", "operator")


# -- the provider's keys ----------------------------------------------------------------------------


async def test_a_new_key_is_found_and_strange_ones_ask_no_more_than_now_and_then(
    issuer: Issuer, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await gate.caller(f"Bearer {issuer.token(RSA)}") is not None
    issuer.keys = [public_jwk(OTHER, "two")]
    for _ in range(20):
        assert await gate.caller(f"Bearer {issuer.token(OTHER, kid='two')}") is None
    assert issuer.asked == 1

    monkeypatch.setattr(oidc, "AGAIN", 0.0)
    assert await gate.caller(f"Bearer {issuer.token(OTHER, kid='two')}") is not None
    assert await gate.caller(f"Bearer {issuer.token(RSA)}") is None


async def test_many_requests_at_once_read_the_keys_once(issuer: Issuer, gate: Gate) -> None:
    token = issuer.token(RSA)

    found = await asyncio.gather(*(gate.caller(f"Bearer {token}") for _ in range(30)))

    assert set(found) == {Caller("ada", "viewer")}
    assert issuer.asked == 1


async def test_a_provider_that_is_away_refuses_nobody_whose_key_is_known(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = gate_of(issuer, keys_for="0s")
    monkeypatch.setattr(oidc, "AGAIN", 0.0)
    token = issuer.token(RSA)
    assert await gate.caller(f"Bearer {token}") is not None

    issuer.status = 500
    for _ in range(5):
        assert await gate.caller(f"Bearer {token}") is not None
    with pytest.raises(Malformed, match="cannot be checked") as caught:
        await gate.caller(f"Bearer {issuer.token(OTHER, kid='two')}")

    assert (caught.value.status, caught.value.code) == (503, "AUTHENTICATION_UNAVAILABLE")
    assert caught.value.headers == {"Retry-After": "5"}
    monkeypatch.setattr(oidc, "LAST_RESORT", 0.0)
    with pytest.raises(Malformed, match="cannot be checked"):
        await gate.caller(f"Bearer {token}")
    await gate.close()


async def test_a_slow_provider_delays_nobody_else(issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc, "AGAIN", 0.0)
    gate = gate_of(issuer, keys_for="0s")
    token = issuer.token(RSA)
    assert await gate.caller(f"Bearer {token}") is not None
    issuer.hold = threading.Event()

    waiting = asyncio.create_task(gate.caller(f"Bearer {issuer.token(OTHER, kid='two')}"))
    for _ in range(50):
        await asyncio.sleep(0)
        assert await gate.caller(f"Bearer {token}") is not None
    assert not waiting.done()

    issuer.keys.append(public_jwk(OTHER, "two"))
    issuer.hold.set()
    assert await waiting is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": 404},
        {"status": 302},
        {"issuer": "https://evil.example.org"},
        {"jwks_uri": "http://keys.example.org/"},
        {"jwks_uri": "file:///etc/passwd"},
        {"body": b"<html>"},
        {"body": b"[" * 100_000},
        {"body": b"{}" + b" " * (1 << 21)},
    ],
)
async def test_a_provider_that_answers_nonsense_is_as_good_as_away(
    issuer: Issuer, gate: Gate, wrong: dict[str, Any]
) -> None:
    for name, value in wrong.items():
        setattr(issuer, name, value)

    with pytest.raises(Malformed) as caught:
        await gate.caller(f"Bearer {issuer.token(RSA)}")

    assert caught.value.status == 503
    assert "evil" not in str(caught.value)


def test_an_issuer_that_anyone_could_speak_for_is_refused() -> None:
    auth = AuthConfig.model_validate({"oidc": {"issuer": "http://id.example.org", "audience": "a"}})

    with pytest.raises(ConfigError, match="https"):
        Gate.of(auth)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES256K", "", "RS1"])
def test_algorithms_that_prove_nothing_cannot_be_allowed(algorithm: str) -> None:
    given = {"issuer": "https://id.example.org", "audience": "a", "algorithms": [algorithm]}

    with pytest.raises(ValueError, match="algorithms"):
        AuthConfig.model_validate({"oidc": given})
