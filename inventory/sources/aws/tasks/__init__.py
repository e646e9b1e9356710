"""What is collected from AWS, and when it is linked."""

from inventory.core.task import whole_source
from inventory.sources.aws import source

collect_all, link_all = whole_source(source)
