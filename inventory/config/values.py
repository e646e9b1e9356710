"""The kinds of value that a configuration holds."""

import ipaddress
import os
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Self
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from inventory.core import duration
from inventory.errors import InventoryError


class Refused(ValueError):
    """What a section refuses: pairs of a key below it (or nothing) and a sentence."""

    def __init__(self, *found: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{key}: {text}" if key else text for key, text in found))
        self.found = found


class Section(BaseModel):
    """A part of the configuration: frozen, and every key is known."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _unset(cls, data: object) -> object:
        """Take a key without a value, or with the empty text, as not given."""
        if isinstance(data, Mapping):
            return {key: value for key, value in data.items() if value is not None and value != ""}
        return data


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(("", "a duration such as 30m, 1h30m or 24h is expected"))
    if isinstance(value, int | float) or value.strip().isdigit():
        raise ValueError("a duration needs a unit, such as 30s, 30m or 24h")
    try:
        return duration.parse(value)
    except (InventoryError, ValueError) as error:
        raise ValueError("a duration such as 30m, 1h30m or 24h is expected") from error


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""`30s`, `1h30m`, `24h`."""


File = Annotated[str, AfterValidator(os.path.expanduser)]
"""A path; `~` is the home directory, and a relative one starts where the command runs."""

Port = Annotated[int, Field(ge=0, le=65535)]
"""0 takes any free port."""
Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]


class _Url(str):
    """An address that may hold a password: itself as text, but not in `repr`."""

    __slots__ = ()

    @property
    def masked(self) -> str:
        """The address with stars for its password."""
        return mask(self)

    def __repr__(self) -> str:
        return repr(self.masked)

    @classmethod
    def check(cls, value: str) -> Self:
        raise NotImplementedError

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls.check, core_schema.str_schema())


class Dsn(_Url):
    """A PostgreSQL address, as libpq understands it: `postgresql://…` or `host=… dbname=…`."""

    __slots__ = ()

    @classmethod
    def check(cls, value: str) -> Self:
        if "://" not in value and re.match(r"\s*[a-z_]+\s*=", value):
            return cls(value)
        for driver in ("postgresql+psycopg://", "postgresql://", "postgres://"):
            if value.startswith(driver):
                break
        else:
            raise ValueError(
                "a PostgreSQL address is expected: postgresql://user:password@host:5432/database"
            )
        text = "postgresql://" + value.removeprefix(driver)
        try:
            _ = urlsplit(text).port
        except ValueError as error:
            raise ValueError(
                "the host or port cannot be read; "
                "write /, @, : and [ in a password as %2F, %40, %3A and %5B"
            ) from error
        return cls(text)


class RedisEndpoint(_Url):
    """`host:port`, or an address with user, TLS and database: `rediss://user:password@host:6380/1`."""

    __slots__ = ()

    @property
    def url(self) -> str:
        """The endpoint as an address that starts with its scheme."""
        return self if "://" in self else f"redis://{self}"

    @classmethod
    def check(cls, value: str) -> Self:
        wanted = "host:port or redis://user:password@host:6379/0 is expected"
        scheme, _, rest = value.rpartition("://")
        if scheme not in ("", "redis", "rediss", "unix"):
            raise ValueError(f"{wanted}, with the scheme redis, rediss (TLS) or unix (socket)")
        if scheme == "unix":
            return cls(value)
        try:
            parts = urlsplit(f"//{rest}")
            port, host = parts.port, parts.hostname
        except ValueError as error:
            raise ValueError(wanted) from error
        if not host:
            raise ValueError(wanted)
        return cls(value) if port else cls(_with_port(value, 6379))


def _with_port(value: str, port: int) -> str:
    scheme, mark, rest = value.rpartition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.removesuffix(':')}:{port}{slash}{path}"


def mask(address: str) -> str:
    """Put stars for the password of an address."""
    # A plain one: the `repr` of our own kind of text comes here.
    address = str(address)
    if "://" not in address:
        return re.sub(r"(?i)(password\s*=\s*)('[^']*'|\S+)", r"\1***", address)
    try:
        parts = urlsplit(address)
        password = parts.password
    except ValueError:
        return re.sub(r"//[^@/]*@", "//***@", address)
    query = re.sub(r"(?i)((?:pass|password|secret)[a-z_]*=)[^&]*", r"\1***", parts.query)
    place = parts.netloc
    if password is not None:
        _, _, host = place.rpartition("@")
        user = quote(unquote(parts.username or ""))
        place = f"{user}:***@{host}"
    if (place, query) == (parts.netloc, parts.query):
        return address
    return urlunsplit(parts._replace(netloc=place, query=query))


def password_of(address: str) -> list[str]:
    """The password of an address, as written and as meant."""
    if "://" not in address:
        return re.findall(r"(?i)password\s*=\s*'?([^\s']+)", address)
    try:
        password = urlsplit(address).password
    except ValueError:
        return []
    return [] if not password else list({password, unquote(password)})


def _address(value: object) -> object:
    if not isinstance(value, str):
        raise Refused(("", "host:port or :port is expected"))
    host, mark, port = value.rpartition(":")
    if not mark or not port.isdigit() or not 0 <= int(port) <= 65535 or "/" in host:
        raise ValueError("host:port or :port is expected, such as 127.0.0.1:6080 or :6080")
    return value


Address = Annotated[str, BeforeValidator(_address)]
"""`host:port`, or `:port` for every address of this machine."""


def split_address(address: str) -> tuple[str, int]:
    """Split `host:port`; no host is every address of this machine."""
    host, _, port = address.rpartition(":")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    if host in ("localhost", ""):
        return host == "localhost"
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _web_address(value: object) -> object:
    if not isinstance(value, str):
        raise Refused(("", "an address such as https://host/path is expected"))
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ValueError(f"an address such as https://host/path is expected: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address that starts with http:// or https:// is expected")
    return value


WebAddress = Annotated[str, BeforeValidator(_web_address)]
"""`https://host:port/path`."""
