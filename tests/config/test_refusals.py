from pathlib import Path
from typing import Any

import pytest

from inventory.config import load


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aws: {servcies: {}}", "2: aws.servcies: unknown key; did you mean aws.services?"),
        ("dsn: x", "2: dsn: unknown key; did you mean database.dsn?"),
        (
            "worker:\n  concurrency: many",
            '3: worker.concurrency: a whole number is expected, not "many"',
        ),
        ("debug: maybe", '2: debug: true or false is expected, not "maybe"'),
        ("logging: {level: wran}", 'not "wran"; did you mean warn?'),
        ("aws: {excluded_regions: a}", "aws.excluded_regions: a list is expected"),
        ("aws: []", "2: aws: a mapping is expected"),
        ("api: {statement_timeout: 10}", "a duration needs a unit"),
        (
            "worker: {metrics: {address: a:b}}",
            "worker.metrics.address: host:port or :port is expected",
        ),
        ("aws: {endpoint: localhost:1}", "aws.endpoint: an address that starts with http"),
        (
            "aws: {is_enabled: true, region: a, services: {ec2: {use_credentials: [x]}}}",
            "2: aws.services.ec2.use_credentials: no credentials are named 'x'; there are: none",
        ),
        ("aws: {is_enabled: true}", "aws.region: needed when the source is enabled"),
        (
            "aws: {is_enabled: true, region: a}",
            "aws.services.ec2.use_credentials: the source is enabled",
        ),
        ("aws: {credentials: {a: {}}}", "aws.credentials.a.token_retriever: needed, and not given"),
        (
            "aws: {credentials: {a: {token_retriever: token_file}}}",
            "aws.credentials.a.token_file: needed with token_retriever token_file",
        ),
        (
            "gardener: {is_enabled: true}",
            "gardener.authentication: needed when the source is enabled",
        ),
        (
            "scheduler: {jobs: [{name: x, spec: '@hourly'}]}",
            "scheduler.jobs[0].name: the name of a task",
        ),
        ("scheduler: {jobs: [{spec: '@hourly'}]}", "scheduler.jobs[0].name: needed, and not given"),
        ("api: {port: 1}\napi: {port: 2}", "3: the key api is given twice"),
        ("redis: {endpoint: 'a:b'}", "redis.endpoint: host:port or redis://"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_the_remedy(
    write: Any, text: str, expected: str, refusal: Any
) -> None:
    assert expected in refusal(write(text))


def test_all_problems_come_at_once_and_in_reading_order(write: Any, refusal: Any) -> None:
    paths = write("debug: maybe\nhost: x\nredis: {endpoit: a}\n")

    lines = refusal(paths, {}).splitlines()

    assert lines[0] == "3 problems in the configuration:"
    assert [line.split(": ")[0].strip() for line in lines[1:]] == [
        f"{paths[0]}:{n}" for n in (2, 3, 4)
    ]


def test_the_version_is_needed_and_known(write: Any, refusal: Any) -> None:
    other = write("version: v2\n", version=False)

    assert refusal(other) == f"{other[0]}:1: version: this release reads v1alpha1, not 'v2'"
    assert "write `version: v1alpha1`" in refusal(write("debug: true\n", version=False))
    assert load(write("debug: true", "debug: false"), {}).debug is False


def test_files_that_cannot_be_read_say_why(tmp_path: Path, write: Any, refusal: Any) -> None:
    (tmp_path / "tab.yaml").write_text("version: v1alpha1\naws:\n\tregion: x\n")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "list.yaml").write_text("- a\n")
    (tmp_path / "loop.yaml").write_text("version: v1alpha1\naws: &a\n  b: *a\n")

    assert "tab.yaml:3:1: " in refusal([tmp_path / "tab.yaml"])
    assert "not text in UTF-8" in refusal([tmp_path / "binary.yaml"])
    assert "a mapping is expected" in refusal([tmp_path / "list.yaml"])
    assert "contains itself" in refusal([tmp_path / "loop.yaml"])
    assert "no such file" in refusal([tmp_path / "nowhere.yaml"])
    assert "is a directory" in refusal([tmp_path])
    assert load(write(""), {}) == load(None, {})


def test_secrets_show_neither_in_repr_nor_in_errors(write: Any, refusal: Any) -> None:
    good = """
database: {dsn: "postgresql+psycopg://u:geheim1@h/x?sslpassword=geheim2"}
redis: {endpoint: "rediss://u:geheim3@h"}
aws: {credentials: {a: {token_retriever: static, access_key_id: x, secret_access_key: geheim4}}}
api: {auth: {tokens: [{name: a, token: geheim5}]}}
"""
    bad = """
database: {dsn: "mysql://u:geheim@h/x"}
redis: {endpoint: "geheim"}
aws: {credentials: {a: {token_retriever: static, secret_access_key: {a: geheim}}}}
api: {port: "${X}", auth: {tokens: [{name: a, token: [geheim]}]}}
"""

    config = load(write(good), {})
    message = refusal(write(bad), {"X": "geheim"})

    assert "geheim" not in repr(config)
    assert "***" in repr(config)
    assert (
        repr(load(None, {"DATABASE_URI": "postgresql://h/x"}).database.dsn) == "'postgresql://h/x'"
    )
    assert "redis.sock" in repr(load(None, {"REDIS_ENDPOINT": "unix:///run/redis.sock?db=1"}))
    assert config.secrets() == {f"geheim{n}" for n in (1, 3, 4, 5)}
    assert "geheim" not in message
    assert "the value of ${X} is not that" in message


def test_a_missing_variable_is_named_with_its_key_and_line(write: Any, refusal: Any) -> None:
    paths = write("database:\n  dsn: ${NOWHERE}\n")

    assert refusal(paths) == (
        f"{paths[0]}:3: database.dsn: the environment variable NOWHERE is not set; "
        "set it, or write ${NOWHERE:-default}"
    )


def test_a_misspelt_variable_is_refused_and_those_of_others_are_not(refusal: Any) -> None:
    environ = {
        "INVENTORY_API_PORT": "tcp://10.0.0.1:8080",
        "INVENTORY_API_SERVICE_HOST": "10.0.0.1",
    }

    assert load(None, environ | {"INVENTORY_TEST_DSN": "x"}).api.port == 8080
    assert refusal([], {"INVENTORY_DATABSE_DSN": "x"}) == (
        "INVENTORY_DATABSE_DSN: no such setting; did you mean INVENTORY_DATABASE_DSN?"
    )
