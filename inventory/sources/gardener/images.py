"""Machine images in the provider configuration of cloud profiles: an older form, and a newer one.

The older lists regions, images and an architecture below a version; the newer puts the same into
`capabilityFlavors`, each with the capabilities that it has.  Unknown parts are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inventory.sources.gardener.constants import (
    CLOUD_PROFILES,
    DEFAULT_ARCHITECTURE,
    NAMESPACED_CLOUD_PROFILES,
)
from inventory.sources.gardener.utils import Object, listed, part, text

if TYPE_CHECKING:
    from inventory.sources.gardener.client import ClusterReader

AZURE_IDS = ("communityGalleryImageID", "sharedGalleryImageID", "id", "urn")
"""In the order in which the extension looks for them."""


@dataclass(frozen=True)
class Profile:
    """A cloud profile of either kind. A namespaced one is read as merged with its parent."""

    item: Object
    kind: str
    type: str | None
    config: Object

    @property
    def name(self) -> str:
        name: str = self.item["metadata"]["name"]
        return name

    @property
    def namespace(self) -> str:
        return text(part(self.item, "metadata"), "namespace") or ""


def profiles(garden: ClusterReader, wanted: str | None = None) -> Iterator[Profile]:
    """The cloud profiles of a garden, of one type or of all."""
    for item in garden.items(CLOUD_PROFILES):
        spec = part(item, "spec")
        profile = Profile(
            item, "CloudProfile", text(spec, "type"), part(item, "spec", "providerConfig")
        )
        if wanted in (None, profile.type):
            yield profile
    for item in garden.items(NAMESPACED_CLOUD_PROFILES, namespaced=True):
        merged = part(item, "status", "cloudProfileSpec")
        config = part(merged, "providerConfig") or part(item, "spec", "providerConfig")
        profile = Profile(item, "NamespacedCloudProfile", text(merged, "type"), config)
        if wanted in (None, profile.type):
            yield profile


def versions(profile: Profile) -> Iterator[tuple[str, str, Object]]:
    """The image's name, its version, and the entry of that version."""
    for image in listed(profile.config, "machineImages"):
        for entry in listed(image, "versions"):
            name, version = text(image, "name"), text(entry, "version")
            if name and version:
                yield name, version, entry


def flavors(entry: Object) -> Iterator[tuple[Object, Object]]:
    """The parts of a version that name images, each with its capabilities; the older form has none."""
    yield entry, {}
    for flavor in listed(entry, "capabilityFlavors"):
        yield flavor, part(flavor, "capabilities")


def architectures(
    image: Object, capabilities: Object, default: str | None = DEFAULT_ARCHITECTURE
) -> str | None:
    """The architecture of an image; several are joined by a comma."""
    listed_ones = capabilities.get("architecture")
    if isinstance(listed_ones, list) and listed_ones:
        return ",".join(str(each) for each in listed_ones)
    return text(image, "architecture") or default


def image_name(image: str) -> str:
    """`projects/p/global/images/x` or an address that ends so → `x`."""
    return image.rstrip("/").rpartition("/")[2]


def azure_id(flavor: Object) -> str | None:
    """What identifies an image of Azure, of the four ways in which it may."""
    return next((found for name in AZURE_IDS if (found := text(flavor, name))), None)
