"""Kinds of values that options take: durations, moments, ids of runs."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import click


class DurationType(click.ParamType[timedelta]):
    """`30m`, `1h30m`."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        from inventory.core import duration
        from inventory.errors import InventoryError

        if isinstance(value, timedelta):
            return value
        try:
            return duration.parse(value)
        except InventoryError as error:
            self.fail(str(error), param, ctx)


class MomentType(click.ParamType[datetime]):
    """`2h` stands for two hours ago; or a time, in UTC unless it says otherwise."""

    name = "moment"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        from inventory.core import duration
        from inventory.errors import InventoryError

        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        try:
            return datetime.now(UTC) - duration.parse(value)
        except InventoryError:
            self.fail(
                f"{value!r} is neither a duration such as 2h nor a time such as 2026-11-24T13:00Z",
                param,
                ctx,
            )


class RunIdType(click.ParamType[str]):
    """The id of a run, or how it begins."""

    name = "id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value).removeprefix("common_run:").lower()
        plain = text.replace("-", "")
        if not plain or len(plain) > 32 or plain.strip("0123456789abcdef"):
            self.fail(f"{value!r} is no id of a run; see `inventory task list`", param, ctx)
        return text


def bounds(text: str) -> tuple[UUID, UUID]:
    """The first and the last id that begin like this."""
    plain = text.replace("-", "")
    return UUID(plain.ljust(32, "0")), UUID(plain.ljust(32, "f"))
