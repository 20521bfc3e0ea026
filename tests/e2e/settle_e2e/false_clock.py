"""Clocks that a test sets, for one process."""

import os
import pathlib
import struct

from .processes import E2eError

LIBRARIES = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))


class FalseClock:
    """`environment` makes settled_faulty read its clocks here.

    CLOCK_REALTIME is stepped by libfaketime (Debian's), as somebody sets a machine's clock; CLOCK_BOOTTIME, which nobody can set, by
    faulty_clock.cpp, as it goes on while a machine sleeps and begins anew at each boot. CLOCK_MONOTONIC is always the kernel's.

    Not for settled itself: jemalloc asks for the time before libfaketime can tell it, and hangs.
    """

    def __init__(self, folder):
        if not LIBRARIES:
            raise E2eError("libfaketime is missing: scripts/setup installs it")
        self.wall, self.boot = pathlib.Path(folder) / "wall", pathlib.Path(folder) / "boottime"
        self.set_wall(0)
        self.boot.write_bytes(bytes(8))
        self.environment = {"LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME_TIMESTAMP_FILE": str(self.wall), "FAKETIME_NO_CACHE": "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAULTY_BOOTTIME": str(self.boot)}

    def set_wall(self, seconds):
        """From now on CLOCK_REALTIME is so much ahead of (below 0: behind) the real one. Also for what runs already."""
        new = self.wall.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n", encoding="ascii")
        os.replace(new, self.wall)  # it is read at any time

    def set_boot(self, seconds):
        """Likewise CLOCK_BOOTTIME. In place: it is mapped."""
        with open(self.boot, "r+b", buffering=0) as file:
            file.write(struct.pack("=q", seconds))

    def sleep(self, seconds):
        """The machine has slept so long, counted from the last boot()."""
        self.set_boot(self.booted_s + seconds)
        self.set_wall(seconds)

    booted_s = 0

    def booted(self, seconds):
        """The machine was started anew, with CLOCK_BOOTTIME elsewhere. Only while the process is not there."""
        self.booted_s = seconds
        self.sleep(0)
