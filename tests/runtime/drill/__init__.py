"""Tasks that do what a test of the runtime needs: nothing, fail, wait, fan out."""

from inventory.core.source import Source

source = Source(key="drill", label="Drill", package=__name__)
