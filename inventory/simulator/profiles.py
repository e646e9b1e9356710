"""Cloud profiles and their machine images, in the old form and in that of capabilities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from inventory.simulator.amazon_compute import ARCHES, image_id
from inventory.simulator.flags import CUSTOM_VERSION, PROFILE_VERSIONS
from inventory.simulator.machines import Object
from inventory.simulator.names import REGIONS

ARCHITECTURES = {"x86_64": "amd64", "arm64": "arm64"}
CAPABILITY_VERSIONS = (2, 3)
"""The versions that are written with capabilities; the others are in the old form."""
TYPES = ("aws", "gcp", "azure", "openstack", "ironcore", "local")
"""The last two have no images that anybody reads: an unknown form, and no provider config at all."""
OPENSTACK_REGIONS = ("eu-de-1", "eu-nl-1")


class ImageRow(NamedTuple):
    """A machine image of a profile, as an inventory stores it."""

    name: str
    version: str
    region: str | None
    image: str
    architecture: str


def gcp_image(arch: str, version: int) -> str:
    return f"gardenlinux-{ARCHITECTURES[arch]}-1877-{version}"


def version_name(version: int) -> str:
    return f"1877.{version}.0"


def versions(custom: bool) -> tuple[int, ...]:
    return (*PROFILE_VERSIONS, CUSTOM_VERSION) if custom else PROFILE_VERSIONS


def provider_config(provider: str, only: tuple[int, ...]) -> Object | None:
    """`spec.providerConfig` with the images of these versions."""
    if provider == "local":
        return None
    config: Object = {
        "apiVersion": f"{provider}.provider.extensions.gardener.cloud/v1alpha1",
        "kind": "CloudProfileConfig",
    }
    if provider == "ironcore":
        return {**config, "regionConfigs": [{"name": "a", "server": "https://example.com"}]}
    if provider == "gcp":
        found = gcp_versions(only)
    else:
        made = {"aws": _aws, "azure": _azure, "openstack": _openstack}[provider]
        found = [made(version) for version in only]
    images = [
        {"name": "gardenlinux", "versions": found},
        {"name": "suse-chost", "versions": []},
    ]
    return {**config, "machineImages": images, "constraints": {}, "anotherField": True}


def _aws(version: int) -> Object:
    if version in CAPABILITY_VERSIONS:
        flavors = [
            {
                "capabilities": {"architecture": [ARCHITECTURES[arch]]},
                "regions": [{"name": r, "ami": image_id(r, arch, version)} for r in REGIONS],
            }
            for arch in ARCHES
        ]
        return {"version": version_name(version), "capabilityFlavors": flavors}
    regions = []
    for region in REGIONS:
        # Where nothing is said, the architecture is amd64.
        regions.append({"name": region, "ami": image_id(region, ARCHES[0], version)})
        ami = image_id(region, ARCHES[1], version)
        regions.append({"name": region, "ami": ami, "architecture": "arm64"})
    if version == 0:
        regions.append(regions[0])
    return {"version": version_name(version), "regions": regions}


def _gcp(version: int) -> Object:
    path = "projects/sim-images/global/images/"
    if version in CAPABILITY_VERSIONS:
        flavors = [
            {
                "capabilities": {"architecture": [ARCHITECTURES[arch]]},
                "image": f"https://www.googleapis.com/compute/v1/{path}{gcp_image(arch, version)}",
            }
            for arch in ARCHES
        ]
        return {"version": version_name(version), "capabilityFlavors": flavors}
    # A version has one image in the old form: those of the other architecture are versions apart.
    return {"version": version_name(version), "image": f"{path}{gcp_image(ARCHES[0], version)}"}


def _gcp_arm(version: int) -> Object:
    return {
        "version": version_name(version),
        "architecture": "arm64",
        "image": f"projects/sim-images/global/images/{gcp_image(ARCHES[1], version)}",
    }


def _azure(version: int) -> Object:
    gallery = f"/CommunityGalleries/simulated/Images/gardenlinux/Versions/1877.{version}.0"
    forms: list[Object] = [
        {"communityGalleryImageID": gallery},
        {"urn": f"sap:gardenlinux:greatest:1877.{version}.0", "architecture": "amd64"},
        {"sharedGalleryImageID": f"/SharedGalleries{gallery}"},
        {"communityGalleryImageID": gallery, "acceleratedNetworking": True},
    ]
    content = forms[version % len(forms)]
    if version in CAPABILITY_VERSIONS:
        flavor = {"capabilities": {"architecture": ["arm64"]}, **content}
        return {"version": version_name(version), "capabilityFlavors": [flavor]}
    return {"version": version_name(version), **content}


def _openstack(version: int) -> Object:
    regions: list[Object] = [
        {"name": region, "id": f"00000000-0000-4000-a000-{version:04}{number:08}"}
        for number, region in enumerate(OPENSTACK_REGIONS)
    ]
    name = version_name(version)
    if version in CAPABILITY_VERSIONS:
        flavor = {"capabilities": {"architecture": ["amd64"]}, "regions": regions}
        return {"version": name, "capabilityFlavors": [flavor]}
    regions[0]["architecture"] = "amd64"
    return {"version": name, "image": f"gardenlinux-{name}", "regions": regions}


def image_rows(provider: str, *, custom: bool) -> Iterator[ImageRow]:
    """What an inventory stores of a profile, each row once."""
    if provider not in ("aws", "gcp", "azure", "openstack"):
        return
    for version in versions(custom):
        name = version_name(version)
        if provider == "azure":
            content = _azure(version)
            content = content.get("capabilityFlavors", [content])[0]
            keys = ("communityGalleryImageID", "sharedGalleryImageID", "urn")
            image = next(content[key] for key in keys if key in content)
            arch = "arm64" if "capabilities" in content else "amd64"
            yield ImageRow("gardenlinux", name, None, image, arch)
        elif provider == "openstack":
            content = _openstack(version)
            for region in content.get("capabilityFlavors", [content])[0]["regions"]:
                yield ImageRow("gardenlinux", name, region["name"], region["id"], "")
        else:
            for arch in ARCHES:
                if provider == "gcp":
                    image = gcp_image(arch, version)
                    yield ImageRow("gardenlinux", name, None, image, ARCHITECTURES[arch])
                    continue
                for region_name in REGIONS:
                    image = image_id(region_name, arch, version)
                    yield ImageRow("gardenlinux", name, region_name, image, ARCHITECTURES[arch])


def gcp_versions(only: tuple[int, ...]) -> list[Object]:
    found = []
    for version in only:
        found.append(_gcp(version))
        if version not in CAPABILITY_VERSIONS:
            found.append(_gcp_arm(version))
    return found
