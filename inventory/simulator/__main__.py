"""`python -m inventory.simulator`: see --help."""

from __future__ import annotations

import click

from inventory.simulator.config import UNMANAGED
from inventory.simulator.faults import Faults
from inventory.simulator.hosting import DEFAULT_PORT, run


@click.command(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  python -m inventory.simulator --shoots 1000 --write-config sim.yaml
  python -m inventory.simulator --forbidden-region 111122223333/eu-west-1 --throttle-every 20

\b
While it runs (U is the address that it prints):
  curl U/_truth                 counts per table and link, and the exact ids of the leaks
  curl U/_requests              how often each call was made
  curl -X POST U/_tick          time passes: about 8 % of the shoots change, the answer key follows
  curl U/_faults -d '{"hang": ["ec2:DescribeVpcs@111122223333/*"]}'      a fault, at once
  curl U/_faults -d '{"expire_continue": 1, "truncate": {"seed:list-machines#2": 1}}'
  curl -X DELETE U/_faults      all is well again
""",
)
@click.option("--shoots", default=200, show_default=True, help="Shoots; 100 000 start in a second.")
@click.option("--seed", default=1, show_default=True, help="Another seed is another landscape.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=DEFAULT_PORT, show_default=True, help="Taken: the next free one. 0: any."
)
@click.option("--write-config", type=click.Path(), help="Write an inventory configuration here.")
@click.option(
    "--unmanaged",
    type=click.Choice(UNMANAGED),
    default="unreachable",
    show_default=True,
    help="In that configuration: what about the seed that is no ManagedSeed.",
)
@click.option("--latency-ms", default=0.0, help="Wait before every answer.")
@click.option("--throttle-every", default=0, help="Refuse every Nth call for its rate.")
@click.option("--forbidden-region", multiple=True, help="ACCOUNT/REGION that answers 403.")
@click.option(
    "--failing-seed", multiple=True, help="NAME or NAME=STATUS of a seed that answers 503."
)
def main(
    shoots: int,
    seed: int,
    host: str,
    port: int,
    write_config: str | None,
    unmanaged: str,
    latency_ms: float,
    throttle_every: int,
    forbidden_region: tuple[str, ...],
    failing_seed: tuple[str, ...],
) -> None:
    """Serve simulated clouds: AWS, Google Cloud and Gardener, over HTTP on one port.

    The landscape is computed from SEED and SHOOTS alone: the same numbers give the same names, ids and
    leaks everywhere. Real SDKs read it as they read the clouds; `/_truth` knows the right answers.
    """
    try:
        faults = Faults.of(
            {
                "latency_ms": latency_ms,
                "throttle_every": throttle_every,
                "forbidden_regions": list(forbidden_region),
                "failing_seeds": dict(_failing(value) for value in failing_seed),
            }
        )
        run(
            shoots,
            seed,
            host,
            port,
            write_config,
            faults=faults,
            unmanaged=unmanaged,
            echo=click.echo,
        )
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _failing(value: str) -> tuple[str, int]:
    name, _, status = value.partition("=")
    return name, int(status or 503)


if __name__ == "__main__":
    main()
