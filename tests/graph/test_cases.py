"""Queries, their statements and their answers, to be read. RECORD_CASES=1 writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest

from tests.graph.conftest import Ask

CASES = {file: file.read_text() for file in sorted(Path(__file__).parent.glob("cases/*.graphql"))}
RECORD = "RECORD_CASES"


def compare(file: Path, found: str) -> None:
    if os.environ.get(RECORD):
        file.write_text(found)
    assert file.read_text() == found, f"if that is meant, run with {RECORD}=1 and read the diff"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
async def test_the_statement_and_the_answer_are_as_recorded(ask: Ask, case: Path) -> None:
    found = await ask.full(CASES[case])

    (statement,) = ask.database.statements
    (parameters,) = ask.database.parameters
    shown = [f"-- ${place}: {value!r}" for place, value in enumerate(parameters, 1)]
    compare(case.with_suffix(".sql"), "\n".join([*shown, statement, ""]))
    answer = orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    compare(case.with_suffix(".json"), answer)
