"""What is collected from Gardener, and when it is linked."""

from inventory.core.task import whole_source
from inventory.sources.gardener import source

collect_all, link_all = whole_source(source)
