"""AWS: credentials, errors, EC2 and STS; the other services have modules of their own."""

from __future__ import annotations

import base64
import binascii
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from urllib.parse import parse_qsl

from inventory.simulator.amazon import Amazon
from inventory.simulator.amazon_compute import images
from inventory.simulator.amazon_fixed import zone_names
from inventory.simulator.amazon_rows import Image
from inventory.simulator.buckets import buckets
from inventory.simulator.landscape import Landscape
from inventory.simulator.names import DISABLED_REGIONS, REGIONS
from inventory.simulator.wire import (
    Call,
    Request,
    Response,
    aws_elb,
    aws_route53,
    aws_s3,
    aws_xml,
    aws_xml_more,
)
from inventory.simulator.wire.aws_elb import VERSIONS
from inventory.simulator.wire.aws_paging import Refused, decode, encode, page_number
from inventory.simulator.wire.aws_xml_more import RENDER
from inventory.simulator.zones import HostedZones

CREDENTIAL = re.compile(
    r"Credential=(AKIA|ASIA)(\d{12})/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request"
)
PAGE_LIMIT = 1000
LISTS = {
    "DescribeVpcs": "vpcs",
    "DescribeSubnets": "subnets",
    "DescribeInstances": "instances",
    "DescribeNetworkInterfaces": "interfaces",
    **{action: kind for kind, (action, _, _) in RENDER.items()},
}
UNPAGED = ("addresses",)
ELB = tuple(VERSIONS.values())
EXTRA = re.compile(
    r"(Filter|VpcId|SubnetId|InstanceId|NetworkInterfaceId|ZoneName|ZoneId|ImageId|"
    r"VolumeId|AllocationId|PublicIp|NatGatewayId|InternetGatewayId|GroupId|GroupName|SnapshotId|"
    r"DhcpOptionsId|ExecutableBy)\."
)
CODES = {
    401: "AuthFailure",
    403: "UnauthorizedOperation",
    500: "InternalError",
    503: "RequestLimitExceeded",
}
OTHER_CODES = {401: "InvalidClientTokenId", 403: "AccessDenied", 503: "Throttling"}
"""EC2 has codes of its own; these are the others'."""


def _xml(body: str, status: int = 200) -> Response:
    return Response(status, "text/xml;charset=UTF-8", body.encode())


def _token(params: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Whatever says that this is not the first page, in any service."""
    for name in ("NextToken", "Marker"):
        if name in params:
            return params[name]
    return query.get("continuation-token") or query.get("marker") or query.get("name")


def error(service: str, status: int, code: str, message: str) -> Response:
    if service == "s3":
        return _xml(aws_s3.error(code, message), status)
    return _xml(aws_xml.error(service, code, message), status)


def _fail(service: str, status: int, message: str) -> Response:
    code = CODES.get(status, "InternalError")
    if service != "ec2":
        code = OTHER_CODES.get(status, code)
    if service == "s3" and status == 503:
        code = "SlowDown"
    return error(service, status, code, message)


class AwsApi:
    """Answers what a POST to the root asks for, in the account and region that its signature names."""

    def __init__(self, landscape: Landscape) -> None:
        self.landscape = landscape
        self.amazon = Amazon(landscape)

    def call(self, request: Request) -> Call:
        params = dict(
            parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
        ) or dict(request.query)
        action = params.get("Action", "")
        signed = CREDENTIAL.search(request.headers.get("authorization", ""))
        service = signed[4] if signed else "ec2"
        if service == "s3":
            action = aws_s3.action(request.path, request.query)
        elif service == "route53":
            action = aws_route53.action(request.path)
        elif service == "elasticloadbalancing":
            service = VERSIONS.get(params.get("Version", ""), "elbv2")
        if action.startswith("AssumeRole") or action == "GetCallerIdentity":
            service = "sts"
        account, region = (signed[2], signed[3]) if signed else ("", "")
        page, answer = 1, partial(self._answer, service, action, params, request, account, region)
        if token := _token(params, request.query):
            page = page_number(token)
        return Call(
            f"{service}:{action or '?'}",
            f"{account}/{region}" if account else "anonymous",
            page,
            answer,
            partial(_fail, service),
            Response(200, "text/html", b"<html><body><h1>Welcome to the proxy</h1></body></html>"),
        )

    def _answer(
        self,
        service: str,
        action: str,
        params: dict[str, str],
        request: Request,
        account: str,
        region: str,
    ) -> Response:
        try:
            if action == "AssumeRoleWithWebIdentity":
                return _xml(self._assume_role(params, web_identity=True))
            self._authenticate(service, account, request)
            if service == "sts":
                return _xml(self._sts(action, params, account, request))
            if service == "ec2":
                return _xml(self._ec2(action, params, account, region))
            if service in ELB:
                place = self._place(service, account, region)
                return _xml(aws_elb.balancers(self.amazon, service, params, place))
            if service == "s3":
                return _xml(self._s3(action, request, account))
            if service == "route53":
                zones = HostedZones(self.landscape)
                return _xml(aws_route53.respond(zones, account, request.path, request.query))
            return error(service, 400, "InvalidAction", f"The simulator has no {service}.")
        except Refused as refused:
            return error(service, refused.status, refused.code, refused.message)

    def _authenticate(self, service: str, account: str, request: Request) -> None:
        asia = "Credential=ASIA" in request.headers.get("authorization", "")
        valid = account in self.landscape.accounts
        if asia and not request.headers.get("x-amz-security-token"):
            valid = False
        if valid:
            return
        if service == "s3":
            message = "The AWS Access Key Id you provided does not exist in our records."
            raise Refused(403, "InvalidAccessKeyId", message)
        if service != "ec2":
            message = "The security token included in the request is invalid"
            raise Refused(403, "InvalidClientTokenId", message)
        message = "AWS was not able to validate the provided access credentials"
        raise Refused(401, "AuthFailure", message)

    def _sts(self, action: str, params: dict[str, str], account: str, request: Request) -> str:
        if action == "GetCallerIdentity":
            arn = f"arn:aws:iam::{account}:user/inventory"
            if token := request.headers.get("x-amz-security-token"):
                arn = _session_arn(token, account)
            return aws_xml.caller_identity(account, arn)
        if action == "AssumeRole":
            return self._assume_role(params, web_identity=False)
        raise Refused(
            400, "InvalidAction", f"Could not find operation {action} for version 2011-06-15"
        )

    def _assume_role(self, params: dict[str, str], *, web_identity: bool) -> str:
        role = re.fullmatch(r"arn:aws:iam::(\d{12}):role/(.+)", params.get("RoleArn", ""))
        session = params.get("RoleSessionName", "")
        if role is None or not session or (web_identity and not params.get("WebIdentityToken")):
            message = "RoleArn, RoleSessionName or WebIdentityToken is missing or malformed"
            raise Refused(400, "ValidationError", message)
        if role[1] not in self.landscape.accounts:
            message = f"Not authorized to perform sts:AssumeRole on {role[0]}"
            raise Refused(403, "AccessDenied", message)
        arn = f"arn:aws:sts::{role[1]}:assumed-role/{role[2]}/{session}"
        token = base64.b64encode(arn.encode()).decode()
        action = "AssumeRoleWithWebIdentity" if web_identity else "AssumeRole"
        return aws_xml.assumed_role(action, role[1], arn, session, token)

    def _s3(self, action: str, request: Request, account: str) -> str:
        found = [b for b in buckets(self.landscape) if (b.provider, b.owner) == ("aws", account)]
        if action == "ListBuckets":
            return aws_s3.list_buckets(found, account, request.query)
        if action == "GetBucketLocation":
            return aws_s3.bucket_location(found, request.path.strip("/"))
        raise Refused(501, "NotImplemented", "The simulator lists buckets and no objects")

    def _place(self, service: str, account: str, region: str) -> int:
        if (account, region) in self.landscape.place_index:
            return self.landscape.place_index[account, region]
        message = f"The region {region} is not enabled for the account"
        if service == "ec2":
            raise Refused(401, "AuthFailure", message)
        raise Refused(403, "InvalidClientTokenId", message)

    def _ec2(self, action: str, params: dict[str, str], account: str, region: str) -> str:
        place = self._place("ec2", account, region)
        if extra := next((name for name in params if EXTRA.match(name)), None):
            message = f"The simulator answers with whole lists and does not know {extra}."
            raise Refused(400, "UnsupportedOperation", message)
        if action == "DescribeRegions":
            return aws_xml.regions(self._regions(params))
        if action == "DescribeAvailabilityZones":
            zones = zone_names(self.landscape, self.landscape.places[place])
            return aws_xml.zones(region, zones)
        if action not in LISTS:
            message = f"The action {action} is not valid for this web service."
            raise Refused(400, "InvalidAction", message)
        return self._list(action, params, place)

    def _regions(self, params: dict[str, str]) -> list[tuple[str, str]]:
        found = [
            (name, "opted-in" if name == REGIONS[-1] else "opt-in-not-required") for name in REGIONS
        ]
        if params.get("AllRegions", "false").lower() == "true":
            found += [(name, "not-opted-in") for name in DISABLED_REGIONS]
        names = {value for name, value in params.items() if name.startswith("RegionName.")}
        return [region for region in found if not names or region[0] in names]

    def _list(self, action: str, params: dict[str, str], place: int) -> str:
        kind = LISTS[action]
        where = self.landscape.places[place]
        account, region = where.account, where.region
        limit, offset, page = PAGE_LIMIT, 0, 1
        if kind in UNPAGED:
            if "MaxResults" in params or "NextToken" in params:
                raise Refused(400, "UnknownParameter", f"{action} is not paged")
            limit = sys.maxsize
        if "MaxResults" in params:
            limit = int(params["MaxResults"]) if params["MaxResults"].isdecimal() else 0
            if not 5 <= limit <= PAGE_LIMIT:
                message = (
                    f"Value ( {params['MaxResults']} ) for parameter maxResults is invalid. "
                    f"Expecting a value between 5 and {PAGE_LIMIT}."
                )
                raise Refused(400, "InvalidParameterValue", message)
        if token := params.get("NextToken"):
            offset, page = decode(token, kind, place)
        last = offset + limit
        if kind == "images":
            found = self._images(params, place)
            more, rows = last < len(found), iter(found[offset:last])
        else:
            more = last < self.amazon.total(place, kind)
            rows = self.amazon.page(place, kind, offset, limit)
        following = encode(kind, place, last, page + 1) if more else None
        if kind in RENDER:
            return aws_xml_more.render(kind, rows, account, region, following)
        render: Callable[[Iterator[object], str, str, str | None], str] = getattr(aws_xml, kind)
        return render(rows, account, region, following)

    def _images(self, params: dict[str, str], place: int) -> list[Image]:
        """The images of the owners; whoever names none means everybody."""
        own = self.landscape.places[place]
        owners = {value for name, value in params.items() if name.startswith("Owner.")}
        return [
            image
            for index, other in enumerate(self.amazon.places)
            if other.region == own.region
            for image in images(self.landscape, self.amazon.places[index])
            if not owners
            or image.owner in owners
            or ("self" in owners and image.owner == own.account)
        ]


def _session_arn(token: str, account: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return f"arn:aws:sts::{account}:assumed-role/unknown/unknown"
