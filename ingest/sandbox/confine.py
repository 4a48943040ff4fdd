"""What is taken from a process, for good, before it looks at a file that nobody vouches for."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import socket
import sys
from pathlib import Path

from ingest.limits import CHILD_BYTES, CHILD_OPEN_FILES
from ingest.sandbox import landlock, seccomp

ON_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38


class NotConfined(Exception):
    """This system can't take away what parsing must not have: nothing is parsed then."""


def die_with_parent(parent: int) -> None:
    """Ends this process with its parent, however that ends (prctl(2)); elsewhere it sees its input end."""
    if ON_LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before this
        os._exit(1)


def confine(folders: tuple[Path, ...]) -> None:
    """No network, no other process, no file to write, none to read but beneath ``folders``; a bound on memory.

    Raises ``NotConfined`` on a Linux that can't do that. Other systems have no such filter: there the limits
    on files, memory (where it is enforced) and time hold, and nothing else.
    """
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, CHILD_OPEN_FILES),
    ):
        resource.setrlimit(kind, (most, most))
    if not ON_LINUX:
        return
    most = _address_space() + CHILD_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        _prctl(_PR_SET_DUMPABLE, 0)
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
        landlock.install(folders)
        seccomp.install()
    except OSError as error:
        raise NotConfined(str(error)) from error
    _check()


def keep_only(handle: int) -> int:
    """Closes every open file but ``handle``, which gets a new number; input and outputs lead nowhere then."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    kept = os.dup2(handle, 3) if handle != 3 else handle
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    return kept


def freeze() -> None:
    """What is loaded by now is shared with every child: the collector must not write to it."""
    gc.collect()
    gc.freeze()


def _check() -> None:
    """The one promise that everything rests on is tried, not assumed."""
    try:
        socket.socket().close()
    except PermissionError:
        return
    raise NotConfined("the filter of system calls lets a socket through")


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_bytes().split()[0])
    return pages * resource.getpagesize()


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, ctypes.c_ulong(value), None, None, None):
        raise OSError(ctypes.get_errno(), f"prctl {option} fails")
