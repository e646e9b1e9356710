"""Our own records and errands: runs, scopes, links, queues; linking, housekeeping."""

from inventory.core.source import Source

source = Source(key="common", label="Common", package=__name__)
