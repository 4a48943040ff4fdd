"""Which files parsing may read: Python's own, the system's fonts and libraries (Landlock, Linux 5.13 and later).

A second wall behind the filter of system calls, so a kernel without it is no error. Structures and numbers are those of
linux/landlock.h.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

import corpus
import ingest

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same on every machine
_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
_BENEATH = 1  # LANDLOCK_RULE_PATH_BENEATH
_EVERYTHING = (1 << 13) - 1  # what the first version can forbid of files and folders
_READ = 1 << 2 | 1 << 3  # of files and of folders
_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/fonts",
    "/usr/share/X11/fonts",
    "/usr/local/share/fonts",
)


def readable() -> tuple[Path, ...]:
    """The folders that parsing reads from, once each: modules that are loaded late, and fonts."""
    places = sysconfig.get_paths()
    found = [Path(places[name]) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    found += [Path(each) for each in sys.path if each.endswith(("site-packages", "dist-packages"))]
    found += [Path(each) for package in (corpus, ingest) for each in package.__path__]
    found += map(Path, _SYSTEM)
    return tuple(dict.fromkeys(folder for folder in found if folder.is_dir()))


def version() -> int:
    """Of the kernel's Landlock; 0 where it has none or was started without it."""
    return max(0, int(ctypes.CDLL(None).syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)))


def install(folders: Iterable[Path]) -> None:
    """Lets this process read beneath ``folders`` and nowhere else, for good, where the kernel can do that.

    It must have given up new privileges before; raises ``OSError``.
    """
    if not version():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    rules = libc.syscall(_CREATE, struct.pack("Q", _EVERYTHING), ctypes.c_size_t(8), 0)
    _checked(min(0, rules))
    for folder in folders:
        place = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        _checked(libc.syscall(_ADD_RULE, rules, _BENEATH, struct.pack("=Qi", _READ, place), 0))
        os.close(place)
    _checked(libc.syscall(_RESTRICT, rules, 0))
    os.close(rules)


def _checked(done: int) -> None:
    if done:
        raise OSError(ctypes.get_errno(), "the kernel takes no rules on files (Landlock)")
