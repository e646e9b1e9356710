"""The form of the log: text or JSON, the context of each event, and no secrets in it."""

import contextlib
import json
import logging
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import IO, Protocol

_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
# What they say at `info` is for those who develop them.
_TALKATIVE = (
    "asyncio",
    "boto3",
    "botocore",
    "google",
    "httpcore",
    "httpx",
    "kubernetes",
    "psycopg",
    "psycopg.pool",
    "redis",
    "s3transfer",
    "sqlalchemy",
    "alembic",
    "taskiq",
    "urllib3",
    "uvicorn",
    "uvicorn.error",
)
_OWN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message",
    "asctime",
    "color_message",
}
_CONTEXT: ContextVar[Mapping[str, str]] = ContextVar("log_context", default={})  # noqa: B039  # never changed

# user:password@ in any address, and key=value in a connection string.
_IN_ADDRESS = re.compile(r"(?P<start>\b[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+(?=@)", re.IGNORECASE)
_IN_OPTIONS = re.compile(
    r"(?P<start>\b(?:password|passwd|secret_access_key|session_token)=)[^\s&'\"]+", re.IGNORECASE
)
_BEARER = re.compile(r"(?P<start>\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)
_SHORTEST = 4


class Settings(Protocol):
    """What `logging` in the configuration says."""

    @property
    def format(self) -> str: ...
    @property
    def level(self) -> str: ...
    @property
    def add_source(self) -> bool: ...
    @property
    def attributes(self) -> Mapping[str, str]: ...


@contextlib.contextmanager
def context(**fields: object) -> Iterator[None]:
    """Add fields such as `task`, `scope` and `run` to every event logged inside, in this thread or coroutine."""
    known = {key: str(value) for key, value in fields.items() if value is not None}
    token = _CONTEXT.set({**_CONTEXT.get(), **known})
    try:
        yield
    finally:
        _CONTEXT.reset(token)


def set_up(
    settings: Settings,
    *,
    secrets: Iterable[str] = (),
    debug: bool = False,
    stream: IO[str] | None = None,
) -> None:
    """Log as the settings say, from now on. Calling it again replaces what was set up before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    form = JsonFormatter if settings.format == "json" else TextFormatter
    handler.setFormatter(
        form(
            attributes=settings.attributes,
            add_source=settings.add_source,
            redact=Redaction(secrets),
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    level = logging.DEBUG if debug else _LEVELS[settings.level]
    logging.getLogger("inventory").setLevel(level)
    root.setLevel(max(level, logging.INFO))
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO if debug else max(level, logging.WARNING))
        for old in logger.handlers[:]:
            logger.removeHandler(old)
        logger.propagate = True
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = debug
    logging.captureWarnings(capture=True)


class Redaction:
    """Puts stars for secrets: those that are known, and what looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted(
            {secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True
        )
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, text: str) -> str:
        if self._known:
            text = self._known.sub("***", text)
        if "://" in text:
            text = _IN_ADDRESS.sub(r"\g<start>:***", text)
        if "=" in text:
            text = _IN_OPTIONS.sub(r"\g<start>***", text)
        return _BEARER.sub(r"\g<start>***", text)


class _Formatter(logging.Formatter):
    def __init__(
        self, *, attributes: Mapping[str, str], add_source: bool, redact: Redaction
    ) -> None:
        super().__init__()
        self.attributes = attributes
        self.add_source = add_source
        self.redact = redact

    def fields(self, record: logging.LogRecord) -> dict[str, object]:
        """What the event carries beside its text: attributes, then context, then its own values."""
        own = {key: value for key, value in record.__dict__.items() if key not in _OWN_FIELDS}
        fields: dict[str, object] = {**self.attributes, **_CONTEXT.get(), **own}
        if self.add_source:
            fields["source"] = f"{record.pathname}:{record.lineno}"
        return fields

    def stack(self, record: logging.LogRecord) -> str | None:
        """The stack trace, if the event has one."""
        if record.exc_info and record.exc_info[0] is not None:
            return self.formatException(record.exc_info)
        return record.exc_text or None

    def moment(self, record: logging.LogRecord) -> datetime:
        return datetime.fromtimestamp(record.created, UTC)


class JsonFormatter(_Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {
            "time": self.moment(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **self.fields(record),
        }
        stack = self.stack(record)
        if stack:
            event["stack"] = stack
        clean = {key: self.clean(value) for key, value in event.items()}
        return json.dumps(clean, ensure_ascii=False, default=self.plain)

    def clean(self, value: object) -> object:
        """The same value without secrets; before it becomes JSON, which would escape some of them."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, Mapping):
            return {str(key): self.clean(part) for key, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.clean(part) for part in value]
        return value

    def plain(self, value: object) -> str:
        return self.redact(str(value))


class TextFormatter(_Formatter):
    """A line for people, ending in `key=value`."""

    def format(self, record: logging.LogRecord) -> str:
        local = self.moment(record).astimezone().strftime("%H:%M:%S")
        fields = "".join(
            f"  {key}={_quoted(value)}"
            for key, value in self.fields(record).items()
            if value is not None
        )
        # Libraries hand on what servers said, which may be several lines.
        message = re.sub(r"\s*\n\s*", " ", record.getMessage().strip())
        line = f"{local} {record.levelname.lower():<7} {message}{fields}"
        stack = self.stack(record)
        if stack:
            line = f"{line}\n{stack}"
        return self.redact(line)


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if not text or re.search(r"[\s\"=]", text) else text
