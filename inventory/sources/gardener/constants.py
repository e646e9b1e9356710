"""Paths, labels and limits of the APIs of a garden and its seeds."""

from __future__ import annotations

PROJECTS = "/apis/core.gardener.cloud/v1beta1/projects"
SEEDS = "/apis/core.gardener.cloud/v1beta1/seeds"
SHOOTS = "/apis/core.gardener.cloud/v1beta1/shoots"
MANAGED_SEEDS = "/apis/seedmanagement.gardener.cloud/v1alpha1/managedseeds"
MACHINES = "/apis/machine.sapcloud.io/v1alpha1/machines"
VIEWER_KUBECONFIG = (
    "/apis/core.gardener.cloud/v1beta1/namespaces/{namespace}/shoots/{name}/viewerkubeconfig"
)
VIEWER_KUBECONFIG_REQUEST = {
    "apiVersion": "authentication.gardener.cloud/v1alpha1",
    "kind": "ViewerKubeconfigRequest",
    "spec": {"expirationSeconds": 3600},
}

PAGE_SIZE = 500

STATUS_LABEL = "shoot.gardener.cloud/status"
CREATED_BY_ANNOTATION = "gardener.cloud/created-by"
NODE_LABEL = "node"
SERVICE_ACCOUNT = "ServiceAccount"
