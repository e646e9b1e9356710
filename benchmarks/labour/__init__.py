"""Tasks for measuring the queue: nothing, notes of when they began and ended, a wait."""

from inventory.core.source import Source

source = Source(key="labour", label="Labour", package=__name__)
