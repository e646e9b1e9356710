"""No configured secret comes out of any log or error."""

from __future__ import annotations

import io
import json
import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel, SecretStr

from inventory import logs
from inventory.config import Config, Dsn, RedisEndpoint, load
from inventory.config.values import WebAddress
from inventory.config.variables import section_of
from inventory.graph import errors
from tests.cli.conftest import Inventory

SECRETS = {
    "database.dsn": "s3cret-of-dsn",
    "redis.endpoint": "s3cret-of-redis",
    "api.auth.tokens.token": "s3cret-of-api",
    "aws.credentials.secret_access_key": "s3cret-of-aws",
    "aws.credentials.session_token": "s3cret-of-session",
    "telemetry.otlp_endpoint": "s3cret-of-otlp",
}
ADDRESSES = {"aws.endpoint", "telemetry.otlp_endpoint"}
"""Of the plain addresses, which may hold a password as well, these two stand for all."""


def holds(annotation: Any, kind: Any) -> bool:
    return annotation is kind or any(holds(part, kind) for part in get_args(annotation))


def secret_fields(section: type[BaseModel], path: str = "") -> Iterator[str]:
    """Every setting that holds a secret, or an address with one."""
    for name, field in section.model_fields.items():
        here = f"{path}{name}"
        if any(holds(field.annotation, kind) for kind in (SecretStr, Dsn, RedisEndpoint)):
            yield here
        values = get_args(field.annotation) if get_origin(field.annotation) else ()
        inner = next(filter(None, map(section_of, (field.annotation, *values))), None)
        if inner is not None:
            yield from secret_fields(inner, f"{here}.")


def test_every_secret_of_the_configuration_is_tried_here() -> None:
    assert set(secret_fields(Config)) == SECRETS.keys() - {"telemetry.otlp_endpoint"}
    assert WebAddress is not None


@pytest.fixture
def echo() -> Iterator[str]:
    """A service that refuses everything, and says so with what it must not."""
    said = "".join(f"<i>{secret}</i>" for secret in SECRETS.values())
    body = f"<Response><Errors><Error><Code>AuthFailure</Code><Message>{said}</Message></Error></Errors></Response>"

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(403)
            self.send_header("content-type", "text/xml")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def nowhere() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def settings(nowhere: str, echo: str) -> dict[str, Any]:
    return {
        "version": "v1alpha1",
        "database": {"dsn": f"postgresql://u:{SECRETS['database.dsn']}@{nowhere}/x"},
        "redis": {"endpoint": f"redis://:{SECRETS['redis.endpoint']}@{nowhere}/0"},
        "api": {"auth": {"tokens": [{"name": "a", "token": SECRETS["api.auth.tokens.token"]}]}},
        "telemetry": {"otlp_endpoint": f"http://u:{SECRETS['telemetry.otlp_endpoint']}@{nowhere}"},
        "aws": {
            "is_enabled": True,
            "region": "eu-central-1",
            "endpoint": echo,
            "services": {"ec2": {"use_credentials": ["main"]}},
            "credentials": {
                "main": {
                    "token_retriever": "static",
                    "access_key_id": "AKIAEXAMPLE",
                    "secret_access_key": SECRETS["aws.credentials.secret_access_key"],
                    "session_token": SECRETS["aws.credentials.session_token"],
                }
            },
        },
    }


def clean(text: str) -> None:
    assert [name for name, secret in SECRETS.items() if secret in text] == [], text


def written(path: Path, settings: dict[str, Any]) -> str:
    path.write_text(yaml.safe_dump(settings))
    return str(path)


@pytest.mark.parametrize("form", ["text", "json"])
def test_logs_hold_none_wherever_they_come_from(
    settings: dict[str, Any], tmp_path: Path, form: str
) -> None:
    config = load([written(tmp_path / "c.yaml", {**settings, "logging": {"format": form}})], {})
    stream = io.StringIO()
    logs.set_up(config.logging, secrets=config.secrets(), stream=stream, debug=True)
    log = logging.getLogger("inventory.anything")
    everything = " and ".join(SECRETS.values())

    log.info(everything)
    log.error(
        "failed",
        extra={"reason": everything, "deep": {"a": [everything]}, "e": ValueError(everything)},
    )
    with logs.context(scope=everything):
        logging.getLogger("redis.anything").warning("away: %s", everything)
    try:
        int(everything)
    except ValueError as error:
        log.exception("broke")
        answer = errors.masked(error)

    clean(stream.getvalue())
    assert stream.getvalue().count("***") >= 6 * len(SECRETS)
    clean(json.dumps(answer.formatted))
    assert answer.extensions
    assert answer.extensions["trace"] in stream.getvalue()


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize(
    "words",
    [
        ["serve", "--port", "0"],
        ["worker", "start"],
        ["scheduler", "start"],
        ["collect"],
        ["task", "list"],
        ["task", "enqueue", "common:task:link-all"],
        ["model", "list"],
        ["db", "status"],
        ["doctor"],
    ],
    ids=" ".join,
)
def test_a_command_that_fails_tells_none(
    inventory: Inventory, settings: dict[str, Any], tmp_path: Path, words: list[str], debug: bool
) -> None:
    file = written(tmp_path / "c.yaml", settings)

    result = inventory("--config", file, *(["--debug"] if debug else []), *words)

    assert result.status != 0
    assert result.err or result.out
    clean(result.out + result.err)


def test_a_redis_that_is_away_is_told_without_its_password(
    inventory: Inventory, settings: dict[str, Any], tmp_path: Path, database: str
) -> None:
    dsn = database.replace("inventory@", f"inventory:{SECRETS['database.dsn']}@")
    file = written(tmp_path / "c.yaml", {**settings, "database": {"dsn": dsn}})

    result = inventory("--config", file, "--debug", "task", "enqueue", "common:task:link-all")

    assert "doorbell" in result.err
    clean(result.out + result.err)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("database", {"dsn": f"postgresql://u:{SECRETS['database.dsn']}/@h:port/x"}),
        ("database", {"dsn": f"host=h password={SECRETS['database.dsn']} nonsense=1"}),
        ("database", {"dsn": f"mysql://u:{SECRETS['database.dsn']}@h/x"}),
        ("redis", {"endpoint": f"http://u:{SECRETS['redis.endpoint']}@h:1"}),
        ("redis", {"endpoint": f"redis://:{SECRETS['redis.endpoint']}@h:port/0"}),
        ("api", {"auth": {"tokens": [{"token": SECRETS["api.auth.tokens.token"], "roll": 1}]}}),
        ("telemetry", {"otlp_endpoint": f"ftp://u:{SECRETS['telemetry.otlp_endpoint']}@h"}),
    ],
)
def test_a_configuration_that_is_refused_tells_none(
    inventory: Inventory, settings: dict[str, Any], tmp_path: Path, key: str, value: Any
) -> None:
    file = written(tmp_path / "c.yaml", {**settings, key: value})

    for debug in ([], ["--debug"]):
        result = inventory("--config", file, *debug, "db", "status")

        assert result.status != 0
        assert key in result.err
        clean(result.out + result.err)
