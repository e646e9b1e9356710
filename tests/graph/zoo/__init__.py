"""A made-up source with a column of every kind, NULLs, ties, and links of every cardinality."""

from inventory.core.source import Source

source = Source(key="zoo", label="Zoo", package=__name__)
