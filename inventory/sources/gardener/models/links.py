"""How the resources of Gardener belong together."""

from __future__ import annotations

from inventory.core.link import link
from inventory.sources.gardener.models.machine import Machine
from inventory.sources.gardener.models.project import Project, ProjectMember
from inventory.sources.gardener.models.seed import Seed
from inventory.sources.gardener.models.shoot import Shoot

shoot_to_project = link(
    Shoot,
    Project,
    on={"project_name": "name"},
    doc="A shoot belongs to a project.",
)

project_to_member = link(
    Project,
    ProjectMember,
    on={"name": "project_name"},
    b_as="member",
    doc="A member may use a project.",
)

shoot_to_seed = link(
    Shoot,
    Seed,
    on={"seed_name": "name"},
    doc="A shoot's control plane runs on a seed.",
)

seed_to_shoot = link(
    Seed,
    Shoot,
    on={"managed_shoot_namespace": "namespace", "managed_shoot_name": "name"},
    name="l_g_seed_to_shoot",
    columns=("seed_id", "shoot_id"),
    a_as="managed_seed",
    b_as="host_shoot",
    # A namespace has no two shoots of one name, and a shoot becomes one seed at most.
    one=("a", "b"),
    doc="A managed seed is itself a shoot, of the project `garden`.",
)

machine_to_shoot = link(
    Machine,
    Shoot,
    on={"namespace": "technical_id"},
    doc="A machine works for a shoot: its namespace in the seed is the shoot's technical id.",
)

machine_to_seed = link(
    Machine,
    Seed,
    on={"seed_name": "name"},
    doc="A machine is managed by a seed.",
)
