"""Gardener: one garden, its projects, shoots and seeds, and the machines that run on the seeds."""

from inventory.core.source import Source

source = Source("g", "Gardener", __name__, probe="g:task:collect-projects")
