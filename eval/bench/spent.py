"""What processes hold and spend, as far as the system says: Linux does, under /proc."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_MEGABYTE = 1024  # /proc counts in KiB


def family(pid: int) -> list[int]:
    """A process and its children; itself alone where the system doesn't say."""
    try:
        told = (_PROC / str(pid) / "task" / str(pid) / "children").read_text(encoding="ascii")
    except OSError:
        return [pid]
    return [pid, *map(int, told.split())]


def resident(pid: int) -> float | None:
    """MiB that a process has in memory, what it shares and maps included; ``None`` where the system doesn't say."""
    return _row(_PROC / str(pid) / "status", "VmRSS:")


def share(pid: int) -> float | None:
    """MiB that are a process's share: a page that n processes have counts one n-th. ``None`` as above."""
    return _row(_PROC / str(pid) / "smaps_rollup", "Pss:")


def processor_seconds(pid: int) -> float | None:
    """Processor time that a process has spent; ``None`` where the system doesn't say."""
    try:
        told = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = told.rpartition(")")[2].split()  # its name may hold anything; proc(5): utime and stime are 14th and 15th
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _row(file: Path, name: str) -> float | None:
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    row = next((line for line in lines if line.startswith(name)), None)
    return None if row is None else int(row.split()[1]) / _MEGABYTE
