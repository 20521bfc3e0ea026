"""What the benchmark says: a table for people, one JSON object for programs."""

import os
import pathlib
import platform
import statistics

HEAD = ("conn", "round", "system", "purch/s", "p50 ms", "p99 ms", "syncs/p", "recs/p", "bytes/p", "cpu us/p",
        "nginx us/p", "drain s")


def row(number, figures):
    def per(name, digits):
        value = figures.get(f"{name}_per_purchase")
        return "-" if value is None else f"{value:.{digits}f}"

    return (figures["connections"], number, figures["system"], f"{figures['purchases_per_s']:.0f}",
            f"{figures['p50_ms']:.2f}", f"{figures['p99_ms']:.2f}", per("syncs", 4), per("records", 2),
            per("journal_bytes", 0), f"{figures['system_cpu_us']:.0f}", f"{figures['nginx_cpu_us']:.0f}",
            f"{figures['drained_s']:.2f}")


def line(cells):
    widths = (4, 5, 7, 8, 8, 8, 8, 6, 8, 8, 10, 7)
    return "  ".join(str(cell).rjust(width) for cell, width in zip(cells, widths))


def machine():
    model = next((text.split(":", 1)[1].strip() for text in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if text.startswith("model name")), platform.machine())
    return {"cpu": model, "cores": len(os.sched_getaffinity(0)), "kernel": platform.release()}


def ratios(pairs):
    """By connections: settled / relay of every round, and their median. A pair is (relay, settled) of one round."""
    by_connections = {}
    for relay, settled in pairs:
        ratio = settled["purchases_per_s"] / max(relay["purchases_per_s"], 1e-9)
        by_connections.setdefault(relay["connections"], []).append(ratio)
    return {connections: {"rounds": found, "median": statistics.median(found)}
            for connections, found in by_connections.items()}


def ratio_lines(found):
    return [f"ratio settled/relay at {connections} connections: "
            + " ".join(f"{ratio:.3f}" for ratio in figures["rounds"]) + f"   median {figures['median']:.3f}"
            for connections, figures in found.items()]
