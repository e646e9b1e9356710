"""`inventory serve`."""

import sys

import click

from inventory.cli.base import Command, Settings, pass_settings


@click.command(cls=Command)
@click.option("--host", help="The address to listen at. [default: api.host, 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="0 is any free port. [default: api.port, 8080]"
)
@click.option("--insecure", is_flag=True, help="Serve other machines without asking who they are.")
@pass_settings
def command(settings: Settings, host: str | None, port: int | None, insecure: bool) -> None:
    """Serve the GraphQL API and its page.

    Until SIGTERM or Ctrl-C. Nothing runs here but requests: `worker start` and `scheduler start`
    do the rest, `up` all of it.

    Examples:
        inventory --config config.yaml serve
        inventory serve --host 0.0.0.0 --port 80       with api.auth in the configuration
        inventory serve --port 0                       any free port, which is printed
        curl -s http://127.0.0.1:8080/graphql -H 'content-type: application/json' \\
             -d '{"query": "{ awsVpcs(first: 3) { nodes { name } } }"}'
    """
    from inventory.cli import serving, together
    from inventory.db import migrate as migrations
    from inventory.runtime import precautions

    settings.overrides |= {"api.host": host, "api.port": port, "api.insecure": insecure or None}
    api = settings.config.api
    serving.check_exposure(api)
    with settings.servers() as config:
        migrations.require_current(str(config.database.dsn), config.database.migration_dir)
        precautions.warn(config)
        with (
            serving.listen(api.host, api.port, move_on=False) as listening,
            serving.traced("api", config),
            serving.monitor("api", api.metrics) as monitor,
        ):
            from inventory.web.app import create_app

            url = serving.url(listening)
            app = create_app(config, settings.catalog, monitor)
            ready = together.Readiness(1, lambda: print(f"API  {url}", file=sys.stderr, flush=True))
            together.run({"API": together.api(app, listening, ready)})
