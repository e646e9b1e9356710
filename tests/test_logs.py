import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from inventory import logs
from inventory.config import LoggingConfig

log = logging.getLogger("inventory.test")


@pytest.fixture
def written() -> Iterator[Any]:
    """Set up logging, and give it back as it was afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()

    def start(
        *, secrets: tuple[str, ...] = (), debug: bool = False, **settings: Any
    ) -> io.StringIO:
        logs.set_up(LoggingConfig(**settings), secrets=secrets, debug=debug, stream=stream)
        return stream

    root.handlers = []
    yield start
    root.handlers = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    logging.getLogger("inventory").setLevel(logging.NOTSET)


def test_an_event_of_text_is_one_line_with_its_values(written: Any) -> None:
    stream = written(attributes={"landscape": "live"})

    with logs.context(task="aws:task:collect-vpcs", scope="1/eu", run=None):
        log.info("collected", extra={"rows": 412, "note": "two words"})

    time, line = stream.getvalue().rstrip("\n").split(" ", 1)
    assert len(time) == 8
    assert (
        line
        == 'info    collected  landscape=live  task=aws:task:collect-vpcs  scope=1/eu  rows=412  note="two words"'
    )


def test_what_libraries_say_in_lines_is_one_line_and_what_is_not_known_left_out(
    written: Any,
) -> None:
    stream = written()

    log.info("refused\n\tIs the server running?\n", extra={"scope": None, "rows": 0})

    assert stream.getvalue().endswith("info    refused Is the server running?  rows=0\n")


def test_an_event_of_json_is_one_object(written: Any) -> None:
    stream = written(format="json", add_source=True)

    with logs.context(run="r1"), logs.context(task="t"):
        log.warning("withheld", extra={"rows": 3, "scopes": ("a", "b")})

    event = json.loads(stream.getvalue())
    assert event.pop("time").endswith("Z")
    assert "test_logs.py:" in event.pop("source")
    assert event == {
        "level": "warning",
        "logger": "inventory.test",
        "event": "withheld",
        "run": "r1",
        "task": "t",
        "rows": 3,
        "scopes": ["a", "b"],
    }


def test_context_ends_where_it_ends(written: Any) -> None:
    stream = written(format="json")

    with logs.context(run="r1"):
        pass
    log.info("after")

    assert "run" not in json.loads(stream.getvalue())


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_reaches_the_log(written: Any, form: str) -> None:
    stream = written(format=form, secrets=('s3cr"et', "to/ken1", "x"))

    log.info('at s3cr"et', extra={"dsn": "postgresql://u:pw123@h/x", "deep": {"a": ["to/ken1"]}})
    log.info("host=h password=pw123 dbname=x")
    log.info("Authorization: Bearer abcdefghijkl")
    try:
        int("redis://u:pw123@h with to/ken1")
    except ValueError:
        log.exception("failed")

    text = stream.getvalue()
    assert "pw123" not in text
    assert "s3cr" not in text
    assert "to/ken1" not in text
    assert "abcdefghijkl" not in text
    assert "dbname=x" in text
    assert "ValueError" in text


def test_levels_apply_to_us_and_libraries_keep_still(written: Any) -> None:
    stream = written(level="info")

    log.debug("ours, too fine")
    logging.getLogger("botocore.hooks").info("theirs, too fine")
    logging.getLogger("uvicorn.access").info("GET /")
    logging.getLogger("taskiq.receiver").warning("theirs, of interest")
    log.info("ours")

    assert [line.split(None, 2)[2] for line in stream.getvalue().splitlines()] == [
        "theirs, of interest",
        "ours",
    ]


def test_debug_shows_more(written: Any) -> None:
    stream = written(level="error", debug=True)

    log.debug("ours")

    assert "ours" in stream.getvalue()


def test_setting_up_twice_logs_once(written: Any) -> None:
    written()
    stream = written()

    log.info("once")

    assert stream.getvalue().count("once") == 1
