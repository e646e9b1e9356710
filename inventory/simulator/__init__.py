"""Simulated clouds over HTTP on one localhost port: AWS, Google Cloud and Gardener, of any size, with an answer key.

from inventory.simulator import running

with running(shoots=20, seed=1) as simulator:
    simulator.config(tmp_path)              # a full inventory configuration for it
    simulator.truth()["reachable"]          # what an inventory of it must contain
"""

from inventory.simulator.answers import truth
from inventory.simulator.config import configuration, write_configuration
from inventory.simulator.faults import Faults
from inventory.simulator.hosting import Running, run, running
from inventory.simulator.landscape import Landscape

__all__ = [
    "Faults",
    "Landscape",
    "Running",
    "configuration",
    "run",
    "running",
    "truth",
    "write_configuration",
]
