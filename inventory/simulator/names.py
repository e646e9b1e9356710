"""The names of accounts, regions, projects and seeds, which depend on no slot."""

from __future__ import annotations

ACCOUNTS = ("111122223333", "444455556666", "777788889999")
"""AWS's own example numbers: nobody owns them."""

REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "eu-south-1")
"""The regions that are enabled in every account; the last one was opted in to."""

DISABLED_REGIONS = ("af-south-1", "ap-east-1", "me-south-1")
"""Regions that need an opt-in which nobody gave."""

GCP_PROJECTS = ("sim-prod-1", "sim-dev-2", "sim-shared-3")
"""The ids of the Google Cloud projects."""

GCP_NUMBERS = {project: str(100200300400 + n) for n, project in enumerate(GCP_PROJECTS)}

GCP_ZONES = {"europe-west1": "bcd", "europe-west3": "abc", "us-central1": "abc"}
"""The regions and the letters of their zones: not every region begins with an a."""

SOIL = "soil"
"""The seed that is a GKE cluster of this name, in the first project and region."""

GARDEN_PROJECT = "garden"
CUSTOM_NAMESPACE_PROJECT = 1
OWNERLESS_PROJECT = 2

WORDS = (
    "retail",
    "core",
    "data",
    "edge",
    "risk",
    "media",
    "search",
    "fleet",
    "labs",
    "pay",
    "ship",
    "cargo",
    "atlas",
    "mail",
    "docs",
    "sales",
)
SHORT = {
    "eu-central-1": "euc1",
    "eu-west-1": "euw1",
    "us-east-1": "use1",
    "eu-south-1": "eus1",
    "europe-west1": "ew1",
    "europe-west3": "ew3",
    "us-central1": "usc1",
}

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
        if not number:
            return digits


class Names:
    """The names in a landscape of a given size."""

    def __init__(self, shoots: int) -> None:
        self.project_count = max(4, shoots // 20)
        """Ordinary projects; the project of the garden and one without a namespace follow."""
        self.seed_count = max(3, shoots // 75)
        """Seed clusters; the last one is not a ManagedSeed."""
        self.managed_count = self.seed_count - 1

    # names that do not depend on a slot

    def project_name(self, index: int) -> str:
        if index == self.project_count:
            return GARDEN_PROJECT
        if index == self.project_count + 1:
            return "newcomer"
        return f"{WORDS[index % len(WORDS)]}{index}"

    def project_namespace(self, index: int) -> str | None:
        """The namespace, which is not always `garden-<name>`; None while it is not assigned yet."""
        if index == self.project_count:
            return "garden"
        if index == self.project_count + 1:
            return None
        name = self.project_name(index)
        return f"team-{name}" if index == CUSTOM_NAMESPACE_PROJECT else f"garden-{name}"

    def project_of_namespace(self, namespace: str) -> int | None:
        digits = namespace.lstrip("abcdefghijklmnopqrstuvwxyz-")
        guess = int(digits) if digits.isdecimal() else self.project_count
        if guess <= self.project_count and self.project_namespace(guess) == namespace:
            return guess
        return None

    def seed_provider(self, index: int) -> str:
        return "gcp" if index == self.managed_count or index % 3 == 2 else "aws"

    def seed_region(self, index: int) -> str:
        if index == self.managed_count:
            return next(iter(GCP_ZONES))
        regions = REGIONS if self.seed_provider(index) == "aws" else list(GCP_ZONES)
        return regions[index % len(regions)]

    def seed_name(self, index: int) -> str:
        if index == self.managed_count:
            return SOIL
        return f"{self.seed_provider(index)}-{SHORT[self.seed_region(index)]}-{index}"

    def seed_shoot_name(self, index: int) -> str:
        """The shoot in namespace `garden` that a managed seed runs on: one has another name."""
        return "infra-1" if index == 1 else self.seed_name(index)

    def seed_names(self) -> list[str]:
        return [self.seed_name(i) for i in range(self.seed_count)]

    def is_managed(self, index: int) -> bool:
        return index < self.managed_count
