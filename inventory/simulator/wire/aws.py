"""EC2 and STS: the query protocol, with paging, credentials and errors as AWS has them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import parse_qsl

import orjson

from inventory.simulator.amazon import Amazon, zone_names
from inventory.simulator.landscape import Landscape
from inventory.simulator.names import DISABLED_REGIONS, REGIONS
from inventory.simulator.wire import Call, Request, Response, aws_xml

CREDENTIAL = re.compile(
    r"Credential=(AKIA|ASIA)(\d{12})/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request"
)
PAGE_LIMIT = 1000
LISTS = {
    "DescribeVpcs": "vpcs",
    "DescribeSubnets": "subnets",
    "DescribeInstances": "instances",
    "DescribeNetworkInterfaces": "interfaces",
}
EXTRA = re.compile(r"(Filter|VpcId|SubnetId|InstanceId|NetworkInterfaceId|ZoneName|ZoneId)\.")
CODES = {
    401: "AuthFailure",
    403: "UnauthorizedOperation",
    500: "InternalError",
    503: "RequestLimitExceeded",
}


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def _xml(body: str, status: int = 200) -> Response:
    return Response(status, "text/xml;charset=UTF-8", body.encode())


def error(service: str, status: int, code: str, message: str) -> Response:
    return _xml(aws_xml.error(service, code, message), status)


def _fail(service: str, status: int, message: str) -> Response:
    return error(service, status, CODES.get(status, "InternalError"), message)


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
        if action.startswith("AssumeRole") or action == "GetCallerIdentity":
            service = "sts"
        account, region = (signed[2], signed[3]) if signed else ("", "")
        page, answer = 1, partial(self._answer, service, action, params, request, account, region)
        if token := params.get("NextToken"):
            page = _page(token)
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
            return error(service, 400, "InvalidAction", f"The simulator has no {service} yet.")
        except Refused as refused:
            return error(service, refused.status, refused.code, refused.message)

    def _authenticate(self, service: str, account: str, request: Request) -> None:
        asia = "Credential=ASIA" in request.headers.get("authorization", "")
        valid = account in self.landscape.accounts
        if asia and not request.headers.get("x-amz-security-token"):
            valid = False
        if valid:
            return
        if service == "sts":
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

    def _ec2(self, action: str, params: dict[str, str], account: str, region: str) -> str:
        if (account, region) not in self.landscape.place_index:
            message = f"The region {region} is not enabled for the account"
            raise Refused(401, "AuthFailure", message)
        if extra := next((name for name in params if EXTRA.match(name)), None):
            message = f"The simulator answers with whole lists and does not know {extra}."
            raise Refused(400, "UnsupportedOperation", message)
        place = self.landscape.place_index[account, region]
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
        limit, offset, page = PAGE_LIMIT, 0, 1
        if "MaxResults" in params:
            limit = int(params["MaxResults"]) if params["MaxResults"].isdecimal() else 0
            if not 5 <= limit <= PAGE_LIMIT:
                message = (
                    f"Value ( {params['MaxResults']} ) for parameter maxResults is invalid. "
                    f"Expecting a value between 5 and {PAGE_LIMIT}."
                )
                raise Refused(400, "InvalidParameterValue", message)
        if token := params.get("NextToken"):
            offset, page = _decode(token, kind, place)
        last = offset + limit
        more = last < self.amazon.total(place, kind)
        following = _encode(kind, place, last, page + 1) if more else None
        account = self.landscape.places[place].account
        region = self.landscape.places[place].region
        render: Callable[[Iterator[object], str, str, str | None], str] = getattr(aws_xml, kind)
        return render(getattr(self.amazon, kind)(place, offset, limit), account, region, following)


def _session_arn(token: str, account: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return f"arn:aws:sts::{account}:assumed-role/unknown/unknown"


def _encode(kind: str, place: int, offset: int, page: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([kind, place, offset, page])).decode()


def _decode(token: str, kind: str, place: int) -> tuple[int, int]:
    try:
        found_kind, found_place, offset, page = orjson.loads(base64.urlsafe_b64decode(token))
        if (found_kind, found_place) == (kind, place):
            return int(offset), int(page)
    except (ValueError, TypeError, binascii.Error):
        pass
    raise Refused(400, "InvalidParameterValue", "Unable to parse pagination token")


def _page(token: str) -> int:
    try:
        return int(orjson.loads(base64.urlsafe_b64decode(token))[3])
    except (ValueError, TypeError, LookupError, binascii.Error):
        return 2
