"""S3: the list of an account's buckets, and where each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from inventory.simulator.buckets import Bucket
from inventory.simulator.wire.aws_paging import Refused, decode, encode

S3 = "http://s3.amazonaws.com/doc/2006-03-01/"
LIMIT = 10_000


def error(code: str, message: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
        "<RequestId>0A49CE4060975EAC</RequestId></Error>"
    )


def action(path: str, query: Mapping[str, str]) -> str:
    if path == "/":
        return "ListBuckets"
    return "GetBucketLocation" if "location" in query else "ListObjects"


def list_buckets(found: list[Bucket], account: str, query: Mapping[str, str]) -> str:
    """ListBuckets. Regions are told to those only who ask with a parameter, as S3 does."""
    asked = {name for name in query if name != "x-id"}
    size = query.get("max-buckets", str(LIMIT))
    limit = int(size) if size.isdecimal() else 0
    if not 1 <= limit <= LIMIT:
        raise Refused(400, "InvalidArgument", "max-buckets must be between 1 and 10000")
    region = query.get("bucket-region")
    found = [
        bucket
        for bucket in found
        if bucket.name.startswith(query.get("prefix", "")) and region in (None, bucket.region)
    ]
    offset, page = 0, 1
    if token := query.get("continuation-token"):
        offset, page = decode(token, "buckets", 0, "InvalidArgument")
    items = "".join(
        f"<Bucket><Name>{bucket.name}</Name><CreationDate>{bucket.created_at}</CreationDate>"
        f"{f'<BucketRegion>{bucket.region}</BucketRegion>' if asked else ''}</Bucket>"
        for bucket in found[offset : offset + limit]
    )
    following = ""
    if offset + limit < len(found):
        token = encode("buckets", 0, offset + limit, page + 1)
        following = f"<ContinuationToken>{token}</ContinuationToken>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<ListAllMyBucketsResult xmlns="{S3}"><Owner><ID>{account}</ID></Owner>'
        f"<Buckets>{items}</Buckets>{following}</ListAllMyBucketsResult>"
    )


def bucket_location(found: list[Bucket], name: str) -> str:
    bucket = next((bucket for bucket in found if bucket.name == name), None)
    if bucket is None:
        raise Refused(404, "NoSuchBucket", "The specified bucket does not exist")
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="{S3}"'
    return f"{head}>{bucket.location}</LocationConstraint>" if bucket.location else f"{head}/>"
