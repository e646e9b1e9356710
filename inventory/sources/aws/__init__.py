"""Amazon Web Services: accounts, their regions and what EC2 holds in them."""

from inventory.core.source import Source

source = Source(key="aws", label="Aws", package=__name__)
