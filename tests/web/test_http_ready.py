"""`/readyz` names what is missing, without secrets."""

from __future__ import annotations

import socket

import httpx
import psycopg

from tests import services
from tests.web.serving import serving


def test_a_missing_migration_is_a_reason(database: str, redis_url: str) -> None:
    with psycopg.connect(database, autocommit=True) as db, serving(database, redis_url) as url:
        (revision,) = db.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
        db.execute("DELETE FROM alembic_version")
        answer = httpx.get(f"{url}/readyz")
        db.execute("INSERT INTO alembic_version VALUES (%s)", [revision])

    assert answer.status_code == 503
    found = answer.json()
    assert found["checks"]["queue"] == "ok"
    assert "inventory db migrate" in found["checks"]["migrations"]


def test_a_redis_that_is_away_is_a_reason_and_queries_are_answered(database: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with serving(database, f"redis://:s3cret@127.0.0.1:{port}/0") as url:
        answer = httpx.get(f"{url}/readyz")
        asked = httpx.post(f"{url}/graphql", json={"query": "{ awsVpcs { totalCount } }"})

    assert answer.status_code == 503
    found = answer.json()
    assert found["checks"]["database"] == "ok"
    assert found["checks"]["queue"] != "ok"
    assert "s3cret" not in answer.text
    assert asked.json() == {"data": {"awsVpcs": {"totalCount": 0}}}


def test_a_database_that_went_away_is_a_reason_and_an_answer(
    postgres_dsn: str, template: str, redis_url: str
) -> None:
    with (
        services.fresh_database(postgres_dsn, template) as dsn,
        psycopg.connect(postgres_dsn, autocommit=True) as db,
        serving(dsn, redis_url) as url,
    ):
        name = str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
        db.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false".encode())
        db.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [name],
        )
        ready = httpx.get(f"{url}/readyz", timeout=20)
        asked = httpx.post(
            f"{url}/graphql", json={"query": "{ awsVpcs { totalCount } }"}, timeout=20
        )
        db.execute(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true".encode())
        later = httpx.post(
            f"{url}/graphql", json={"query": "{ awsVpcs { totalCount } }"}, timeout=20
        )

    assert ready.status_code == 503
    assert ready.json()["checks"]["database"] != "ok"
    assert asked.status_code == 503
    assert asked.json()["data"] is None
    assert asked.json()["errors"][0]["extensions"]["code"] == "DATABASE_UNAVAILABLE"
    assert later.json() == {"data": {"awsVpcs": {"totalCount": 0}}}
