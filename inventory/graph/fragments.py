"""Pieces of SQL text: literals that are merged, and expressions that are concatenated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from inventory.graph.projection import quoted

P = TypeVar("P")


@dataclass(frozen=True)
class Text:
    """JSON text that is known when the statement is compiled."""

    text: str


Piece = str | Text
"""An SQL expression that is never NULL, or text that is known already."""

__all__ = ["Piece", "Text", "literal", "quoted", "text_of", "wrapped"]


def literal(text: str) -> str:
    """An SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def text_of(pieces: Iterable[Piece]) -> str:
    """Concatenate pieces into one expression; neighbouring texts become one literal."""
    merged: list[str] = []
    known = ""
    for piece in pieces:
        if isinstance(piece, Text):
            known += piece.text
            continue
        if known:
            merged.append(literal(known))
            known = ""
        merged.append(piece)
    if known or not merged:
        merged.append(literal(known))
    # A lone literal has no type yet, which aggregates do not accept.
    return "||".join(merged) if len(merged) > 1 else f"({merged[0]})::text"


def wrapped(fields: Iterable[tuple[str, P]], piece: Callable[[P], Piece]) -> str:
    """A JSON object of response keys and pieces; `{}` when nothing is selected."""
    pieces: list[Piece] = [Text("{")]
    for place, (key, part) in enumerate(fields):
        pieces.append(Text(f'{"," if place else ""}"{key}":'))
        pieces.append(piece(part))
    return text_of([*pieces, Text("}")])
