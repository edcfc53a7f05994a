"""What the process takes from itself before it reads what somebody wrote: files, memory, time.

The limits are the system's, so they hold whatever DuckDB is talked into. Landlock is Linux's (5.13 and later); where a
kernel has none, DuckDB's own settings and the missing rights to write remain.
"""

import ctypes
import os
import resource
import sys
from collections.abc import Sequence
from contextlib import suppress

FILES = 256
"""Open files: DuckDB reads a few at a time, however many there are."""
OVERHEAD_MB = 1024
"""Address space that Python and DuckDB take without any row: code, stacks, arenas."""
MACHINE = ("/proc/self/cgroup", "/sys/fs/cgroup", "/sys/devices/system/cpu/online")
"""DuckDB asks them how many processors and how much memory there are, and aborts where it may not."""

_MOST = 2**62
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION_FLAG = 1
_PATH_BENEATH = 1
_READ_FILE = 1 << 2
_NO_NEW_PRIVILEGES = 38
# landlock(7): the rights that each version of the kernel's interface knows, the last one counts from there on.
_FILE_RIGHTS = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 4: 1 << 15, 5: 1 << 16}
_NETWORK_SINCE, _NETWORK_RIGHTS = 4, 0b11
_SCOPE_SINCE, _SCOPES = 6, 0b11


def limit_resources(*, memory_mb: int, cpu_s: int) -> None:
    """Bound address space and processor time; let nothing be written and no core be dumped."""
    limits = {
        resource.RLIMIT_AS: (memory_mb + OVERHEAD_MB) << 20,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: FILES,
    }
    for which, most in limits.items():
        _, hard = resource.getrlimit(which)
        bound = min(most, _MOST if hard == resource.RLIM_INFINITY else hard)
        with suppress(ValueError, OSError):  # macOS knows RLIMIT_AS and refuses to set it
            resource.setrlimit(which, (bound, bound))


def landlock_version() -> int:
    """Return the version of Landlock that the kernel has; 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_system().syscall(_CREATE, None, 0, _VERSION_FLAG)))


def read_only(paths: Sequence[str]) -> bool:
    """Let this thread, and those that it starts, read ``paths`` and the size of the machine; no network, no signals.

    What is loaded already stays. Returns whether the kernel can do that. Raises OSError where a path is not there.
    """
    version = landlock_version()
    if not version:
        return False
    system = _system()
    rules = _made(system, version)
    try:
        for path in (*paths, *filter(os.path.exists, MACHINE)):
            _allow(system, rules, path)
        _checked(system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(system.syscall(_RESTRICT, rules, 0))
    finally:
        os.close(rules)
    return True


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("rights", ctypes.c_uint64), ("descriptor", ctypes.c_int32))


def _made(system: ctypes.CDLL, version: int) -> int:
    wanted = _Ruleset(
        files=_FILE_RIGHTS[min(version, max(_FILE_RIGHTS))] - 1,
        network=_NETWORK_RIGHTS if version >= _NETWORK_SINCE else 0,
        scopes=_SCOPES if version >= _SCOPE_SINCE else 0,
    )
    # An older kernel refuses a longer record than it knows, unless the rest is zero.
    return _checked(system.syscall(_CREATE, ctypes.byref(wanted), ctypes.sizeof(wanted), 0))


def _allow(system: ctypes.CDLL, rules: int, path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        rule = _Beneath(rights=_READ_FILE, descriptor=descriptor)
        _checked(system.syscall(_ADD, rules, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(descriptor)


def _system() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
