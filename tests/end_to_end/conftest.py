"""A real service in its own process, and a real browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from index.layout import Home
from tests.conftest import ROOT
from tests.end_to_end.reader import Reader, Visit
from tests.homes import copied

START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Served:
    """A running `signpost serve --demo`."""

    url: str
    process: subprocess.Popen[str]

    def post(self, path: str, body: object, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        request = urllib.request.Request(  # noqa: S310 - our own server
            self.url + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def token(self, country: str = "GB") -> dict[str, str]:
        _, value = self.post("/demo/token", {"country": country})
        return {"Authorization": f"Bearer {value['token']}"}

    def ask(self, text: str, country: str = "GB") -> tuple[int, Any]:
        return self.post("/api/v1/turns", {"text": text}, self.token(country))

    def kill(self) -> None:
        """No farewell: what is acknowledged must be on disk already."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


Serve = Callable[..., AbstractContextManager[Served]]  # of a Home and further options
Keep = Callable[[Any, str], None]


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Starts the service over a home and waits until it is ready."""

    @contextmanager
    def start(home: Home, *options: str) -> Iterator[Served]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "signpost",
                "serve",
                "--demo",
                "--home",
                str(home.root),
                "--port",
                str(port),
                *options,
            ],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        served = Served(f"http://127.0.0.1:{port}", process)
        try:
            _wait(served)
            yield served
        finally:
            process.kill()
            process.communicate()

    return start


def _wait(served: Served) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{served.url}/readyz", timeout=5):  # noqa: S310
                return
        except OSError:
            if served.process.poll() is not None:
                break
            time.sleep(0.1)
    pytest.fail(f"the service did not start: {served.process.communicate()[1] if served.process.poll() else ''}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright; without it these tests can't run, and under CI=true must."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM", shutil.which("chromium") or "")
    if not Path(path).is_file():
        message = "needs Chromium: apt-get install chromium, or set CHROMIUM to its path"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=quiet)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def portal_home(sample: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The published sample corpus that all browser tests ask; no test of them may need an empty log."""
    return copied(sample, tmp_path_factory.mktemp("portal") / "home")


@pytest.fixture(scope="session")
def portal(portal_home: Home, serve: Serve) -> Iterator[Served]:
    """The demo portal, started once for all browser tests."""
    with serve(portal_home) as served:
        yield served


@pytest.fixture
def visit(portal: Served, browser: Any) -> Iterator[Visit]:
    """Opens a page of the portal, for a reader of its own; at the end no page may have complained of anything."""
    readers = []

    def start(path: str = "/", width: int = 1280, height: int = 900, **options: Any) -> Reader:
        viewport = {"width": width, "height": height}
        context = browser.new_context(base_url=portal.url, viewport=viewport, **options)
        context.set_default_timeout(10_000)
        reader = Reader(context.new_page())
        readers.append(reader)
        reader.page.goto(path)
        return reader

    yield start
    for reader in readers:
        reader.page.context.close()
    assert [complaint for reader in readers for complaint in reader.complaints] == []


@pytest.fixture
def keep(whole: bool, tmp_path: Path) -> Keep:
    """Takes a picture of a page for the documentation."""
    folder = ROOT / "docs" / "pictures" if whole else tmp_path
    folder.mkdir(exist_ok=True)

    def picture(page: Any, name: str) -> None:
        page.evaluate("document.fonts.ready.then(() => true)")
        page.screenshot(path=folder / f"{name}.png")

    return picture
