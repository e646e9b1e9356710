"""Every error this package raises on purpose.

    InventoryError
    ├── ConfigError            the configuration cannot be used
    ├── CatalogError           two declarations disagree; raised at import or start
    ├── PayloadError           a task was given a payload that it cannot read
    ├── CommandFailed          a command of an operator's own ended badly; retried
    ├── QueryError             a client's query was refused; shown to the client
    ├── DatabaseError          PostgreSQL did not answer, or holds another schema than we need
    ├── QueueError             Redis did not answer
    └── SourceError            a data source did not answer as it should
        ├── AccessDenied       the credentials lack a permission; not retried
        ├── BadAnswer          an answer of another shape than documented; not retried
        ├── Incomplete         a part of the listing is missing; what came is kept
        ├── Suspicious         a listing lacks so much that deleting it needs a confirmation
        ├── Throttled          asked too often; retried after `retry_after` seconds
        └── Unavailable        down or unreachable; retried

`code` becomes `extensions.code` in GraphQL, the label of the error counter and a column of the
ledger.  Whether a run is retried is decided from the class alone.  Whatever is not an
`InventoryError` is a bug.
"""

from __future__ import annotations


class InventoryError(Exception):
    """The root of all errors that carry a message for people."""

    code = "INTERNAL"
    retried = False


class ConfigError(InventoryError):
    """The configuration cannot be used; the message names the key and what to write instead."""

    code = "CONFIG_INVALID"


class CatalogError(InventoryError):
    """Two declarations disagree, or one breaks a naming rule."""

    code = "CATALOG_INVALID"


class PayloadError(InventoryError):
    """A task was given a payload that it cannot read. Retrying cannot help."""

    code = "PAYLOAD_INVALID"


class CommandFailed(InventoryError):
    """A command that `common:task:command` ran ended with another status than 0."""

    code = "COMMAND_FAILED"
    retried = True


class QueryError(InventoryError):
    """A query was refused before any SQL ran; the message is shown to the client."""

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, *, code: str | None = None, **extensions: object) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        self.extensions = extensions


class DatabaseError(InventoryError):
    """PostgreSQL did not answer, or its schema is not the one that this version needs."""

    code = "DATABASE_UNAVAILABLE"
    retried = True


class QueueError(InventoryError):
    """Redis did not answer."""

    code = "QUEUE_UNAVAILABLE"
    retried = True


class SourceError(InventoryError):
    """A data source did not answer as it should; names the source, the scope and the call."""

    code = "SOURCE_FAILED"
    retried = True


class AccessDenied(SourceError):
    """The credentials lack a permission. Retrying cannot help."""

    code = "SOURCE_ACCESS_DENIED"
    retried = False


class BadAnswer(SourceError):
    """An answer has another shape than its API documents. Retrying cannot help."""

    code = "SOURCE_BAD_ANSWER"
    retried = False


class Incomplete(SourceError):
    """A part of the listing could not be read. What was read is stored, nothing is deleted."""

    code = "SOURCE_INCOMPLETE"


class Suspicious(SourceError):
    """A complete listing lacks so many rows that they are kept until someone confirms."""

    code = "SOURCE_SUSPICIOUS"
    retried = False


class Throttled(SourceError):
    """Asked too often. Retried after `retry_after` seconds."""

    code = "SOURCE_THROTTLED"

    def __init__(self, message: str, *, retry_after: float = 30.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(SourceError):
    """Down or unreachable. Retried with growing delays."""

    code = "SOURCE_UNAVAILABLE"
