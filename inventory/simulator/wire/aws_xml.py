"""The XML of EC2 and STS answers, as templates: several times faster than a serializer."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from xml.sax.saxutils import escape

from inventory.simulator.amazon_rows import STATES, Instance, Interface, Subnet, Tags, Vpc

EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"
STS = "https://sts.amazonaws.com/doc/2011-06-15/"
REQUEST = "8f7724cf-496f-496e-8fe3-000000000000"


def answer(action: str, body: str, following: str | None = None) -> str:
    token = f"<nextToken>{following}</nextToken>" if following else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{action}Response xmlns="{EC2}">'
        f"<requestId>{REQUEST}</requestId>{body}{token}</{action}Response>"
    )


def error(service: str, code: str, message: str) -> str:
    message = escape(message)
    if service == "ec2":
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
            f"<Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            f"<RequestID>{REQUEST}</RequestID></Response>"
        )
    namespace = f' xmlns="{STS}"' if service == "sts" else ""
    return (
        f"<ErrorResponse{namespace}><Error><Type>Sender</Type><Code>{code}</Code>"
        f"<Message>{message}</Message></Error><RequestId>{REQUEST}</RequestId></ErrorResponse>"
    )


def _sts(action: str, body: str) -> str:
    return (
        f'<{action}Response xmlns="{STS}"><{action}Result>{body}</{action}Result>'
        f"<ResponseMetadata><RequestId>{REQUEST}</RequestId></ResponseMetadata></{action}Response>"
    )


def caller_identity(account: str, arn: str) -> str:
    user = f"<UserId>AIDASIMULATED{account}</UserId>"
    arn = escape(arn)
    return _sts("GetCallerIdentity", f"<Arn>{arn}</Arn>{user}<Account>{account}</Account>")


def assumed_role(action: str, account: str, arn: str, session: str, token: str) -> str:
    return _sts(
        action,
        f"<Credentials><AccessKeyId>ASIA{account}</AccessKeyId>"
        f"<SecretAccessKey>simulated-not-a-secret</SecretAccessKey><SessionToken>{token}</SessionToken>"
        "<Expiration>2099-12-31T23:59:59Z</Expiration></Credentials>"
        f"<AssumedRoleUser><AssumedRoleId>AROASIMULATED:{escape(session)}</AssumedRoleId>"
        f"<Arn>{escape(arn)}</Arn></AssumedRoleUser>",
    )


def regions(found: Iterable[tuple[str, str]]) -> str:
    items = "".join(
        f"<item><regionName>{name}</regionName><regionEndpoint>ec2.{name}.amazonaws.com</regionEndpoint>"
        f"<optInStatus>{status}</optInStatus></item>"
        for name, status in found
    )
    return answer("DescribeRegions", f"<regionInfo>{items}</regionInfo>")


def zones(region: str, found: Iterable[tuple[str, str]]) -> str:
    items = "".join(
        "<item><optInStatus>opt-in-not-required</optInStatus><messageSet/>"
        f"<zoneName>{name}</zoneName><zoneId>{zone_id}</zoneId><zoneState>available</zoneState>"
        f"<regionName>{region}</regionName><groupName>{region}-zg-1</groupName>"
        f"<networkBorderGroup>{region}</networkBorderGroup><zoneType>availability-zone</zoneType></item>"
        for name, zone_id in found
    )
    return answer(
        "DescribeAvailabilityZones", f"<availabilityZoneInfo>{items}</availabilityZoneInfo>"
    )


def tag_set(tags: Tags) -> str:
    if not tags:
        return ""
    items = "".join(f"<item><key>{key}</key><value>{value}</value></item>" for key, value in tags)
    return f"<tagSet>{items}</tagSet>"


def vpcs(found: Iterable[Vpc], account: str, region: str, following: str | None) -> str:
    return answer(
        "DescribeVpcs",
        f"<vpcSet>{''.join(_vpc(v, account, region) for v in found)}</vpcSet>",
        following,
    )


def _vpc(vpc: Vpc, account: str, region: str) -> str:
    association = vpc.vpc_id[5:]
    ipv6 = ""
    if vpc.ipv6_cidr:
        ipv6 = (
            f"<ipv6CidrBlockAssociationSet><item><ipv6CidrBlock>{vpc.ipv6_cidr}</ipv6CidrBlock>"
            f"<associationId>vpc-cidr-assoc-1{association}</associationId><ipv6Pool>Amazon</ipv6Pool>"
            f"<networkBorderGroup>{region}</networkBorderGroup>"
            "<ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState></item>"
            "</ipv6CidrBlockAssociationSet>"
        )
    return (
        f"<item><vpcId>{vpc.vpc_id}</vpcId><ownerId>{account}</ownerId><state>available</state>"
        f"<cidrBlock>{vpc.cidr}</cidrBlock><cidrBlockAssociationSet><item><cidrBlock>{vpc.cidr}</cidrBlock>"
        f"<associationId>vpc-cidr-assoc-0{association}</associationId>"
        f"<cidrBlockState><state>associated</state></cidrBlockState></item></cidrBlockAssociationSet>{ipv6}"
        f"<dhcpOptionsId>{vpc.dhcp_options_id}</dhcpOptionsId>{tag_set(vpc.tags)}"
        f"<instanceTenancy>default</instanceTenancy><isDefault>{flag(vpc.is_default)}</isDefault></item>"
    )


def subnets(found: Iterable[Subnet], account: str, region: str, following: str | None) -> str:
    items = "".join(_subnet(subnet, account, region) for subnet in found)
    return answer("DescribeSubnets", f"<subnetSet>{items}</subnetSet>", following)


def _subnet(subnet: Subnet, account: str, region: str) -> str:
    ipv6 = ""
    if subnet.ipv6_cidr:
        ipv6 = (
            f"<item><ipv6CidrBlock>{subnet.ipv6_cidr}</ipv6CidrBlock>"
            f"<associationId>subnet-cidr-assoc-{subnet.subnet_id[7:]}</associationId>"
            "<ipv6CidrBlockState><state>associated</state></ipv6CidrBlockState></item>"
        )
    default = flag(subnet.is_default)
    return (
        f"<item><subnetId>{subnet.subnet_id}</subnetId>"
        f"<subnetArn>arn:aws:ec2:{region}:{account}:subnet/{subnet.subnet_id}</subnetArn>"
        f"<state>available</state><ownerId>{account}</ownerId><vpcId>{subnet.vpc_id}</vpcId>"
        f"<cidrBlock>{subnet.cidr}</cidrBlock>"
        f"<ipv6CidrBlockAssociationSet>{ipv6}</ipv6CidrBlockAssociationSet>"
        f"<availableIpAddressCount>{subnet.free}</availableIpAddressCount>"
        f"<availabilityZone>{subnet.zone}</availabilityZone><availabilityZoneId>{subnet.zone_id}</availabilityZoneId>"
        f"<defaultForAz>{default}</defaultForAz><mapPublicIpOnLaunch>{default}</mapPublicIpOnLaunch>"
        f"<assignIpv6AddressOnCreation>false</assignIpv6AddressOnCreation>{tag_set(subnet.tags)}</item>"
    )


def instances(found: Iterable[Instance], account: str, region: str, following: str | None) -> str:
    items = "".join(
        f"<item><reservationId>{reservation}</reservationId><ownerId>{account}</ownerId><groupSet/>"
        f"<instancesSet>{''.join(_instance(i, account) for i in group)}</instancesSet></item>"
        for reservation, group in groupby(found, attrgetter("reservation_id"))
    )
    return answer("DescribeInstances", f"<reservationSet>{items}</reservationSet>", following)


def _instance(i: Instance, account: str) -> str:
    x, launched = i.hex, i.launched_at
    platform = f"<platformDetails>{i.platform}</platformDetails>" if i.platform else ""
    head = (
        f"<item><instanceId>{i.instance_id}</instanceId><imageId>{i.image_id}</imageId>"
        f"<instanceState><code>{STATES[i.state]}</code><name>{i.state}</name></instanceState>"
    )
    tail = (
        f"<amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>{i.instance_type}</instanceType>"
        f"<launchTime>{launched}</launchTime><placement><availabilityZone>{i.zone}</availabilityZone>"
        "<groupName/><tenancy>default</tenancy></placement><monitoring><state>disabled</state></monitoring>"
        f"<architecture>{i.arch}</architecture><rootDeviceType>ebs</rootDeviceType>"
        f"<rootDeviceName>/dev/xvda</rootDeviceName>{platform}"
        "<usageOperation>RunInstances</usageOperation>"
        f"<virtualizationType>hvm</virtualizationType><clientToken>{x[0:8]}-{x[8:12]}</clientToken>"
        f"{tag_set(i.tags)}<hypervisor>xen</hypervisor><ebsOptimized>false</ebsOptimized>"
        "<enaSupport>true</enaSupport><cpuOptions><coreCount>1</coreCount><threadsPerCore>2</threadsPerCore>"
        "</cpuOptions><metadataOptions><state>applied</state><httpTokens>required</httpTokens>"
        "<httpPutResponseHopLimit>2</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint>"
        "</metadataOptions></item>"
    )
    if i.vpc_id is None:
        return (
            f"{head}<privateDnsName/><dnsName/><reason>User initiated ({launched[0:10]} 08:15:00 GMT)</reason>"
            "<stateReason><code>Client.UserInitiatedShutdown</code>"
            f"<message>Client.UserInitiatedShutdown: User initiated shutdown</message></stateReason>{tail}"
        )
    group = f"<groupSet><item><groupId>{i.security_group}</groupId><groupName>nodes</groupName></item></groupSet>"
    return (
        f"{head}<privateDnsName>{i.dns_name}</privateDnsName><dnsName/><reason/>"
        f"<subnetId>{i.subnet_id}</subnetId><vpcId>{i.vpc_id}</vpcId>"
        f"<privateIpAddress>{i.address}</privateIpAddress><sourceDestCheck>false</sourceDestCheck>{group}"
        "<blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs>"
        f"<volumeId>vol-0{x[48:64]}</volumeId><status>attached</status><attachTime>{launched}</attachTime>"
        "<deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping>"
        f"<networkInterfaceSet><item><networkInterfaceId>eni-0{x[16:32]}</networkInterfaceId>"
        f"<subnetId>{i.subnet_id}</subnetId><vpcId>{i.vpc_id}</vpcId><ownerId>{account}</ownerId>"
        f"<status>in-use</status><privateIpAddress>{i.address}</privateIpAddress>"
        f"<privateDnsName>{i.dns_name}</privateDnsName><sourceDestCheck>false</sourceDestCheck>{group}"
        f"<attachment><attachmentId>eni-attach-0{x[32:48]}</attachmentId><deviceIndex>0</deviceIndex>"
        f"<status>attached</status><attachTime>{launched}</attachTime>"
        "<deleteOnTermination>true</deleteOnTermination></attachment>"
        f"<interfaceType>interface</interfaceType></item></networkInterfaceSet>{tail}"
    )


def interfaces(found: Iterable[Interface], account: str, region: str, following: str | None) -> str:
    items = "".join(_interface(i, account) for i in found)
    return answer(
        "DescribeNetworkInterfaces",
        f"<networkInterfaceSet>{items}</networkInterfaceSet>",
        following,
    )


def _interface(i: Interface, account: str) -> str:
    attachment = association = ""
    if i.attachment_id:
        instance = f"<instanceId>{i.instance_id}</instanceId>" if i.instance_id else ""
        owner = account if i.instance_id else "amazon-aws"
        attachment = (
            f"<attachment><attachmentId>{i.attachment_id}</attachmentId>{instance}"
            f"<instanceOwnerId>{owner}</instanceOwnerId><deviceIndex>{0 if i.instance_id else 1}</deviceIndex>"
            "<status>attached</status><attachTime>2025-01-01T00:00:00.000Z</attachTime>"
            f"<deleteOnTermination>{flag(i.instance_id is not None)}</deleteOnTermination></attachment>"
        )
    if a := i.association:
        elastic = ""
        if a.allocation_id:
            elastic = (
                f"<allocationId>{a.allocation_id}</allocationId>"
                f"<associationId>{a.association_id}</associationId>"
            )
        association = (
            f"<association><publicIp>{a.public_ip}</publicIp><publicDnsName>{a.public_dns_name}</publicDnsName>"
            f"<ipOwnerId>{a.owner}</ipOwnerId>{elastic}</association>"
        )
    requester = f"<requesterId>{i.requester}</requesterId>" if i.requester else ""
    dns = f"<privateDnsName>{i.dns_name}</privateDnsName>" if i.dns_name else ""
    return (
        f"<item><networkInterfaceId>{i.interface_id}</networkInterfaceId><subnetId>{i.subnet_id}</subnetId>"
        f"<vpcId>{i.vpc_id}</vpcId><availabilityZone>{i.zone}</availabilityZone>"
        f"<description>{i.description}</description><ownerId>{account}</ownerId>{requester}"
        f"<requesterManaged>{flag(i.requester is not None)}</requesterManaged><status>{i.status}</status>"
        f"<macAddress>{i.mac}</macAddress><privateIpAddress>{i.address}</privateIpAddress>{dns}"
        f"<sourceDestCheck>{flag(i.source_check)}</sourceDestCheck><groupSet><item>"
        f"<groupId>{i.security_group}</groupId><groupName>nodes</groupName></item></groupSet>"
        f"{attachment}{association}<interfaceType>{i.kind}</interfaceType><privateIpAddressesSet><item>"
        f"<privateIpAddress>{i.address}</privateIpAddress><primary>true</primary>{association}</item>"
        "</privateIpAddressesSet><ipv6AddressesSet/></item>"
    )


def flag(value: bool) -> str:
    return "true" if value else "false"
