"""Compress answers that are worth it: zstd where it is taken, else gzip, both at their quickest."""

from __future__ import annotations

import gzip

import zstandard

WORTH_IT = 4096


def compress(body: bytes, accept_encoding: str) -> tuple[bytes, str | None]:
    """The body and its encoding. A level of 1: higher ones take longer than the query."""
    if len(body) < WORTH_IT or not accept_encoding:
        return body, None
    taken = encodings(accept_encoding)
    if "zstd" in taken:
        return zstandard.ZstdCompressor(level=1).compress(body), "zstd"
    if "gzip" in taken:
        return gzip.compress(body, compresslevel=1, mtime=0), "gzip"
    return body, None


def encodings(header: str) -> set[str]:
    """The encodings that a client takes, in lower case."""
    found = set()
    for part in header.split(","):
        name, _, parameters = part.partition(";")
        if parameters.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            found.add(name.strip().lower())
    return found
