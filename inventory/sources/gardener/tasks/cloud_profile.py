"""Cloud profiles, and the machine images that they allow on each cloud."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.gardener.images import (
    architectures,
    azure_id,
    flavors,
    image_name,
    profiles,
    versions,
)
from inventory.sources.gardener.models.cloud_profile import (
    CloudProfile,
    CloudProfileAwsImage,
    CloudProfileAzureImage,
    CloudProfileGcpImage,
    CloudProfileOpenstackImage,
)
from inventory.sources.gardener.scopes import GardenScope
from inventory.sources.gardener.utils import created, listed, part, text

if TYPE_CHECKING:
    from inventory.sources.gardener.client import ClusterReader

profile_row = row(CloudProfile)
aws_row = row(CloudProfileAwsImage)
gcp_row = row(CloudProfileGcpImage)
azure_row = row(CloudProfileAzureImage)
openstack_row = row(CloudProfileOpenstackImage)


@collector(CloudProfile, scope=GardenScope)
def collect_cloud_profiles(garden: ClusterReader) -> Iterator[Row[CloudProfile]]:
    """Read `cloudprofiles`, and those that projects have for themselves, `namespacedcloudprofiles`."""
    for profile in profiles(garden):
        yield profile_row(
            labels=dict(part(profile.item, "metadata", "labels")),
            creation_timestamp=created(profile.item),
            kind=profile.kind,
            namespace=profile.namespace,
            name=profile.name,
            type=profile.type,
            parent_name=text(part(profile.item, "spec", "parent"), "name"),
        )


@collector(CloudProfileAwsImage, scope=GardenScope)
def collect_aws_machine_images(garden: ClusterReader) -> Iterator[Row[CloudProfileAwsImage]]:
    """Read the images for AWS from the provider configuration of the cloud profiles."""
    for profile in profiles(garden, "aws"):
        for name, version, entry in versions(profile):
            for flavor, capabilities in flavors(entry):
                for region in listed(flavor, "regions"):
                    if not (place := text(region, "name")) or not (ami := text(region, "ami")):
                        continue
                    yield aws_row(
                        cloud_profile_kind=profile.kind,
                        cloud_profile_namespace=profile.namespace,
                        cloud_profile_name=profile.name,
                        name=name,
                        version=version,
                        architecture=architectures(region, capabilities),
                        region_name=place,
                        ami=ami,
                    )


@collector(CloudProfileGcpImage, scope=GardenScope)
def collect_gcp_machine_images(garden: ClusterReader) -> Iterator[Row[CloudProfileGcpImage]]:
    """Read the images for Google Cloud from the provider configuration of the cloud profiles."""
    for profile in profiles(garden, "gcp"):
        for name, version, entry in versions(profile):
            for flavor, capabilities in flavors(entry):
                if image := text(flavor, "image"):
                    yield gcp_row(
                        cloud_profile_kind=profile.kind,
                        cloud_profile_namespace=profile.namespace,
                        cloud_profile_name=profile.name,
                        name=name,
                        version=version,
                        architecture=architectures(flavor, capabilities),
                        image=image_name(image),
                    )


@collector(CloudProfileAzureImage, scope=GardenScope)
def collect_azure_machine_images(garden: ClusterReader) -> Iterator[Row[CloudProfileAzureImage]]:
    """Read the images for Azure from the provider configuration of the cloud profiles."""
    for profile in profiles(garden, "azure"):
        for name, version, entry in versions(profile):
            for flavor, capabilities in flavors(entry):
                if image := azure_id(flavor):
                    yield azure_row(
                        cloud_profile_kind=profile.kind,
                        cloud_profile_namespace=profile.namespace,
                        cloud_profile_name=profile.name,
                        name=name,
                        version=version,
                        architecture=architectures(flavor, capabilities),
                        image_id=image,
                    )


@collector(CloudProfileOpenstackImage, scope=GardenScope)
def collect_openstack_machine_images(
    garden: ClusterReader,
) -> Iterator[Row[CloudProfileOpenstackImage]]:
    """Read the images for OpenStack from the provider configuration of the cloud profiles."""
    for profile in profiles(garden, "openstack"):
        for name, version, entry in versions(profile):
            for flavor, capabilities in flavors(entry):
                for region in listed(flavor, "regions"):
                    if not (place := text(region, "name")) or not (image := text(region, "id")):
                        continue
                    yield openstack_row(
                        cloud_profile_kind=profile.kind,
                        cloud_profile_namespace=profile.namespace,
                        cloud_profile_name=profile.name,
                        name=name,
                        version=version,
                        architecture=architectures(region, capabilities, default=None),
                        region_name=place,
                        image_id=image,
                    )
