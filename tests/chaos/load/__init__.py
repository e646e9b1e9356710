"""Tasks that record what they do where no injury reaches: in the journal of their process."""

from inventory.core.source import Source

source = Source(key="chaos", label="Chaos", package=__name__)
