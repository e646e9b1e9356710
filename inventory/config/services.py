"""Which credentials the services of a cloud are read with."""

from collections.abc import Iterable, Iterator

from inventory import __version__
from inventory.config.values import Refused, Section

USER_AGENT = f"inventory/{__version__}"


class Service(Section):
    """A service of a cloud."""

    use_credentials: tuple[str, ...] = ()
    """Names of the credentials that the service is read with."""


def needs(section: Section, chosen: str, wanted: Iterable[str]) -> None:
    """Refuse a section that lacks what its choice needs."""
    missing = [(key, f"needed with {chosen}") for key in wanted if not getattr(section, key)]
    if missing:
        raise Refused(*missing)


def _unknown(services: Section, credentials: Iterable[str]) -> Iterator[tuple[str, str]]:
    known = sorted(credentials)
    for service in type(services).model_fields:
        for name in getattr(services, service).use_credentials:
            if name not in known:
                listed = ", ".join(known) or "none"
                yield (
                    f"services.{service}.use_credentials",
                    f"no credentials are named {name!r}; there are: {listed}",
                )


def check_services(services: Section, credentials: Iterable[str], enabled: bool) -> None:
    problems = list(_unknown(services, credentials))
    names = list(type(services).model_fields)
    if enabled and not any(getattr(services, name).use_credentials for name in names):
        problems.append(
            (
                f"services.{names[0]}.use_credentials",
                "the source is enabled, so at least one service needs the name of credentials",
            )
        )
    if problems:
        raise Refused(*problems)
