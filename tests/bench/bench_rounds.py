"""One round: wrk buys for some seconds, then everything that is still owed is waited for, then the sums are drawn."""

import json
import pathlib
import subprocess
import time

from bench_processes import BenchError, cpu_seconds, find_tool

SHOP = pathlib.Path(__file__).with_name("shop.lua")
CALLS_PER_PURCHASE = 7
DRAIN_SECONDS_MAX = 30


def shop(port, connections, seconds, run):
    command = [find_tool("wrk", "wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "35s",
               "-s", str(SHOP), f"http://127.0.0.1:{port}", "--", run]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
    lines = ended.stdout.strip().splitlines()
    if ended.returncode != 0 or not lines or not lines[-1].startswith("{"):
        raise BenchError(f"wrk failed with {ended.returncode}: {ended.stderr.strip()}\n{ended.stdout.strip()}")
    return json.loads(lines[-1])


def wait_until_idle(system, participants):
    """Until nothing is in motion and no call was made for a while. So a notify that was put off still counts."""
    began = time.monotonic()
    calls, quiet_since = participants.calls(), began
    while time.monotonic() - quiet_since < 0.25:
        if time.monotonic() - began > DRAIN_SECONDS_MAX:
            raise BenchError(f"{system.name} was still at work {DRAIN_SECONDS_MAX} s after the round:\n{system.tail()}")
        time.sleep(0.02)
        now, status = participants.calls(), system.status()
        if now != calls or (status and status["in_motion"] > 0):
            calls, quiet_since = now, time.monotonic()
    return quiet_since - began


def wait_until_calm(system):
    """Until it uses next to no CPU: what a compaction takes in the background is not the next one's burden."""
    until, used = time.monotonic() + DRAIN_SECONDS_MAX, cpu_seconds(system.pid)
    while time.monotonic() < until:
        time.sleep(0.2)
        before, used = used, cpu_seconds(system.pid)
        if used - before <= 0.02:
            return


def measure(system, participants, connections, seconds, run):
    """Drives one system; returns its figures, all of them per purchase where that makes sense."""
    status, calls = system.status(), participants.calls()
    cpu = {"system": cpu_seconds(system.pid), "nginx": cpu_seconds(participants.pid)}
    figures = shop(system.port, connections, seconds, run)
    drained_s = wait_until_idle(system, participants)
    wait_until_calm(system)
    calls = participants.calls() - calls
    answered = figures["answered"]
    purchases = calls / CALLS_PER_PURCHASE  # wrk goes without waiting for its last answers: they were made all the same
    result = {
        "system": system.name, "connections": connections, "answered": answered,
        "purchases_per_s": answered / figures["seconds"], "p50_ms": figures["p50_ms"], "p99_ms": figures["p99_ms"],
        "drained_s": drained_s, "calls": calls,
        "system_cpu_us": 1e6 * (cpu_seconds(system.pid) - cpu["system"]) / max(purchases, 1),
        "nginx_cpu_us": 1e6 * (cpu_seconds(participants.pid) - cpu["nginx"]) / max(purchases, 1),
        "faults": faults_of(figures, calls, connections),
    }
    if status is not None:
        now = system.status()
        for name, figure in (("syncs", "syncs"), ("records", "appends"), ("journal_bytes", "bytes")):
            result[f"{name}_per_purchase"] = (now["journal"][figure] - status["journal"][figure]) / max(purchases, 1)
        for ending in ("cancelled", "parked"):
            if count := now[ending] - status[ending]:
                result["faults"].append(f"{count} purchases were {ending}")
    return result


def faults_of(figures, calls, connections):
    """What makes a round worthless: purchases that failed, or that did not make their seven calls."""
    faults = []
    if figures["answered"] == 0:
        faults.append("no purchase was answered")
    if figures["not_200"]:
        faults.append(f"{figures['not_200']} purchases were not answered 200")
    if figures["socket_errors"]:
        faults.append(f"{figures['socket_errors']} socket errors")
    least = CALLS_PER_PURCHASE * figures["answered"]
    most = CALLS_PER_PURCHASE * (figures["answered"] + connections)
    if not least <= calls <= most:
        faults.append(f"{calls} calls for {figures['answered']} purchases; seven each would be {least} to {most}")
    return faults
