"""Amazon Web Services: accounts, their regions and what EC2 holds in them."""

from inventory.core.source import Source

source = Source("aws", "Aws", __name__, probe="aws:task:collect-regions")
