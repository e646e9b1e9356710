"""What a service says when it starts, before it hurts."""

from __future__ import annotations

import logging
import time
from types import SimpleNamespace

import pytest

from inventory.config import Config
from inventory.runtime import precautions
from inventory.runtime.precautions import warn

POLICY = "maxmemory-policy"


def settings(dsn, redis_url, **api):
    return Config.model_validate(
        {"database": {"dsn": dsn}, "redis": {"endpoint": redis_url}, "api": api}
    )


def test_nothing_is_said_where_nothing_is_wrong(postgres_dsn, redis_url, caplog):
    assert warn(settings(postgres_dsn, redis_url)) == []
    assert caplog.records == []


def test_a_redis_that_evicts_is_told_once_with_the_remedy(
    postgres_dsn, redis_url, caplog, monkeypatch
):
    answers = {"maxmemory_policy": "allkeys-lru"}
    client = SimpleNamespace(info=lambda section: answers, close=lambda: None)
    monkeypatch.setattr(precautions.Redis, "from_url", lambda *_, **__: client)

    warn(settings(postgres_dsn, redis_url))

    (record,) = caplog.records
    assert (record.levelno, record.message) == (logging.WARNING, "Redis may forget doorbells")
    assert "allkeys-lru" in record.detail
    assert "noeviction" in record.remedy


@pytest.mark.parametrize(("ahead", "words"), [(90.0, "behind ours"), (-90.0, "ahead of ours")])
def test_clocks_that_differ_are_told(postgres_dsn, redis_url, monkeypatch, ahead, words):
    real = time.time
    monkeypatch.setattr(precautions.time, "time", lambda: real() + ahead)

    (found,) = warn(settings(postgres_dsn, redis_url))

    assert found.event == "clocks differ"
    assert f"90.0 s {words}" in found.detail or f"s {words}" in found.detail


def test_passwords_of_the_examples_are_told_and_not_written(caplog):
    token = {"name": "trial", "token": "inventory-trial-operator"}
    config = settings(
        "postgresql://u:inventory@127.0.0.1:1/x",
        "redis://default:changeme@127.0.0.1:1/0",
        auth={"tokens": [token]},
    )

    found = warn(config)

    assert [each.event for each in found] == ["default password"] * 3
    assert "database.dsn" in found[0].detail
    assert "redis.endpoint" in found[1].detail
    assert "trial" in found[2].detail
    written = " ".join(str(vars(record)) for record in caplog.records)
    assert "changeme" not in written
    assert "inventory-trial-operator" not in written


def test_an_api_that_is_open_to_everyone_is_told(postgres_dsn, redis_url):
    opened = settings(postgres_dsn, redis_url, host="0.0.0.0", insecure=True)
    here = settings(postgres_dsn, redis_url, insecure=True)

    assert [each.event for each in warn(opened)] == ["API open to everyone"]
    assert warn(here) == []
