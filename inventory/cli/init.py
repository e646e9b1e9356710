"""`inventory init`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inventory.cli.base import Command, Failed, Misused, Settings, pass_settings
from inventory.cli.doctor import tell_problems
from inventory.cli.output import plural, show

if TYPE_CHECKING:
    from inventory.catalog import Catalog
    from inventory.core.discovery import Finding

SECTIONS = {"aws": "aws", "gcp": "gcp", "g": "gardener"}
EVERY = "@every 1h"


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path), default="config.yaml")
@click.option("--force", is_flag=True, help="Write over FILE if it is there.")
@click.option("--unchecked", is_flag=True, help="Take what does not answer, too.")
@pass_settings
def command(settings: Settings, file: Path, force: bool, unchecked: bool) -> None:
    """Look for credentials on this machine, try them, and write a configuration for those that work.

    Looks for AWS profiles and environment variables, Google's application default credentials and
    contexts of kubeconfigs; each is tried with one harmless call. Where the cloud's own command
    line works, this works. FILE is config.yaml if nothing else is said; no secret is written to it.

    Examples:
        inventory init
        inventory init clouds.yaml --force
        inventory init && inventory doctor && inventory --config config.yaml up
    """
    if file.exists() and not force:
        raise Misused(
            f"{file} is there already; say --force to write over it, or name another file"
        )
    catalog = settings.catalog
    found = [f for source in catalog.sources.values() for f in source.discover(os.environ)]
    rows: list[dict[str, Any]] = []
    good = []
    for finding in found:
        problem = _problem(catalog, finding)
        if problem is None or unchecked:
            good.append(finding)
        rows.append(
            {
                "source": finding.source,
                "found": finding.place,
                "works": not problem,
                "problem": problem,
            }
        )
    show(
        settings,
        rows,
        ("source", "found", "works", "problem"),
        empty="No AWS profile, no Google application default credentials and no kubeconfig was found.",
    )
    tell_problems(settings, [row["problem"] for row in rows])
    if not good:
        raise Failed(
            "nothing that works was found, so nothing is written; log in with the cloud's own command "
            "(aws configure, gcloud auth application-default login, a garden's kubeconfig), or start "
            "from examples/config.yaml"
        )
    _write(file, _merged(good))
    if not settings.json:
        print(
            f"\n{file} uses {plural(len(good), 'credential')}. Next: "
            f"inventory --config {file} doctor; inventory --config {file} up"
        )


def _problem(catalog: "Catalog", finding: "Finding") -> str | None:
    """What keeps a finding from working; None if it works."""
    from inventory import doctor
    from inventory.config import Config
    from inventory.errors import InventoryError

    try:
        config = Config.model_validate({SECTIONS[finding.source]: finding.config})
        checked = doctor.check(config, catalog, sources=[finding.source], deep=False)
    except (InventoryError, ValueError) as error:
        return str(error)
    return next((each.problem for each in checked if each.problem), None)


def _merged(findings: "list[Finding]") -> dict[str, Any]:
    """One configuration of several findings. There is one garden; the first that works is taken."""
    merged: dict[str, Any] = {"version": "v1alpha1"}
    jobs: list[dict[str, Any]] = []
    for finding in findings:
        section = SECTIONS[finding.source]
        known = merged.get(section)
        if known is None:
            merged[section] = finding.config
            jobs.append({"name": f"{finding.source}:task:collect-all", "spec": EVERY})
        elif section != "gardener":
            known["credentials"] |= finding.config["credentials"]
            for service, uses in finding.config["services"].items():
                known["services"][service]["use_credentials"] += uses["use_credentials"]
    jobs += [
        {"name": "common:task:link-all", "spec": "@every 30m"},
        {"name": "common:task:housekeeper", "spec": EVERY, "payload": {"default": "24h"}},
    ]
    return merged | {"scheduler": {"jobs": jobs}}


def _write(file: Path, content: dict[str, Any]) -> None:
    import yaml

    text = yaml.safe_dump(content, sort_keys=False)
    try:
        file.write_text(
            f"# Written by `inventory init`; examples/config.yaml explains every key.\n{text}"
        )
    except OSError as error:
        raise Failed(f"{file}: {(error.strerror or str(error)).lower()}") from error
