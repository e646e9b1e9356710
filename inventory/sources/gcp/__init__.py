"""Google Cloud: projects, and what Compute Engine, Cloud Storage, GKE and IAM hold in them."""

from inventory.core.source import Source

source = Source("gcp", "Gcp", __name__, probe="gcp:task:collect-projects")
