"""The machine: its description, the processors to use, and the limits of a process."""

from __future__ import annotations

import os
import platform
import resource
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = [
    "client_cpu",
    "file_system",
    "machine",
    "peak_memory",
    "pin",
    "raise_open_files",
    "server_cpu",
    "versions",
]


def machine() -> str:
    """One line: processor, cores, memory, system, Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = platform.system()
    with suppress(OSError):
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.1f} GiB, {system}, {platform.system()} "
        f"{platform.release()}, {python}"
    )


def versions(*names: str) -> str:
    return ", ".join(f"{name} {_version(name)}" for name in names)


def client_cpu() -> int | None:
    """The processor of the clients that are measured; `None`: there is only one, or they can't be
    chosen.
    """
    cpus = _cpus()
    return cpus[0] if len(cpus) > 1 else None


def server_cpu() -> int | None:
    """Another processor than `client_cpu`."""
    cpus = _cpus()
    return cpus[-1] if len(cpus) > 1 else None


def pin(cpu: int | None) -> None:
    """Run this process on one processor only."""
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})


def raise_open_files() -> int:
    """Raise the limit of open files as far as possible, and return it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Without a limit, the caller still needs a number.
    wanted = 65_536 if most == resource.RLIM_INFINITY else most
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def peak_memory() -> float:
    """The peak memory of this process, in MiB."""
    # ru_maxrss outlives exec, so that of a child begins with its parent's size; the kernel's own
    # count of the process does not.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**20 if platform.system() == "Darwin" else 2**10
    )


def file_system(folder: Path) -> str:
    """The kind of a file system, such as `ext4`, `tmpfs` or `unknown`."""
    folder = folder.resolve()
    best, kind = "", "unknown"
    with suppress(OSError):
        for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
            _, place, found = line.split()[:3]
            if folder.is_relative_to(place) and len(place) >= len(best):
                best, kind = place, found
    return kind


def _cpus() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
