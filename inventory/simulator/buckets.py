"""Buckets of all clouds, and the BackupBuckets of the garden that some of them are."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from inventory.simulator.landscape import Landscape
from inventory.simulator.names import GCP_ZONES, REGIONS


class Bucket(NamedTuple):
    provider: str
    owner: str
    """The account or project."""
    name: str
    region: str
    location: str
    """As the cloud says it: empty for us-east-1, `EU` in an old bucket, upper case at Google."""
    created_at: str


class BackupBucket(NamedTuple):
    name: str
    provider: str
    region: str
    seed_name: str | None
    shoot_ref: tuple[str, str] | None
    """Namespace and name of the shoot that the bucket is for, instead of a seed."""
    state: str
    progress: int


GONE_SEEDS = (("aws", "aws-gone-9"), ("gcp", "gcp-gone-8"))
"""Seeds that were deleted, whose BackupBuckets were not."""


def _name(landscape: Landscape, kind: str) -> str:
    digits = blake2b(f"{landscape.seed} bucket {kind}".encode(), digest_size=16).hexdigest()
    return f"{digits[0:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"


def _bucket(landscape: Landscape, provider: str, number: int, name: str, region: str) -> Bucket:
    owners = landscape.accounts if provider == "aws" else landscape.projects
    location = region.upper() if provider == "gcp" else ("" if region == "us-east-1" else region)
    created = f"2024-0{1 + number % 9}-1{number % 10}T10:11:1{number % 10}.000Z"
    return Bucket(provider, owners[number % len(owners)], name, region, location, created)


def backup_buckets(landscape: Landscape) -> list[BackupBucket]:
    found = [
        BackupBucket(
            _name(landscape, landscape.seed_name(seed)),
            landscape.seed_provider(seed),
            landscape.seed_region(seed),
            landscape.seed_name(seed),
            None,
            "Succeeded" if seed else "Processing",
            100 if seed else 40,
        )
        for seed in range(landscape.seed_count)
    ]
    for provider, seed_name in GONE_SEEDS:
        region = REGIONS[1] if provider == "aws" else "europe-west3"
        found.append(
            BackupBucket(
                _name(landscape, seed_name), provider, region, seed_name, None, "Succeeded", 100
            )
        )
        reference = ("garden", f"self-hosted-{provider}")
        found.append(
            BackupBucket(
                _name(landscape, reference[1]), provider, region, None, reference, "Succeeded", 100
            )
        )
    found.append(
        BackupBucket(
            _name(landscape, "other cloud"),
            "gcp",
            "us-central1",
            landscape.seed_name(0),
            None,
            "Error",
            0,
        )
    )
    return found


def buckets(landscape: Landscape) -> list[Bucket]:
    """Those of the BackupBuckets, one of another cloud's name, and those that nobody claims."""
    found = []
    for number, backup in enumerate(backup_buckets(landscape)):
        found.append(_bucket(landscape, backup.provider, number, backup.name, backup.region))
    found.append(_bucket(landscape, "aws", 2, _name(landscape, "other cloud"), "eu-west-1"))
    for number, account in enumerate(landscape.accounts):
        found.append(_bucket(landscape, "aws", number, f"terraform-state-{account}", "us-east-1"))
        left = _name(landscape, f"left {account}")
        found.append(_bucket(landscape, "aws", number, left, REGIONS[number]))
    old = _bucket(landscape, "aws", 0, f"logs-{landscape.accounts[0]}", "eu-west-1")
    found.append(old._replace(location="EU"))
    for number, project in enumerate(landscape.projects):
        left = _name(landscape, f"left {project}")
        found.append(_bucket(landscape, "gcp", number, left, list(GCP_ZONES)[number]))
        found.append(_bucket(landscape, "gcp", number, f"{project}-artifacts", "eu"))
    return sorted(found, key=lambda bucket: bucket.name)
