"""A made-up source, so that what is ours can be tested without a real one.

Its world is a JSON file in the configuration's home, `toy.json`, which tests write with
`tests.toy.world.World`; so worker processes see it as well.
"""

from inventory.core.source import Source

source = Source(key="toy", label="Toy", package=__name__)
