"""An identity provider on loopback, with keys of its own, that can be slow, wrong or away."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "inventory"


def public_jwk(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    """The public half of a key, as a provider publishes it."""
    kind: Any = {
        rsa.RSAPrivateKey: RSAAlgorithm,
        ec.EllipticCurvePrivateKey: ECAlgorithm,
        ed25519.Ed25519PrivateKey: OKPAlgorithm,
    }
    algorithm = next(kind[each] for each in kind if isinstance(key, each))
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", **more}


@dataclass
class Issuer:
    """What it publishes, and how it behaves."""

    url: str
    keys: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    """How often the keys were read."""
    status: int = 200
    issuer: str | None = None
    jwks_uri: str | None = None
    body: bytes | None = None
    hold: threading.Event | None = None
    """Answers wait for it."""

    def token(
        self, key: Any, *, kid: str | None = "one", algorithm: str = "RS256", headers: Any = None, **claims: Any
    ) -> str:
        """A token that is good unless it is told otherwise; claims that are None are left out."""
        now = int(time.time())
        given = {
            "iss": self.url, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 300,
            "roles": ["viewer"], **claims,
        }  # fmt: skip
        kept = {name: value for name, value in given.items() if value is not None}
        named = {"kid": kid} if kid is not None else {}
        return jwt.encode(kept, key, algorithm, headers={**named, **(headers or {})})


@contextmanager
def issuing() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if issuer.hold is not None:
                issuer.hold.wait(20)
            if self.path.endswith("openid-configuration"):
                found: Any = {
                    "issuer": issuer.issuer or issuer.url,
                    "jwks_uri": issuer.jwks_uri or f"{issuer.url}/keys",
                }
            else:
                issuer.asked += 1
                found = {"keys": issuer.keys}
            body = issuer.body if issuer.body is not None else json.dumps(found).encode()
            self.send_response(issuer.status)
            if issuer.status == 302:
                self.send_header("Location", f"{issuer.url}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield issuer
    finally:
        if issuer.hold is not None:
            issuer.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()
