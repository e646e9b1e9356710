"""One client a source, shared, replaced when it is old or was refused."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from inventory.errors import AccessDenied, ConfigError
from inventory.runtime.clients import Clients


class Source:
    """Counts its clients, and says which are closed."""

    key = "fake"

    def __init__(self):
        self.clients = []

    def client(self, config):
        closed = []
        client = SimpleNamespace(
            number=len(self.clients), closed=closed, close=lambda: closed.append(1)
        )
        self.clients.append(client)
        return client


def test_runs_share_a_client():
    source, clients = Source(), Clients(None)

    with clients.of(source) as one, clients.of(source) as other:
        assert one is other
    with clients.of(source) as later:
        assert later is one
    clients.close()

    assert [len(client.closed) for client in source.clients] == [1]


def test_threads_that_come_together_connect_once():
    source, clients = Source(), Clients(None)
    gate = threading.Barrier(8)

    def use():
        gate.wait()
        with clients.of(source):
            pass

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(source.clients) == 1


def test_an_old_client_is_replaced_and_closed_when_its_last_run_ends():
    source, clients = Source(), Clients(None, max_age=0)

    with clients.of(source) as old:
        with clients.of(source) as fresh:
            assert fresh is not old
        assert old.closed == []

    assert old.closed == [1]


def test_a_refused_client_is_replaced_unless_it_is_new():
    source = Source()
    for clients, expected in ((Clients(None), 1), (Clients(None, min_age=0), 2)):
        source.clients.clear()
        with pytest.raises(AccessDenied), clients.of(source):
            raise AccessDenied("no")
        with clients.of(source):
            pass
        assert len(source.clients) == expected


def test_what_cannot_connect_is_asked_again():
    class Broken(Source):
        def client(self, config):
            if not self.clients:
                self.clients.append(None)
                raise ConfigError("fake.endpoint: no such host")
            return super().client(config)

    source, clients = Broken(), Clients(None)

    with pytest.raises(ConfigError), clients.of(source):
        pass
    with clients.of(source) as client:
        assert client.number == 1
