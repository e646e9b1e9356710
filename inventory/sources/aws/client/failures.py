"""What botocore raises → our errors, which say where it happened and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from xml.etree.ElementTree import ParseError

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from inventory.errors import AccessDenied, BadAnswer, SourceError, Throttled, Unavailable

THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
NOT_ALLOWED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "Client.UnauthorizedOperation",
        "UnauthorizedAccess",
        "UnauthorizedOperation",
    }
)
"""The credential is good, but lacks a permission."""
NOT_ACCEPTED = frozenset(
    {
        "AuthFailure",
        "Blocked",
        "ExpiredToken",
        "ExpiredTokenException",
        "IDPRejectedClaim",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidIdentityToken",
        "MissingAuthenticationToken",
        "OptInRequired",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""The credential is not good: wrong, expired, or not valid in this region."""
EXPIRED_PAGES = frozenset({"InvalidNextToken", "InvalidPaginationToken", "ExpiredNextToken"})
TRANSIENT = frozenset(
    {"InternalError", "InternalFailure", "RequestTimeout", "ServiceUnavailable", "Unavailable"}
)
NO_CREDENTIALS = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.CredentialRetrievalError,
    aws.ProfileNotFound,
    aws.SSOError,
    aws.TokenRetrievalError,
)
ENDED_EARLY = frozenset({3, 5, 20})
"""Expat's codes for no element, an unclosed token and an unclosed CDATA section."""
UNREACHABLE = (aws.HTTPClientError, aws.ConnectionError, aws.IncompleteReadError)


@contextmanager
def ours(place: str, call: str) -> Iterator[None]:
    """Raise our errors for those of botocore. `place` is a scope or a credential, `call` an action.

    For the services that we read, an API call is named as the IAM action that allows it.
    """
    where = f"aws {place}: {call}"
    try:
        yield
    except aws.ClientError as error:
        _refused(where, call, error)
    except NO_CREDENTIALS as error:
        raise AccessDenied(f"{where}: {error}; check aws.credentials") from error
    except UNREACHABLE as error:
        raise Unavailable(f"{where}: {_first_line(error)}") from error
    except (ResponseParserError, aws.PaginationError, ValueError) as error:
        if _cut_short(error):
            raise Unavailable(f"{where}: the answer ended too early") from error
        raise BadAnswer(f"{where}: the answer cannot be read: {_first_line(error)}") from error
    except aws.BotoCoreError as error:
        raise SourceError(f"{where}: {_first_line(error)}") from error


def _refused(where: str, call: str, error: aws.ClientError) -> NoReturn:
    said = error.response.get("Error", {})
    code = str(said.get("Code", "unknown"))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    # Some refusals carry kilobytes that only `sts:DecodeAuthorizationMessage` can read.
    message = str(said.get("Message", "")).partition(" Encoded authorization failure")[0]
    told = f"{where}: {code}: {message}" if message else f"{where}: {code}"
    if code in THROTTLED or status == 429:
        raise Throttled(f"{told}; asked too often, even after retries") from error
    if code in NOT_ALLOWED:
        raise AccessDenied(f"{told}; allow the IAM action {call}") from error
    if code in NOT_ACCEPTED or status in (401, 403):
        raise AccessDenied(
            f"{told}; the credential is not accepted here: check it in aws.credentials, the clock, "
            "and that the region is enabled"
        ) from error
    if code in EXPIRED_PAGES:
        raise Unavailable(f"{told}; the next attempt lists again from the start") from error
    if code in TRANSIENT or status >= 500:
        raise Unavailable(told) from error
    raise BadAnswer(told) from error


def _cut_short(error: Exception) -> bool:
    """Whether what was read is the beginning of XML: the connection broke, and may hold next time."""
    cause = error.__context__
    return isinstance(cause, ParseError) and cause.code in ENDED_EARLY


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:500]
