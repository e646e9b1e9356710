"""What was left behind in Gardener itself."""

from __future__ import annotations

import sqlalchemy as sa

from inventory.core.leak import leak, unlinked
from inventory.sources.gardener.models.backup_bucket import BackupBucket
from inventory.sources.gardener.models.links import backup_bucket_to_seed
from inventory.sources.gardener.models.seed import Seed

backup_bucket_without_seed = leak(
    BackupBucket,
    "g-backup-bucket-without-seed",
    # Those of a single shoot name no seed.
    when=lambda bucket: sa.and_(
        bucket.c.seed_name.is_not(None), unlinked(backup_bucket_to_seed, BackupBucket)(bucket)
    ),
    owners=(Seed,),
    doc="The seed that this backup bucket serves does not exist.",
    confidence=0.9,
    since="creation_timestamp",
)
