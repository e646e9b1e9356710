"""What may be the case with a slot, and what the first slots are made to be."""

from __future__ import annotations

# States of a slot. A leaked shoot is gone from the garden but not from the cloud.
LIVE, LEAKED, GONE = 0, 1, 2

HIBERNATED = 1 << 0
"""The network exists, no machine does."""
UNSCHEDULED = 1 << 1
"""No seed and no technical id yet, hence nothing in the cloud."""
WORKERLESS = 1 << 2
"""A control plane only: no worker groups, nothing in the cloud."""
OWN_VPC = 1 << 3
"""The VPC is the user's and not named after the shoot; the subnets carry the cluster tag."""
UNTAGGED_VPC = 1 << 4
"""Of those: the VPC itself has no cluster tag, and no name."""
STRAY = 1 << 5
"""One instance that no Machine claims."""
TERMINATED = 1 << 6
"""One instance of a former machine is still listed, without network."""
TERMINATING = 1 << 7
"""The first machine is being terminated."""
UNBORN = 1 << 8
"""The last machine has no instance yet, and no provider id."""
UNREPORTED = 1 << 9
"""One machine has an instance, but its provider id is not written yet."""
DUAL_STACK = 1 << 10
PAIRED = 1 << 11
"""Two instances share a reservation."""
BARE = 1 << 12
"""Leaked, and only the VPC is left."""
GARDEN = 1 << 13
"""A shoot in namespace `garden` that a seed runs on."""
BASTION = 1 << 14
"""One instance is a bastion, which no Machine is."""
UNKNOWN_IMAGE = 1 << 15
"""The first machine boots an image that no cloud profile names."""
STALE = 1 << 16
"""The target pool has a member whose instance is gone; a snapshot's volume is gone."""

FORCED = (
    BASTION | DUAL_STACK | PAIRED,
    HIBERNATED,
    OWN_VPC | UNKNOWN_IMAGE,
    OWN_VPC | UNTAGGED_VPC,
    STRAY,
    UNSCHEDULED,
    TERMINATED | TERMINATING,
    UNBORN | UNREPORTED,
    WORKERLESS,
    STRAY | TERMINATED,
    STRAY | UNBORN,
    STRAY | BASTION | STALE,
    BASTION | DUAL_STACK | PAIRED,
    HIBERNATED,
    OWN_VPC | UNKNOWN_IMAGE,
    STRAY | STALE,
    STRAY,
    STRAY | TERMINATED | TERMINATING,
    UNBORN | UNREPORTED,
    WORKERLESS,
)
"""The first slots have every case, so that a small landscape is a complete one."""

FORCED_AWS = 12
"""So many of them are on AWS, the others on Google Cloud."""

CUSTOM_PROFILES = (4, 15)
"""Of the first slots, those that use a NamespacedCloudProfile in any case."""

PROFILE_VERSIONS = (0, 1, 2, 3)
"""The image versions that every cloud profile has."""
CUSTOM_VERSION = 4
"""The version that only namespaced cloud profiles have."""
UNKNOWN_VERSION = 9
"""The version that no cloud profile has any more."""

STRAY_MACHINE, FORMER_MACHINE, BASTION_MACHINE, STALE_MACHINE = 200, 201, 202, 203
"""Machine numbers of instances that have no Machine; the last one has no instance either."""
