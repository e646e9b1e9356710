from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest

from inventory.cli import output
from inventory.cli.base import Settings

ROWS: list[dict[str, Any]] = [
    {
        "name": "日本",
        "rows": 7,
        "fine": True,
        "seen": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "tags": {"a": 1},
    },
    {"name": None, "rows": 1200, "fine": None, "seen": None, "tags": {}},
]


def test_a_table_is_aligned_and_shows_a_dash_for_what_is_not_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.show(Settings(), ROWS, ("name", "rows", "fine", "seen", "tags"), empty="nothing")

    assert capsys.readouterr().out.splitlines() == [
        "NAME  ROWS  FINE  SEEN                  TAGS",
        '日本     7  yes   2026-01-02 03:04:05Z  {"a": 1}',
        "-     1200  -     -                     -",
    ]


def test_no_rows_are_said_in_a_sentence_and_in_json_in_a_list(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.show(Settings(), [], ("name",), empty="no model is declared")
    output.show(Settings(json=True), [], ("name",), empty="no model is declared")

    assert capsys.readouterr().out == "no model is declared\n[]\n"


def test_json_has_every_column_and_plain_values(capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "id": UUID(int=1),
        "cidr": ip_network("10.0.0.0/8"),
        "took": timedelta(seconds=90),
        **ROWS[0],
    }

    output.show(Settings(json=True), [row], ("id", "cidr", "took", "seen", "missing"), empty="")

    assert (
        capsys.readouterr().out
        == output.as_json(
            [
                {
                    "id": "00000000-0000-0000-0000-000000000001",
                    "cidr": "10.0.0.0/8",
                    "took": 90.0,
                    "seen": "2026-01-02T03:04:05Z",
                    "missing": None,
                }
            ]
        )
        + "\n"
    )


def test_one_thing_is_printed_line_by_line_and_long_parts_below(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.show_one(
        Settings(),
        {"id": 1, "last_seen": None, "payload": {"a": 1}, "error": None},
        blocks=("payload", "error"),
    )

    assert capsys.readouterr().out == 'id         1\nlast seen  -\n\npayload:\n{\n  "a": 1\n}\n'


def test_times_are_told_as_people_tell_them() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)

    assert output.ago(now - timedelta(minutes=5), now) == "5m ago"
    assert output.ago(now + timedelta(hours=5), now) == "in 5h"
    assert output.ago(None, now) is None
    assert output.took(1.26) == "1.3 s"
    assert output.took(252) == "4m12s"
    assert output.plural(1, "row") == "1 row"
    assert output.plural(12345, "row") == "12 345 rows"


def test_colours_are_for_terminals_of_those_who_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert output.coloured()

    monkeypatch.setenv("NO_COLOR", "1")
    assert not output.coloured()
