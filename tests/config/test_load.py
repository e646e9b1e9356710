from typing import Any

import pytest

from inventory.config import load
from inventory.config.variables import variables


def test_without_a_file_the_defaults_hold() -> None:
    config = load(None, {})

    assert config.database.dsn is None
    assert config.redis.url is None
    assert config.api.host == "127.0.0.1"
    assert not config.aws.is_enabled
    assert config.worker.queues == {"default": 1}
    assert config.home.is_absolute()


def test_mappings_of_several_files_merge_and_lists_replace(write: Any) -> None:
    paths = write(
        "aws: {excluded_regions: [a, b], credentials: {one: {token_retriever: none}}}\n",
        "aws: {excluded_regions: [c], credentials: {two: {token_retriever: none}}, app_id: x}\n",
    )

    config = load(paths, {})

    assert config.aws.excluded_regions == ("c",)
    assert set(config.aws.credentials) == {"one", "two"}
    assert config.aws.app_id == "x"


def test_variables_expand_in_text(write: Any) -> None:
    paths = write(
        'database: {dsn: "postgresql://u:${PW}@${HOST:-localhost}/x"}\naws: {app_id: "$${PW}"}\n'
    )

    config = load(paths, {"PW": "geheim"})

    assert config.database.dsn == "postgresql://u:geheim@localhost/x"
    assert config.aws.app_id == "${PW}"


def test_flags_go_before_the_environment_and_that_before_files(write: Any) -> None:
    paths = write("api: {port: 1, host: a}\nworker: {concurrency: 1}\n")
    environ = {"INVENTORY_API_PORT": "2", "INVENTORY_API_HOST": "b"}

    config = load(paths, environ, {"api.port": 3, "api.host": None})

    assert (config.api.port, config.api.host, config.worker.concurrency) == (3, "b", 1)


def test_the_original_variables_are_read_and_ours_go_before() -> None:
    config = load(None, {"DATABASE_URI": "postgres://a/b", "REDIS_ENDPOINT": "r:1"})
    ours = load(None, {"REDIS_ENDPOINT": "r:1", "INVENTORY_REDIS_ENDPOINT": "r:2"})

    assert config.database.dsn == "postgresql://a/b"
    assert config.redis.url == "redis://r:1"
    assert ours.redis.url == "redis://r:2"


def test_every_single_value_has_a_variable_of_its_own(write: Any) -> None:
    known = variables({"aws": {"credentials": {"my-account": {}}}})

    assert known["INVENTORY_DATABASE_DSN"] == ("database", "dsn")
    assert known["INVENTORY_HOME"] == ("home",)
    assert known["INVENTORY_AWS_EXCLUDED_REGIONS"] == ("aws", "excluded_regions")
    assert "INVENTORY_AWS_CREDENTIALS_MY_ACCOUNT_SECRET_ACCESS_KEY" in known
    assert len(set(known.values())) == len(known)


def test_variables_reach_lists_and_named_things(write: Any) -> None:
    paths = write("aws: {credentials: {a-b: {token_retriever: static, access_key_id: x}}}")
    environ = {
        "INVENTORY_AWS_CREDENTIALS_A_B_SECRET_ACCESS_KEY": "geheim",
        "INVENTORY_AWS_EXCLUDED_REGIONS": "a, b",
    }

    config = load(paths, environ)

    secret = config.aws.credentials["a-b"].secret_access_key
    assert secret is not None
    assert secret.get_secret_value() == "geheim"
    assert config.aws.excluded_regions == ("a", "b")


def test_files_may_come_from_the_environment(write: Any) -> None:
    first, second = write("api: {port: 1}", "api: {host: localhost}")

    for separator in (",", ":"):
        config = load(None, {"INVENTORY_CONFIG": f"{first}{separator}{second}"})
        assert (config.api.port, config.api.host) == (1, "localhost")


def test_addresses_are_brought_into_one_form(write: Any) -> None:
    config = load(write("database: {dsn: postgresql+psycopg://h/x}\nredis: {endpoint: host}"), {})

    assert config.database.dsn == "postgresql://h/x"
    assert (
        repr(load(None, {"DATABASE_URI": "host=h password=geheim"}).database.dsn)
        == "'host=h password=***'"
    )
    assert config.redis.url == "redis://host:6379"


def test_an_address_for_other_machines_needs_someone_to_ask() -> None:
    token = {"name": "a", "token": "x"}

    assert not load(None, {}).api.is_exposed
    assert load(None, {}, {"api.host": "0.0.0.0"}).api.is_exposed
    assert not load(None, {}, {"api.host": "0.0.0.0", "api.insecure": True}).api.is_exposed
    assert not load(None, {}, {"api.host": "::", "api.auth.tokens": [token]}).api.is_exposed


def test_a_configuration_cannot_be_changed() -> None:
    config = load(None, {})

    with pytest.raises(ValueError, match="frozen"):
        config.debug = True  # type: ignore[misc]  # this is the point
