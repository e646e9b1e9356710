"""Tables over REST: what comes, in which form, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
import zstandard

from tests.web.serving import serving

PROBLEM = "application/problem+json"
NDJSON, CSV = "application/x-ndjson", "text/csv; charset=utf-8; header=present"
SCOPE = "00000000-0000-0000-0000-000000000001"
ODD = '=1+1, "quoted"\nsecond line'


@pytest.fixture(scope="module")
def url(database: str, redis_url: str) -> Iterator[str]:
    with psycopg.connect(database, autocommit=True) as db:
        _fill(db)
    with serving(database, redis_url, limits={"body_bytes": 20_000}) as found:
        yield f"{found}/api/v1"


def _fill(db: psycopg.Connection[Any]) -> None:
    db.execute(
        "INSERT INTO common_scope (id, source, model, scope, status, last_complete_at)"
        " VALUES (%s, 'aws', 'vpc', '1/r', 'complete', '2030-01-01T00:00:00Z')",
        [SCOPE],
    )
    for number in range(7):
        db.execute(
            "INSERT INTO aws_vpc (scope_id, account_id, region_name, vpc_id, name, tags, is_default,"
            " created_at, updated_at) VALUES (%s, '1', 'r', %s, %s, %s, %s, now(), now())",
            [
                SCOPE,
                f"vpc-{number}",
                [None, "", ODD, "-x", "plain", "größe", "plain"][number],
                json.dumps({"Name": f"a\\b\t{number}"}),
                number == 0,
            ],
        )
    db.execute("INSERT INTO aws_region (scope_id, account_id, name) VALUES (%s, '1', 'r')", [SCOPE])
    db.execute(
        "INSERT INTO l_aws_region_to_vpc (region_id, vpc_id, rule)"
        " SELECT r.id, v.id, 'match' FROM aws_region r, aws_vpc v"
    )


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url) as found:
        yield found


def rows(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def problem(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Status, code and parameter of a refusal, after checks that all of them pass."""
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(found)
    assert found["status"] == answer.status_code
    assert "Traceback" not in answer.text
    return answer.status_code, found["code"], found.get("parameter")


def test_a_row_is_what_graphql_says(client: httpx.Client, url: str) -> None:
    found = rows(client.get("/aws_vpc", params={"orderBy": "vpcId"}))["items"]

    text = f"{{ awsVpcs(orderBy: {{vpcId: ASC}}) {{ nodes {{ {' '.join(found[0])} }} }} }}"
    asked = httpx.post(url.replace("/api/v1", "/graphql"), json={"query": text}).json()
    assert found == asked["data"]["awsVpcs"]["nodes"]
    assert len(found) == 7
    assert found[0]["lastSeenAt"] == "2030-01-01T00:00:00+00:00"


def test_one_row_is_found_by_its_id(client: httpx.Client) -> None:
    row = rows(client.get("/aws_vpc", params={"first": 1}))["items"][0]

    whole = rows(client.get(f"/aws_vpc/{row['id']}"))
    by_uuid = rows(client.get(f"/aws_vpc/{row['id'].partition(':')[2]}", params={"fields": "id"}))

    assert (whole, by_uuid) == (row, {"id": row["id"]})


@pytest.mark.parametrize(
    "row_id", ["x", "aws_vpc:x", SCOPE, f"aws_vpc:{SCOPE}", f"gcp_vpc:{SCOPE}"]
)
def test_a_row_that_is_not_there_is_not_found(client: httpx.Client, row_id: str) -> None:
    assert problem(client.get(f"/aws_vpc/{row_id}")) == (404, "NOT_FOUND", None)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("aws_vpcs", "aws_vpc"),
        ("awsVpcs", "aws_vpc"),
        ("AwsVpc", "aws_vpc"),
        ("aws:model:vpc", "aws_vpc"),
    ],
)
def test_a_table_that_is_not_there_has_near_misses(
    client: httpx.Client, name: str, meant: str
) -> None:
    answer = client.get(f"/{name}")

    assert problem(answer) == (404, "NOT_FOUND", None)
    assert answer.json()["suggestions"][0] == meant


def test_pages_follow_each_other_by_their_links(client: httpx.Client) -> None:
    seen: list[str] = []
    path: str | None = "/aws_vpc?first=3&orderBy=-name&fields=vpcId,name&count=true"
    pages = 0
    while path:
        answer = client.get(
            path if path.startswith("/aws") else f"http://{client.base_url.netloc.decode()}{path}"
        )
        page = rows(answer)
        assert page["count"] == 7
        seen += [item["vpcId"] for item in page["items"]]
        found = re.fullmatch('<(.*)>; rel="next"', answer.headers.get("link", ""))
        path = found[1] if found else None
        assert (path is None) == (page["next"] is None)
        pages += 1

    assert pages == 3
    everything = rows(client.get("/aws_vpc?orderBy=-name&fields=vpcId"))["items"]
    assert seen == [item["vpcId"] for item in everything]


def test_conditions_and_orders_are_those_of_graphql(client: httpx.Client) -> None:
    def ids(**params: str) -> list[str]:
        return [i["vpcId"] for i in rows(client.get("/aws_vpc", params=params))["items"]]

    where = json.dumps({"region": {"name": {"eq": "r"}}, "name": {"eq": "plain"}})

    assert ids(where=where, orderBy="vpcId") == ["vpc-4", "vpc-6"]
    assert ids(where=where, orderBy='[{"vpcId": "DESC"}]') == ["vpc-6", "vpc-4"]
    assert ids(where=where, orderBy="region.name,-vpcId") == ["vpc-6", "vpc-4"]
    assert ids(where='{"isDefault": {"eq": true}}', orderBy="-gardenerShootsCount,id") == ["vpc-0"]


def test_csv_is_that_of_rfc_4180(client: httpx.Client) -> None:
    params = {"orderBy": "vpcId", "fields": "vpcId,name,isDefault,tags,lastSeenAt"}
    answer = client.get("/aws_vpc.csv", params=params)

    assert (answer.status_code, answer.headers["content-type"]) == (200, CSV)
    lines = answer.text.split("\r\n")
    assert lines[0] == "vpcId,name,isDefault,tags,lastSeenAt"
    # Absent is nothing, and empty text is two quotes.
    assert lines[1].startswith("vpc-0,,true,")
    assert lines[2].startswith('vpc-1,"",false,')
    parsed = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert len(parsed) == 8
    assert parsed[3][1] == ODD
    assert json.loads(parsed[3][3]) == {"Name": "a\\b\t2"}
    assert parsed[3][4] == "2030-01-01T00:00:00+00:00"


def test_formulas_are_kept_unless_a_spreadsheet_is_to_read_them(client: httpx.Client) -> None:
    params = {"orderBy": "vpcId", "fields": "name,vpcId"}
    kept = client.get("/aws_vpc.csv", params=params).text
    escaped = client.get("/aws_vpc.csv", params={**params, "formulas": "escape"}).text

    names = [row[0] for row in csv.reader(io.StringIO(kept, newline=""))][3:]
    safe = [row[0] for row in csv.reader(io.StringIO(escaped, newline=""))][3:]
    assert names == [ODD, "-x", "plain", "größe", "plain"]
    assert safe == [f"'{ODD}", "'-x", "plain", "größe", "plain"]


def test_ndjson_is_the_items_of_the_page_one_a_line(client: httpx.Client) -> None:
    answer = client.get("/aws_vpc", params={"orderBy": "vpcId"}, headers={"accept": NDJSON})

    assert answer.headers["content-type"] == NDJSON
    lines = answer.text.splitlines()
    assert answer.text.endswith("\n")
    page = rows(client.get("/aws_vpc", params={"orderBy": "vpcId"}))["items"]
    assert [json.loads(line) for line in lines] == page


def test_streams_can_be_cut_and_continued(client: httpx.Client) -> None:
    page = rows(client.get("/aws_vpc?first=3&orderBy=name"))

    rest = client.get("/aws_vpc.ndjson", params={"orderBy": "name", "after": page["next"]})
    two = client.get("/aws_vpc.ndjson?first=2&orderBy=name").text.splitlines()

    assert len(rest.text.splitlines()) == 4
    assert [json.loads(line) for line in two] == page["items"][:2]


def test_links_are_tables_too(client: httpx.Client) -> None:
    first = rows(client.get("/l_aws_region_to_vpc?first=4&count=true"))
    others = rows(client.get("/l_aws_region_to_vpc", params={"after": first["next"]}))
    one = first["items"][0]

    assert (len(first["items"]), len(others["items"]), first["count"]) == (4, 3, 7)
    assert list(one) == ["regionId", "vpcId", "rule", "createdAt"]
    assert one["regionId"].startswith("aws_region:")
    where = json.dumps({"vpcId": {"eq": one["vpcId"]}, "rule": {"eq": "match"}})
    assert rows(client.get("/l_aws_region_to_vpc", params={"where": where}))["items"] == [one]
    without = json.dumps({"not": {"vpcId": {"ne": one["vpcId"]}}})
    assert rows(client.get("/l_aws_region_to_vpc", params={"where": without}))["items"] == [one]
    lines = client.get("/l_aws_region_to_vpc.csv", params={"where": where}).text.split("\r\n")
    assert lines[1].split(",")[:2] == [one["regionId"], one["vpcId"]]
    assert problem(client.get(f"/l_aws_region_to_vpc/{SCOPE}")) == (404, "NOT_FOUND", None)


def test_the_index_leads_to_every_table(client: httpx.Client) -> None:
    tables = {each["table"]: each for each in rows(client.get(""))["tables"]}

    assert tables["aws_vpc"]["href"] == "/api/v1/aws_vpc"
    assert tables["n_aws_vpc_to_g_shoot"]["kind"] == "nexus"
    assert client.get("/").json() == client.get("").json()


@pytest.mark.parametrize(
    ("query", "code", "parameter"),
    [
        ("limit=5", "BAD_USER_INPUT", "limit"),
        ("Where={}", "BAD_USER_INPUT", "Where"),
        ("first=1&first=2", "BAD_USER_INPUT", "first"),
        ("first=-1", "BAD_USER_INPUT", "first"),
        ("first=", "BAD_USER_INPUT", "first"),
        ("first=9999999999999999999", "BAD_USER_INPUT", "first"),
        ("first=1001", "TOO_COSTLY", "first"),
        ("after=x", "BAD_CURSOR", "after"),
        ("after=", "BAD_CURSOR", "after"),
        ("after=WyJ4IiwieSJd", "BAD_CURSOR", "after"),
        ("where=", "BAD_USER_INPUT", "where"),
        ("where=[]", "BAD_USER_INPUT", "where"),
        ("where=null", "BAD_USER_INPUT", "where"),
        ('where={"vpc":{}}', "BAD_USER_INPUT", "where"),
        ('where={"vpcId":{"eq":null}}', "BAD_USER_INPUT", "where"),
        ('where={"vpcId":{"eq":5}}', "BAD_USER_INPUT", "where"),
        ('where={"vpcId":{"eq":"\\u0000"}}', "BAD_USER_INPUT", None),
        ("where=" + '{"not":' * 120 + "{}" + "}" * 120, None, None),
        ("where=" + "[" * 5000, "BAD_USER_INPUT", "where"),
        ("orderBy=vpc", "BAD_USER_INPUT", "orderBy"),
        ("orderBy=", "BAD_USER_INPUT", "orderBy"),
        ("orderBy=-", "BAD_USER_INPUT", "orderBy"),
        ("orderBy=tags", "BAD_USER_INPUT", "orderBy"),
        ('orderBy=[{"vpcId":"UP"}]', "BAD_USER_INPUT", "orderBy"),
        ('orderBy={"vpcId":"ASC","name":"ASC"}', "BAD_USER_INPUT", "orderBy"),
        ("orderBy=" + ",".join(["vpcId"] * 17), "TOO_COSTLY", "orderBy"),
        ("fields=", "BAD_USER_INPUT", "fields"),
        ("fields=id,vpc_id", "BAD_USER_INPUT", "fields"),
        ("fields=id,id", "BAD_USER_INPUT", "fields"),
        ("count=yes", "BAD_USER_INPUT", "count"),
        ("count=true&format=csv", "BAD_USER_INPUT", "count"),
        ("format=xml", "BAD_USER_INPUT", "format"),
        ("formulas=no", "BAD_USER_INPUT", "formulas"),
        ("first=%ff", "BAD_REQUEST", None),
    ],
)
@pytest.mark.parametrize("form", ["", "&format=ndjson"])
def test_what_cannot_be_answered_is_refused_by_name(
    client: httpx.Client, query: str, code: str | None, parameter: str | None, form: str
) -> None:
    streams = "format" not in query and form
    answer = client.get(f"/aws_vpc?{query}{form if streams else ''}")

    if streams and query.startswith("first=1001"):
        assert answer.status_code == 200
    elif code is None:
        assert answer.status_code in (200, 400)
    else:
        assert problem(answer) == (400, code, parameter)


def test_the_message_names_the_place_and_what_was_meant(client: httpx.Client) -> None:
    def detail(query: str) -> str:
        return str(client.get(f"/aws_vpc?{query}").json()["detail"])

    assert "did you mean vpcId" in detail("fields=vpc_id")
    assert detail('where={"and":[{"vpcId":{"equals":"x"}}]}').startswith("where.and[0].vpcId")
    assert "did you mean first" in detail("firs=3")


def test_the_form_is_as_asked(client: httpx.Client) -> None:
    def form(path: str, accept: str | None = None) -> str:
        headers = {} if accept is None else {"accept": accept}
        return client.get(path, headers=headers).headers["content-type"]

    assert form("/aws_vpc") == form("/aws_vpc", "*/*") == "application/json"
    assert form("/aws_vpc", "text/csv;q=0.5, application/json;q=0.1") == CSV
    assert form("/aws_vpc", "text/html, */*;q=0.1") == "application/json"
    assert form("/aws_vpc?format=ndjson", "text/csv") == NDJSON
    assert form("/aws_vpc.json", "text/csv") == "application/json"
    assert problem(client.get("/aws_vpc", headers={"accept": "text/html"}))[:2] == (
        406,
        "NOT_ACCEPTABLE",
    )
    assert problem(client.get("/aws_vpc.csv?format=json")) == (400, "BAD_USER_INPUT", "format")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_tables_are_only_read(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/aws_vpc")

    assert problem(answer) == (405, "METHOD_NOT_ALLOWED", None)
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["", "/aws_vpc", "/aws_vpc.csv", "/nothing", "/aws_vpc?x=1"])
def test_head_is_get_without_a_body(client: httpx.Client, path: str) -> None:
    head, get = client.head(path), client.get(path)

    assert head.content == b""
    assert head.status_code == get.status_code
    assert head.headers["content-type"] == get.headers["content-type"]


def test_streams_are_compressed_for_those_who_take_it(client: httpx.Client) -> None:
    plain = client.get("/aws_vpc.csv", headers={"accept-encoding": "identity"})
    gzipped = client.get("/aws_vpc.csv", headers={"accept-encoding": "gzip"})
    with client.stream("GET", "/aws_vpc.csv", headers={"accept-encoding": "zstd"}) as answer:
        packed = b"".join(answer.iter_raw())

    assert gzipped.headers["content-encoding"] == "gzip"
    assert gzipped.content == plain.content
    assert zstandard.ZstdDecompressor().decompressobj().decompress(packed) == plain.content


def test_a_query_string_has_a_limit(client: httpx.Client) -> None:
    assert client.get("/aws_vpc", params={"where": "+" * 20_000}).status_code == 414


PAGE = Path(__file__).parents[2] / "docs/rest.md"
CURLS = [line for line in PAGE.read_text().splitlines() if line.startswith("curl ")]


@pytest.mark.parametrize("line", CURLS)
def test_the_examples_of_the_page_are_answered(url: str, line: str) -> None:
    _, _, *words = shlex.split(line.partition(" |")[0], comments=True)
    address, *data = words
    pairs = [word.partition("=")[::2] for word in data if not word.startswith("--data")]

    target = address.replace("localhost:8080", urlsplit(url).netloc)
    answer = httpx.get(f"http://{target}", params=dict(pairs) or None)

    assert answer.status_code == (404 if "01234567-" in line else 200), answer.text


def test_who_leaves_frees_the_connection(database: str, redis_url: str, url: str) -> None:
    with psycopg.connect(database, autocommit=True) as db:
        db.execute(
            "INSERT INTO aws_vpc (scope_id, account_id, region_name, vpc_id, name) SELECT %s, '2',"
            " 'r', 'vpc-' || n, repeat('x', 2000) FROM generate_series(1, 20000) n",
            [SCOPE],
        )
        place = urlsplit(url)
        for _ in range(6):
            with socket.create_connection((place.hostname or "", place.port or 0)) as connection:
                connection.sendall(b"GET /api/v1/aws_vpc.csv HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert connection.recv(12) == b"HTTP/1.1 200"
            # More than run at once, so each of them must have made room.
            _until_idle(db)


def _until_idle(db: psycopg.Connection[Any]) -> None:
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND query LIKE 'COPY%' AND state = 'active'"
    )
    deadline = time.monotonic() + 30
    while (db.execute(running).fetchone() or (0,))[0]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
