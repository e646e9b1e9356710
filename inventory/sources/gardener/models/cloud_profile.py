"""Cloud profiles: what shoots may be made of, the images of their machines among it."""

from __future__ import annotations

from typing import ClassVar

import sqlalchemy as sa

from inventory.core.columns import Key
from inventory.sources.gardener.models.base import GardenerResource, KubernetesObject


class CloudProfile(KubernetesObject, table=True):
    """What shoots may be made of on one kind of cloud, for everyone or for one project."""

    hub = True

    kind: Key[str]
    """`CloudProfile`, or `NamespacedCloudProfile` for one that a project has for itself."""
    namespace: Key[str] = ""
    """`metadata.namespace` of a NamespacedCloudProfile; empty for a CloudProfile."""
    name: Key[str]
    """`metadata.name`."""
    type: str | None = None
    """`spec.type`: `aws`, `gcp`, `azure`, `openstack` and others; a namespaced one has its parent's."""
    parent_name: str | None = None
    """`spec.parent.name`: the CloudProfile that a namespaced one extends."""


class ProfileImage(GardenerResource):
    """A machine image that a cloud profile allows."""

    hub = True

    cloud_profile_kind: Key[str]
    """The kind of the cloud profile."""
    cloud_profile_namespace: Key[str] = ""
    """The namespace of the cloud profile; empty for one that everyone may use."""
    cloud_profile_name: Key[str]
    """The name of the cloud profile."""
    name: Key[str]
    """`machineImages[].name`, such as `gardenlinux`."""
    version: Key[str]
    """`machineImages[].versions[].version`."""
    architecture: str | None = None
    """`amd64` or `arm64`: what the profile says, or what its API assumes where it says nothing."""


class CloudProfileAwsImage(ProfileImage, table=True):
    """A machine image for AWS that a cloud profile allows."""

    # Whether a profile allows an image is asked of every machine, and projects' profiles repeat
    # the images of their parents.
    indexes: ClassVar[tuple[sa.Index, ...]] = (
        sa.Index(
            "ix_g_cloud_profile_aws_image_ami",
            "ami",
            "region_name",
            "cloud_profile_name",
            "cloud_profile_namespace",
            "cloud_profile_kind",
        ),
    )

    region_name: Key[str]
    """`regions[].name`."""
    ami: Key[str]
    """`regions[].ami`: the image of EC2."""


class CloudProfileGcpImage(ProfileImage, table=True):
    """A machine image for Google Cloud that a cloud profile allows."""

    image: Key[str]
    """The last part of `image`, which is a path or an address."""


class CloudProfileAzureImage(ProfileImage, table=True):
    """A machine image for Azure that a cloud profile allows."""

    image_id: Key[str]
    """The first of `communityGalleryImageID`, `sharedGalleryImageID`, `id` and `urn` that is set."""


class CloudProfileOpenstackImage(ProfileImage, table=True):
    """A machine image for OpenStack that a cloud profile allows."""

    region_name: Key[str]
    """`regions[].name`."""
    image_id: Key[str]
    """`regions[].id`: the image of Glance."""
