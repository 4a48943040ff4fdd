"""A PostgreSQL cluster of our own for one test run: Debian's binaries, a folder in /tmp, a loopback port."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg

BINARIES = Path("/usr/lib/postgresql/15/bin")
START_SECONDS = 30


@dataclass(slots=True)
class Cluster:
    """A server that is up unless a test has stopped it."""

    folder: Path
    port: int
    password: str
    process: subprocess.Popen[bytes] | None = None
    _numbers: count[int] = field(default_factory=count)

    def url(self, database: str, *, role: str = "postgres", password: str | None = None) -> str:
        """Where a database is, over TCP."""
        return f"postgresql://{role}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str) -> None:
        """A statement of the server's own administrator."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def new(self, template: str = "template0") -> str:
        """The URL of a new database."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Takes it away, whoever is still in it."""
        self.run(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def start(self, **settings: str) -> None:
        """Starts the server and waits until it answers."""
        given = [f"--{name}={value}" for name, value in settings.items()]
        apart = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []  # no server outlives a killed run
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*apart, BINARIES / "postgres", "-D", self.folder / "data", *given],
                stdout=log,
                stderr=log,
                **_nobody(),
            )
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError((self.folder / "log").read_text(encoding="utf-8")[-2000:]) from None
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stops it: SIGINT ends every session first, SIGQUIT is as a crash."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(START_SECONDS)

    def restart(self, how: signal.Signals = signal.SIGINT, **settings: str) -> None:
        """Stops and starts it."""
        self.stop(how)
        self.start(**settings)


def lacking() -> str:
    """Why no cluster can be started here; empty when one can."""
    if not (BINARIES / "initdb").is_file():
        return f"needs PostgreSQL 15: apt-get install postgresql-15 ({BINARIES} is not there)"
    return ""


@contextmanager
def running() -> Iterator[Cluster]:
    """A new cluster. Its own order of text is not that of bytes, as on most servers."""
    folder = Path(tempfile.mkdtemp(prefix="signpost-pg-"))  # not below pytest's, where only its user may go
    cluster = Cluster(folder, _free_port(), secrets.token_hex(8))
    try:
        (folder / "password").write_text(cluster.password, encoding="utf-8")
        for path in (folder, folder / "password"):
            _given(path)
        locale = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")
        access = ("--auth=scram-sha-256", "--username=postgres", f"--pwfile={folder / 'password'}")
        made = subprocess.run(
            [BINARIES / "initdb", "-D", folder / "data", *locale, *access],
            capture_output=True,
            text=True,
            check=False,
            **_nobody(),
        )
        assert made.returncode == 0, made.stderr
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(
                f"port = {cluster.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{folder}'\n"
                "fsync = on\nsynchronous_commit = on\nshared_buffers = '32MB'\n"
            )
        cluster.start()
        yield cluster
    finally:
        if cluster.process is not None and cluster.process.poll() is None:
            cluster.stop()
        shutil.rmtree(folder)


def _nobody() -> dict[str, str]:
    """Whom the server runs as: it refuses root."""
    if os.geteuid():
        return {}
    return {"user": "postgres", "group": "postgres", "cwd": "/"}


def _given(path: Path) -> None:
    if not os.geteuid():
        owner = pwd.getpwnam("postgres")
        os.chown(path, owner.pw_uid, owner.pw_gid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
