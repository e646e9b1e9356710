"""Buckets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from inventory.core.row import Row, row
from inventory.core.task import collector
from inventory.sources.aws.constants import OLD_REGIONS
from inventory.sources.aws.models.bucket import Bucket
from inventory.sources.aws.scopes import BucketScope

if TYPE_CHECKING:
    from inventory.sources.aws.client import AccountReader

bucket_row = row(Bucket)


@collector(Bucket, scope=BucketScope)
def collect_buckets(account: AccountReader) -> Iterator[Row[Bucket]]:
    """Read the buckets of an account with `s3:ListAllMyBuckets`, and where each lies."""
    for bucket in account.items("s3", "ListBuckets", "Buckets", key="Name"):
        region = bucket.get("BucketRegion")
        if region is None:
            # S3 names the region in pages alone; what stands in for it may not.
            place = account.answer("s3", "GetBucketLocation", Bucket=bucket["Name"])
            said = place.get("LocationConstraint") or ""
            region = OLD_REGIONS.get(said, said)
        yield bucket_row(
            account_id=account.account_id,
            name=bucket["Name"],
            creation_date=bucket.get("CreationDate"),
            region_name=region,
        )
