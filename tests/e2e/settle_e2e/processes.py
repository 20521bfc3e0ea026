"""settled and the four reference services as processes on loopback, started, killed and restarted by pid."""

import base64
import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

SERVICES = ("inventory", "payment", "card", "merchant")


class E2eError(Exception):
    """Something that the person at the keyboard can put right."""


def clean_environment():
    """Ours without SETTLE_…: the caller's settings are not the test's."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SETTLE_")}


def free_port():
    """A free port below the range that outgoing connections take theirs from, so that it is still free after a restart."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        low = int(file.read().split()[0])
    for _ in range(1000):
        port = random.SystemRandom().randrange(10_000, max(low, 11_000))
        with contextlib.closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise E2eError("no free port found on 127.0.0.1")


def new_secret_file(path):
    """A fresh secret for one run, readable by its owner only."""
    secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
    return secret


def _dies_with_its_parent(command):
    """Prefixes a command so that the kernel ends it with us. Only for children of the main thread."""
    setpriv = shutil.which("setpriv")
    return ([setpriv, "--pdeathsig", "KILL"] if setpriv else []) + command


class Process:
    """A child that listens on `port`, with its output in `log`; restarted on the same port and data."""

    def __init__(self, name, command, port, log, health="/healthz", environment=None):
        self.name, self.command, self.port = name, [str(word) for word in command], port
        self.log, self.health, self.environment = pathlib.Path(log), health, environment or {}
        self.child = None
        self.kills = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self.child.pid

    def spawn(self):
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(_dies_with_its_parent(self.command), stdin=subprocess.DEVNULL, stdout=log,
                                          stderr=subprocess.STDOUT, start_new_session=True,
                                          env=clean_environment() | self.environment)

    def answers(self):
        try:
            with urllib.request.urlopen(self.url + self.health, timeout=2) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return False
        except OSError:
            return False

    def wait_ready(self, seconds=30):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.child.poll() is not None:
                raise E2eError(f"{self.name} ended with exit code {self.child.returncode}:\n{self.tail()}")
            if self.answers():
                return self
            time.sleep(0.02)
        raise E2eError(f"{self.name} did not answer within {seconds} s:\n{self.tail()}")

    def start(self, seconds=30):
        self.spawn()
        return self.wait_ready(seconds)

    def alive(self):
        return self.child is not None and self.child.poll() is None

    def kill(self):
        """kill -9, as a crash."""
        if self.alive():
            self.child.send_signal(signal.SIGKILL)
            self.kills += 1
        if self.child is not None:
            self.child.wait()

    def freeze(self):
        """SIGSTOP: it lives, holds its sockets, and does nothing."""
        self.child.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.child.send_signal(signal.SIGCONT)

    def stop(self, seconds=30):
        """SIGTERM, then the exit code; killed when it does not end in time."""
        if self.alive():
            self.child.send_signal(signal.SIGTERM)
            self.thaw()
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
        return self.child.wait() if self.child is not None else None

    def tail(self, lines=12):
        if not self.log.exists():
            return "(no output)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def find_binary(build, name):
    """A program in the build directory, wherever its target put it."""
    for folder in ("", "coordinator", "coordinator/settlectl", "participants/services", "tests/e2e"):
        path = pathlib.Path(build) / folder / name
        if path.is_file():
            return path
    raise E2eError(f"{name} is not built in {build}")


class Stack:
    """settled, the services, their data and secrets, all under one folder. A context manager: it stops what it started."""

    def __init__(self, build, folder, settled_flags=(), settled_prefix=(), settled_environment=None,
                 settled_binary="settled", settled_port=None):
        self.build, self.folder = pathlib.Path(build), pathlib.Path(folder)
        for sub in ("secrets", "logs", "books"):
            (self.folder / sub).mkdir(parents=True, exist_ok=True)
        os.chmod(self.folder / "secrets", 0o700)
        self.data = self.folder / "settled"
        self.secrets = {name: new_secret_file(self.folder / "secrets" / name) for name in SERVICES}
        self.services = {name: self._service(name) for name in SERVICES}
        port = settled_port or free_port()
        self.settled_command = [find_binary(build, settled_binary), "--listen", f"127.0.0.1:{port}", "--data", self.data,
                                *settled_flags]
        self.settled = Process("settled", [*settled_prefix, *self.settled_command], port, self.folder / "logs/settled.log",
                               environment=settled_environment)

    def _service(self, name):
        port = free_port()
        command = [find_binary(self.build, f"settle-{name}"), "--port", port, "--data", self.book_file(name),
                   "--secret-file", self.folder / "secrets" / name, "--admin"]
        return Process(name, command, port, self.folder / "logs" / f"{name}.log")

    def book_file(self, name):
        return self.folder / "books" / f"{name}.sqlite"

    def start(self):
        for process in [*self.services.values(), self.settled]:
            process.spawn()
        for process in [*self.services.values(), self.settled]:
            process.wait_ready()
        return self

    def stop(self):
        """settled first, so that its last calls still find somebody. Its exit code."""
        code = self.settled.stop()
        for process in self.services.values():
            process.stop(5)
        return code

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()
