"""Gardener: one garden, its projects, shoots and seeds, and the machines that run on the seeds."""

from inventory.core.source import Source

source = Source(key="g", label="Gardener", package=__name__)
