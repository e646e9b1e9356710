"""Runs for tests that watch them: changed by plain statements, as the ledger's own would be."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import psycopg


class Runs:
    """The ledger of a test."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def do(self, statement: str, *values: Any) -> int:
        with psycopg.connect(self.dsn, autocommit=True) as db:
            return db.execute(statement.encode(), values or None).rowcount

    def new(self, **columns: Any) -> UUID:
        run_id = uuid4()
        given = {"id": run_id, "task": "aws:task:collect-vpcs", "state": "pending", **columns}
        names = ", ".join(given)
        marks = ", ".join("%s" for _ in given)
        self.do(f"INSERT INTO common_run ({names}) VALUES ({marks})", *given.values())
        return run_id

    def set(self, run_id: UUID, **columns: Any) -> None:
        changes = ", ".join(f"{name} = %s" for name in columns)
        self.do(f"UPDATE common_run SET {changes} WHERE id = %s", *columns.values(), run_id)

    def start(self, run_id: UUID) -> None:
        self.do(
            "UPDATE common_run SET state = 'active', attempt = attempt + 1, worker_id = 'w',"
            " started_at = now() WHERE id = %s",
            run_id,
        )

    def complete(self, run_id: UUID) -> None:
        self.set(run_id, state="completed")

    def completed(self) -> UUID:
        """A run with three events."""
        run_id = self.new()
        self.start(run_id)
        self.complete(run_id)
        return run_id
