"""What a worker can do with the made-up source."""

from inventory.core.task import whole_source
from tests.toy import source as toy

collect_all, link_all = whole_source(toy)
