"""How the models belong together: one to many, many to many, and to itself."""

import sqlalchemy as sa

from inventory.core.link import Rule, link
from tests.graph.zoo.models.animal import Animal
from tests.graph.zoo.models.house import House
from tests.graph.zoo.models.keeper import Keeper

house_to_animal = link(
    House, Animal, on={"name": "house_name"}, doc="An animal lives in the house that it names."
)
animal_to_keeper = link(
    Animal,
    Keeper,
    rules={
        "badge": Rule(lambda a, k: k.c.badge == sa.any_(a.c.badges), a=("badges",), b=("badge",)),
        "namesake": {"nickname": "nickname"},
    },
    doc="A keeper looks after an animal by badge, or because it has the same name.",
)
parent_to_child = link(
    Animal,
    Animal,
    on={"tag": "parent_tag"},
    a_as="parent",
    b_as="child",
    doc="A child names its parent.",
)
