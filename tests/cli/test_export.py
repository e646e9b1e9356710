import csv
import gzip
import io
import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.conftest import Inventory


def names(folder: Path) -> list[str]:
    """The files in a folder, apart from what servers keep there."""
    return sorted(each.name for each in folder.iterdir() if each.name != "home")


@pytest.fixture(autouse=True, scope="module")
def rows(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(
            "INSERT INTO aws_vpc (scope_id, account_id, region_name, vpc_id, name)"
            " SELECT gen_random_uuid(), '1', 'r', 'vpc-' || n, CASE WHEN n > 1 THEN '=' || n END"
            " FROM generate_series(1, 3) n"
        )


def test_rows_go_to_standard_output_as_csv(placed: Inventory) -> None:
    result = placed("export", "aws_vpc", "--fields", "vpcId,name", "--order-by", "-vpcId")

    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines() == ["vpcId,name", "vpc-3,=3", "vpc-2,=2", "vpc-1,"]


def test_the_form_is_that_of_the_file(placed: Inventory, tmp_path: Path) -> None:
    for name in ("a.json", "b.ndjson.gz", "c.csv", "d.txt"):
        made = placed("export", "aws_vpc", "--first", "5", "-o", str(tmp_path / name))
        assert (made.status, made.err) == (0, "")
        assert "3" in made.out.splitlines()[1]

    items = json.loads((tmp_path / "a.json").read_text())
    lines = gzip.decompress((tmp_path / "b.ndjson.gz").read_bytes()).splitlines()
    table = list(
        csv.DictReader(io.StringIO((tmp_path / "c.csv").read_bytes().decode(), newline=""))
    )
    assert {item["vpcId"] for item in items} == {"vpc-1", "vpc-2", "vpc-3"}
    assert [json.loads(line) for line in lines] == items
    assert [row["id"] for row in table] == [item["id"] for item in items]
    assert (tmp_path / "d.txt").read_bytes() == (tmp_path / "c.csv").read_bytes()
    assert names(tmp_path) == ["a.json", "b.ndjson.gz", "c.csv", "d.txt"]


@pytest.mark.parametrize("count", [0, 1])
def test_json_is_a_list_however_many_there_are(placed: Inventory, count: int) -> None:
    args = ("export", "aws_vpc", "--fields", "accountId", "--first", str(count))

    found = placed(*args, "--format", "json").json

    assert found == [{"accountId": "1"}] * count
    assert placed(*args, "--json").json == found


def test_formulas_are_escaped_when_asked(placed: Inventory) -> None:
    args = ("export", "aws_vpc", "--fields", "name,vpcId")

    assert "=3,vpc-3" in placed(*args).out.splitlines()
    assert "'=3,vpc-3" in placed(*args, "--escape-formulas").out.splitlines()


def test_all_tables_go_to_a_directory(placed: Inventory, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    result = placed("export", "--all", "--source", "aws", "-d", str(folder), "--gzip", "--json")

    files = {Path(each["file"]).name: each["rows"] for each in result.json}
    assert files["aws_vpc.csv.gz"] == 3
    assert files["l_aws_region_to_vpc.csv.gz"] == 0
    assert names(folder) == sorted(files)


@pytest.mark.parametrize(
    ("args", "status", "told"),
    [
        ((), 2, "name the tables"),
        (("aws_vpcs",), 2, "did you mean aws_vpc"),
        (("aws_vpc", "--all"), 2, "leave out the names"),
        (("aws_vpc", "aws_region"), 2, "--directory"),
        (
            ("aws_vpc", "--fields", "vpc_id"),
            2,
            "--fields: aws_vpc has no field 'vpc_id'; did you mean vpcId",
        ),
        (("aws_vpc", "--where", "{"), 2, "--where is not JSON"),
        (("aws_vpc", "--where", '{"name": {"equal": "x"}}'), 2, "--where.name: "),
        (("aws_vpc", "--order-by", "tags"), 2, "--order-by[0]: "),
        (("--all", "--source", "aw", "-d", "x"), 2, "did you mean aws"),
        (("aws_vpc", "-o", "/dev/null/x.csv"), 1, "/dev/null/x.csv: "),
    ],
)
def test_what_cannot_be_exported_says_why(
    placed: Inventory, args: tuple[str, ...], status: int, told: str
) -> None:
    result = placed("export", *args)

    assert (result.status, result.out) == (status, "")
    assert told in result.err
    assert result.err.count("\n") == 1


def test_a_failure_leaves_what_was_there(placed: Inventory, database: str, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("before")
    fits_no_column = '{"createdAt": {"gt": "9999-12-31T23:59:59-20:00"}, "name": {"eq": "\\u0000"}}'

    result = placed("export", "aws_vpc", "--where", fits_no_column, "-o", str(file))

    assert result.status == 1
    assert "does not fit" in result.err
    assert (file.read_text(), names(tmp_path)) == ("before", ["x.csv"])


@pytest.fixture
def many(database: str) -> Iterator[None]:
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(
            "INSERT INTO aws_subnet (scope_id, account_id, region_name, subnet_id) SELECT"
            " gen_random_uuid(), '1', repeat('r', 500), 's-' || n FROM generate_series(1, 40000) n"
        )
        yield
        db.execute("TRUNCATE aws_subnet CASCADE")


@pytest.mark.usefixtures("many")
def test_who_reads_no_further_is_not_told_of_it(
    process: Callable[..., subprocess.Popen[Any]], database: str
) -> None:
    running = process("--database-uri", database, "export", "aws_subnet", text=False)
    assert running.stdout
    assert running.stderr

    assert running.stdout.readline().startswith(b"id,")
    running.stdout.close()

    assert (running.wait(60), running.stderr.read()) == (0, b"")


@pytest.mark.usefixtures("many")
def test_an_interrupted_export_leaves_no_file(
    process: Callable[..., subprocess.Popen[Any]], database: str, tmp_path: Path
) -> None:
    pipe = tmp_path / "x.ndjson"
    with psycopg.connect(database) as db:
        # The export waits for this lock, with its file begun.
        db.execute("LOCK TABLE aws_subnet IN ACCESS EXCLUSIVE MODE")
        running = process("--database-uri", database, "export", "aws_subnet", "-o", str(pipe))
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        while db.execute(waiting).fetchone() == (0,):
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        status = running.wait(60)

    assert status == 130
    assert names(tmp_path) == []
