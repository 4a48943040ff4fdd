"""The system calls that parsing needs; the kernel refuses every other one (seccomp, mode filter, Linux 3.5 and later).

Nothing here opens a socket, starts a process or a thread, or opens a file for writing. The program is classic BPF as
in the kernel's Documentation/userspace-api/seccomp_filter.rst; numbers are those of asm/unistd_64.h and
asm-generic/unistd.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF_LD|W|ABS, BPF_JMP|…|K, BPF_RET|K
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data; low halves first on both machines
_X32 = 0x40000000  # the bit of a second numbering on x86-64
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

# name: number on x86-64, number on AArch64 (None where there is none).
_FREE: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "access": (21, None),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "dup": (32, 23),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "getcwd": (79, 17),
    "readlink": (89, None),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "time": (201, None),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "getdents64": (217, 61),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "exit_group": (231, 94),
    "stat": (4, None),
    "lstat": (6, None),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "set_robust_list": (273, 99),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "statx": (332, 291),
    "rseq": (334, 293),
    "faccessat2": (439, 439),
}


@dataclass(frozen=True, slots=True)
class Machine:
    """What the filter must know of a processor."""

    audit: int  # AUDIT_ARCH_… of linux/audit.h
    column: int  # in the table above
    open: int | None
    openat: int
    tgkill: int
    prlimit64: int


MACHINES = {
    "x86_64": Machine(0xC000003E, 0, 2, 257, 234, 302),
    "aarch64": Machine(0xC00000B7, 1, None, 56, 131, 261),
}


def program(machine: Machine, pid: int) -> bytes:
    """The filter for a process with this id, as an array of ``struct sock_filter``."""
    steps = [
        *_step(_LOAD, 0, 0, _ARCHITECTURE),
        *_step(_EQUAL, 1, 0, machine.audit),
        *_step(_RETURN, 0, 0, _KILL),
        *_step(_LOAD, 0, 0, _NUMBER),
        *_step(_AT_LEAST, 0, 1, _X32),
        *_step(_RETURN, 0, 0, _ERRNO | errno.EPERM),
    ]
    for numbers in _FREE.values():
        steps += _if_called(numbers[machine.column], _step(_RETURN, 0, 0, _ALLOW))
    steps += _if_called(machine.open, _unless_bits(1, _WRITES))
    steps += _if_called(machine.openat, _unless_bits(2, _WRITES))
    steps += _if_called(machine.tgkill, _where([(0, pid)]))  # abort() signals its own process
    steps += _if_called(machine.prlimit64, _where([(4, 0), (5, 0)]))  # limits may be asked, not set
    steps += _step(_RETURN, 0, 0, _ERRNO | errno.EPERM)
    return b"".join(steps)


def install() -> None:
    """Puts the filter on this process, for good; raises ``OSError`` where the kernel or the machine can't."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        raise OSError(errno.ENOSYS, f"the filter of system calls doesn't know {platform.machine()} machines")
    code = program(machine, os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(buffer))  # struct sock_fprog
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_PR_SET_NO_NEW_PRIVS, 1, None), (_PR_SET_SECCOMP, _MODE_FILTER, header)):
        if libc.prctl(arguments[0], ctypes.c_ulong(arguments[1]), arguments[2], None, None):
            raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls (seccomp)")


def _step(code: int, yes: int, no: int, value: int) -> list[bytes]:
    return [struct.pack("HBBI", code, yes, no, value)]


def _if_called(number: int | None, then: Sequence[bytes]) -> list[bytes]:
    """``then`` ends in a return, so that the number is still loaded behind it."""
    return [] if number is None else [*_step(_EQUAL, 0, len(then), number), *then]


def _unless_bits(argument: int, bits: int) -> list[bytes]:
    return [
        *_step(_LOAD, 0, 0, _ARGUMENTS + 8 * argument),
        *_step(_ANY_BIT, 0, 1, bits),
        *_step(_RETURN, 0, 0, _ERRNO | errno.EACCES),
        *_step(_RETURN, 0, 0, _ALLOW),
    ]


def _where(wanted: Iterable[tuple[int, int]]) -> list[bytes]:
    """Allows the call if these of its 32-bit words have these values; word 2 n is the low half of argument n."""
    steps: list[bytes] = []
    for word, value in wanted:
        steps += _step(_LOAD, 0, 0, _ARGUMENTS + 4 * word)
        steps += _step(_EQUAL, 1, 0, value)
        steps += _step(_RETURN, 0, 0, _ERRNO | errno.EPERM)
    return [*steps, *_step(_RETURN, 0, 0, _ALLOW)]
