"""Paths, labels and limits of the APIs of a garden and its seeds."""

from __future__ import annotations

PROJECTS = "/apis/core.gardener.cloud/v1beta1/projects"
SEEDS = "/apis/core.gardener.cloud/v1beta1/seeds"
SHOOTS = "/apis/core.gardener.cloud/v1beta1/shoots"
MANAGED_SEEDS = "/apis/seedmanagement.gardener.cloud/v1alpha1/managedseeds"
MACHINES = "/apis/machine.sapcloud.io/v1alpha1/machines"
BACKUP_BUCKETS = "/apis/core.gardener.cloud/v1beta1/backupbuckets"
CLOUD_PROFILES = "/apis/core.gardener.cloud/v1beta1/cloudprofiles"
NAMESPACED_CLOUD_PROFILES = "/apis/core.gardener.cloud/v1beta1/namespacedcloudprofiles"
PERSISTENT_VOLUMES = "/api/v1/persistentvolumes"
DNS_RECORDS = "/apis/extensions.gardener.cloud/v1alpha1/dnsrecords"
DNS_ENTRIES = "/apis/dns.gardener.cloud/v1alpha1/dnsentries"
BASTIONS = "/apis/extensions.gardener.cloud/v1alpha1/bastions"
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

GARDEN = "++garden++"
"""Stands for the garden where a seed is named otherwise."""
DEFAULT_ARCHITECTURE = "amd64"
"""What the profiles of AWS, GCP and Azure mean where they name none."""
VOLUME_SOURCES = {
    "gcePersistentDisk": ("gce-pd", ("pdName",)),
    "awsElasticBlockStore": ("aws-ebs", ("volumeID",)),
    "hostPath": ("host-path", ("path",)),
    "glusterfs": ("glusterfs", ("path",)),
    "nfs": ("nfs", ("server", "path")),
    "azureDisk": ("azure-disk", ("diskName",)),
    "azureFile": ("azure-file", ("shareName",)),
    "cinder": ("cinder", ("volumeID",)),
    "vsphereVolume": ("vsphere", ("volumePath",)),
    "photonPersistentDisk": ("photon-pd", ("pdID",)),
    "portworxVolume": ("portworx", ("volumeID",)),
    "local": ("local", ("path",)),
    "storageos": ("storageos", ("volumeName",)),
}
"""Where a volume that no CSI driver provides comes from, and which of its fields name the disk."""
