"""What is collected from Google Cloud, and when it is linked."""

from inventory.core.task import whole_source
from inventory.sources.gcp import source

collect_all, link_all = whole_source(source)
