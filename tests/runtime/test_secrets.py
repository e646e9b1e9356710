"""The ledger keeps why a run failed, and no secret."""

from __future__ import annotations

from tests.runtime.conftest import until, working

TOKEN = "s3cret-of-a-token"


async def test_the_error_of_a_run_holds_no_secret(config, queue, ledger, caplog):
    token = {"name": "a", "token": TOKEN}
    config = config.model_validate({**config.model_dump(), "api": {"auth": {"tokens": [token]}}})
    run = await queue.enqueue("drill:task:blab", {"note": "n"})

    async with working(config):
        await until(lambda: ledger.run(run.id)["state"] == "archived", within=30)

    assert ledger.run(run.id)["error"] == "ValueError: refused ***"
