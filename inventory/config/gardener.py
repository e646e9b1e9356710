"""`gardener` in the configuration."""

from typing import Literal, Self

from pydantic import Field, model_validator

from inventory.config.services import USER_AGENT, needs
from inventory.config.values import File, Refused, Section, WebAddress


class SoilClusters(Section):
    """Seeds that are clusters of a cloud rather than shoots."""

    gcp: str | None = None


class GardenerConfig(Section):
    """A Gardener landscape."""

    is_enabled: bool = False
    endpoint: WebAddress | None = None
    """The garden's API."""
    user_agent: str = USER_AGENT
    authentication: Literal["in_cluster", "token", "kubeconfig"] | None = None
    token_path: File | None = None
    kubeconfig: File | None = None
    """Absent: the environment variable KUBECONFIG."""
    context: str | None = None
    """For `kubeconfig`: the context of the garden; the current one when absent."""
    excluded_seeds: tuple[str, ...] = ()
    soil_clusters: SoilClusters = SoilClusters()
    seed_kubeconfigs: dict[str, File] = Field(default_factory=dict)
    """Seed to kubeconfig, instead of asking the garden for a viewer's kubeconfig."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.is_enabled:
            return self
        if self.authentication is None:
            raise Refused(
                (
                    "authentication",
                    "needed when the source is enabled: in_cluster, token or kubeconfig",
                )
            )
        if self.authentication == "token":
            needs(self, "authentication token", ("endpoint", "token_path"))
        return self
