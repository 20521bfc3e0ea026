"""What a process takes up: memory, file descriptors, disk."""

import os
import pathlib


class Usage:
    def __init__(self, pid, folder):
        proc = pathlib.Path("/proc") / str(pid)
        pages = int((proc / "statm").read_text(encoding="ascii").split()[1])
        self.rss = pages * os.sysconf("SC_PAGE_SIZE")
        targets = [_target(link) for link in (proc / "fd").iterdir()]
        self.sockets = sum(target.startswith("socket:") for target in targets)
        self.files = len(targets) - self.sockets
        self.disk = sum(_size(path) for path in pathlib.Path(folder).rglob("*"))

    def __str__(self):
        return (f"memory {self.rss / 2**20:6.1f} MiB  sockets {self.sockets:3}  other descriptors {self.files:3}  "
                f"disk {self.disk / 2**20:7.1f} MiB")


def _target(link):
    try:
        return os.readlink(link)
    except OSError:
        return ""  # it was closed meanwhile


def _size(path):
    """In bytes, without what RocksDB reserves ahead."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        return 0
