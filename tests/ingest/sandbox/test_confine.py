from __future__ import annotations

import json
import os
import resource
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.limits import CHILD_BYTES, CHILD_OPEN_FILES
from ingest.sandbox import seccomp

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no filter of system calls")

# What is asked of a confined process; each answer is true where it was refused.
_ASK = """
import ctypes, errno, json, os, resource, signal, socket, sys
from ingest.sandbox import confine
out = os.dup(1)
user = int(sys.argv[1])
if user:
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
confine.confine(())
libc = ctypes.CDLL(None, use_errno=True)
def denied(number, *arguments):
    done = libc.syscall(number, *map(ctypes.c_long, arguments))
    return done == -1 and ctypes.get_errno() in (errno.EPERM, errno.EACCES)
def kept(work):
    try:
        work()
    except (OSError, ValueError):
        return True
    return False
kinds = [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK, socket.AF_PACKET, 40]
answers = {
    "sockets": all(denied(41, kind, socket.SOCK_STREAM, 0) for kind in kinds),
    "clone": denied(56, signal.SIGCHLD, 0, 0, 0, 0),
    "fork": denied(57),
    "exec": denied(59, 0, 0, 0),
    "trace": denied(101, 16, os.getppid(), 0, 0),
    "memory of others": denied(310, os.getppid(), 0, 0, 0, 0, 0),
    "signals": denied(62, os.getppid(), 0) and denied(234, os.getppid(), os.getppid(), 0),
    "rings": denied(425, 8, 0),
    "new namespaces": denied(272, 0x40000000),
    "the other numbering": denied(0x40000000 + 41, 2, 1, 0),
    "limits": kept(lambda: resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)),
    "files in memory": denied(319, 0, 0),
    "writing": kept(lambda: os.open("/tmp/signpost-written", os.O_WRONLY | os.O_CREAT)),
    "deleting": denied(87, 0),
    "users": kept(lambda: os.setuid(0)),
}
names = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_AS")
bounds = {name: resource.getrlimit(getattr(resource, name)) for name in names}
os.write(out, json.dumps([answers, bounds]).encode())
"""


@pytest.mark.skipif(sys.platform == "linux" and os.uname().machine != "x86_64", reason="asks by x86-64's numbers")
@pytest.mark.parametrize("user", [0, 65534], ids=["as it is", "as an ordinary user"])
def test_a_confined_process_is_refused_whatever_reaches_outside(user: int) -> None:
    if user and os.getuid() != 0:
        pytest.skip("is one already")
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(user)], capture_output=True, check=True, cwd=Path(__file__).parents[3]
    )
    answers, bounds = json.loads(done.stdout)
    assert all(answers.values()), [name for name, refused in answers.items() if not refused]
    assert (bounds["RLIMIT_CORE"], bounds["RLIMIT_FSIZE"]) == ([0, 0], [0, 0])
    assert bounds["RLIMIT_NOFILE"] == [CHILD_OPEN_FILES] * 2
    assert CHILD_BYTES < bounds["RLIMIT_AS"][1] < 4 * CHILD_BYTES
    assert resource.getrlimit(resource.RLIMIT_AS)[1] == resource.RLIM_INFINITY


@pytest.mark.parametrize("name", seccomp.MACHINES)
def test_the_filter_ends_in_a_refusal_and_fits_the_kernel(name: str) -> None:
    code = seccomp.program(seccomp.MACHINES[name], 4711)
    steps = [struct.unpack_from("HBBI", code, at) for at in range(0, len(code), 8)]
    assert len(steps) < 4096  # BPF_MAXINSNS
    assert steps[-1] == (0x06, 0, 0, 0x00050001)  # EPERM for whatever isn't named
    for at, (kind, yes, no, _) in enumerate(steps):
        if kind & 7 == 5:  # a jump lands inside the program
            assert at + 1 + max(yes, no) < len(steps)
