"""The processes of the benchmark: the participants (one nginx worker), the relay and settled.

Each has `port`, `pid` (the process whose CPU counts) and `stop()`. All listen on loopback, on ephemeral ports.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request


class BenchError(Exception):
    """Something that the person at the keyboard can put right."""


def find_tool(name, package):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not path:
        raise BenchError(f"{name} is not installed: apt-get install {package}")
    return path


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def http(method, port, path, body=None, headers=None, timeout_s=10):
    """One request; the status and the text of the answer. Raises OSError while nobody listens."""
    data = None if body is None else json.dumps(body).encode()
    head = {"Content-Type": "application/json"} if data is not None else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, head | (headers or {}), method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Process:
    """A child with its output in a file; stopped by pid, never left behind."""

    def __init__(self, name, command, folder):
        self.name = name
        self.log = pathlib.Path(folder) / f"{name}.log"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SETTLE_")}
        with open(self.log, "wb") as log:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                          env=environment)
        self.pid = self.child.pid

    def wait_until(self, ready, seconds=20):
        """Polls `ready` until it gives something true; says why if the process ended or stayed silent."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.child.poll() is not None:
                raise BenchError(f"{self.name} ended with {self.child.returncode}:\n{self.tail()}")
            with contextlib.suppress(OSError):
                if result := ready():
                    return result
            time.sleep(0.02)
        raise BenchError(f"{self.name} was not ready after {seconds} s:\n{self.tail()}")

    def tail(self):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-12:])

    def stop(self, signal_number=signal.SIGTERM):
        if self.child.poll() is None:
            self.child.send_signal(signal_number)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def cpu_seconds(pid):
    """User and system time of a process, all its threads, so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


NGINX_CONF = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  default_type application/json;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/nginx-a; proxy_temp_path {folder}/nginx-b; fastcgi_temp_path {folder}/nginx-c;
  uwsgi_temp_path {folder}/nginx-d; scgi_temp_path {folder}/nginx-e;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location = /try {{ return 200 '{{"hold":"h-1"}}'; }}
    location = /confirm {{ return 200 '{{"ok":true}}'; }}
    location = /cancel {{ return 200 '{{"ok":true}}'; }}
    location = /callback {{ return 200 '{{"ok":true}}'; }}
    location = /figures {{ stub_status; }}
  }}
}}
"""


class Participants(Process):
    """One nginx worker that answers every call at once."""

    def __init__(self, folder):
        self.port = free_port()
        conf = pathlib.Path(folder) / "nginx.conf"
        conf.write_text(NGINX_CONF.format(folder=folder, port=self.port))
        super().__init__("nginx", [find_tool("nginx", "nginx"), "-p", str(folder), "-c", str(conf)], folder)
        self.polls = 0
        try:
            self.wait_until(self.answers)
            children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            self.pid = int(children[0])  # the worker
        except BaseException:
            self.stop()
            raise

    def answers(self):
        self.calls()
        return True

    def calls(self):
        """How many calls it has answered so far; our own questions are not counted."""
        _, text = http("GET", self.port, "/figures")
        self.polls += 1
        return int(text.splitlines()[2].split()[2]) - self.polls


class Relay(Process):
    """The bare relay."""

    def __init__(self, binary, participants, folder):
        super().__init__("relay", [str(binary), str(participants.port)], folder)
        try:
            line = self.wait_until(lambda: self.log.read_text().strip())
        except BaseException:
            self.stop()
            raise
        self.port = int(line.split()[1])

    def status(self):
        return None  # it has no state to tell of
