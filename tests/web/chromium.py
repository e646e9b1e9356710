"""Chromium, driven over its DevTools protocol: no driver to install and no browser to download."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from websockets.sync.client import ClientConnection, connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Page:
    """A tab, spoken to by the DevTools protocol; keeps what it asked for and complained of."""

    def __init__(self, browser: ClientConnection) -> None:
        self.requests: list[str] = []
        self.sockets: list[str] = []
        self.complaints: list[str] = []
        self._browser = browser
        self._ids = itertools.count(1)
        self._session: str | None = None
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        self._watch(self._session)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        return answer["result"].get("value")

    def until(self, expression: str, *, seconds: float = 20) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.evaluate(f"Boolean({expression})"):
                return
            time.sleep(0.05)
        raise AssertionError(f"still not true: {expression}\n{self.complaints}")

    def click(self, selector: str) -> None:
        self.until(f"document.querySelector({json.dumps(selector)})")
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def editor(self, name: str) -> str:
        """The expression for the text of one of GraphiQL's editors, as far as there is one."""
        return f"{self._model(name)}?.getValue()"

    def write(self, name: str, text: str) -> None:
        self.evaluate(f"{self._model(name)}.setValue({json.dumps(text)})")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = self._send(method, self._session, **parameters)
        while True:
            message = json.loads(self._browser.recv(timeout=30))
            if message.get("id") == number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._hear(message.get("method"), message.get("params"))

    def _model(self, name: str) -> str:
        models = "(globalThis.__MONACO?.editor.getModels() ?? [])"
        return f"{models}.find((model) => model.uri.path.endsWith('{name}'))"

    def _watch(self, session: str) -> None:
        for domain in ("Network", "Runtime", "Log", "Page"):
            self._send(f"{domain}.enable", session)
        self._send(
            "Target.setAutoAttach",
            session,
            autoAttach=True,
            waitForDebuggerOnStart=False,
            flatten=True,
        )

    def _send(self, method: str, session: str | None, **parameters: Any) -> int:
        number = next(self._ids)
        message = {"id": number, "method": method, "params": parameters}
        self._browser.send(json.dumps(message | ({"sessionId": session} if session else {})))
        return number

    def _hear(self, event: str | None, said: Any) -> None:
        match event:
            case "Target.attachedToTarget":
                self._watch(said["sessionId"])
            case "Network.requestWillBeSent":
                self.requests.append(said["request"]["url"])
            case "Network.webSocketCreated":
                self.sockets.append(said["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(str(said["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if said["type"] in {"error", "warning", "assert"}:
                self.complaints.append(str(said["args"]))
            case "Log.entryAdded" if said["entry"]["level"] in {"error", "warning"}:
                self.complaints.append(str(said["entry"]))


@contextmanager
def chromium(profile: Path) -> Iterator[str]:
    """Start Chromium without a way out; the address at which it is controlled."""
    assert CHROMIUM is not None
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--window-size=1400,900",
        "--remote-debugging-port=0",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={profile}",
    ]
    silent = subprocess.DEVNULL
    process = subprocess.Popen([CHROMIUM, *flags, "about:blank"], stdout=silent, stderr=silent)
    try:
        announced = profile / "DevToolsActivePort"
        end = time.monotonic() + 30
        while not (announced.exists() and announced.read_text().count("\n")):
            assert process.poll() is None, "Chromium ended"
            assert time.monotonic() < end, "Chromium did not start within 30 s"
            time.sleep(0.05)
        port, path = announced.read_text().split()
        yield f"ws://127.0.0.1:{port}{path}"
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def new_page(browser: str) -> Iterator[Page]:
    """A tab with storage of its own in the browser at that address."""
    # Without the limits a page that says much delays its own goodbye by ten seconds.
    with connect(browser, max_size=None, max_queue=None, close_timeout=1) as connection:
        yield Page(connection)
