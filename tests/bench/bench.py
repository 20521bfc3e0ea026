"""The benchmark: settled beside the bare relay, in one run, by turns. docs/performance.md says how to read it."""

import argparse
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import bench_report as report
from bench_processes import BenchError, Participants, Relay, find_tool
from bench_rounds import measure
from bench_settled import Settled

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAN = {1: (2, 3), 64: (2, 3), 256: (5, 4)}  # connections: (rounds, seconds of each)


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures settled beside the bare relay.")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    parser.add_argument("--require", type=float, metavar="RATIO", help="exit 1 if the median ratio at the most "
                        "connections measured is below RATIO")
    parser.add_argument("--connections", metavar="N,N,...", help="connections to measure at (default 1,64,256)")
    parser.add_argument("--rounds", type=int, help="rounds per number of connections")
    parser.add_argument("--seconds", type=int, help="length of each round")
    parser.add_argument("--build", default="build/release", metavar="FOLDER",
                        help="where the binaries are; the default is built first, another is taken as it is")
    parser.add_argument("--data", metavar="FOLDER", help="the disk to measure on (default: the build folder's)")
    return parser.parse_args()


def plan_of(options):
    try:
        wanted = [int(text) for text in options.connections.split(",")] if options.connections else list(PLAN)
    except ValueError:
        raise BenchError(f"--connections: not a list of numbers: {options.connections}") from None
    if any(not 1 <= number <= 1024 for number in wanted):
        raise BenchError("--connections: 1 to 1024 each")
    if min(options.rounds or 1, options.seconds or 1) < 1:
        raise BenchError("--rounds and --seconds: at least 1")
    plan = {number: PLAN.get(number, (3, 4)) for number in wanted}
    return {number: (options.rounds or rounds, options.seconds or seconds)
            for number, (rounds, seconds) in plan.items()}


def binaries(options, say):
    folder = ROOT / options.build
    if options.build == "build/release":
        say("building (preset release) ...")
        for command in (["cmake", "--preset", "release"],
                        ["cmake", "--build", "--preset", "release", "--target", "settled", "settle-bench-relay"]):
            built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if built.returncode != 0:
                raise BenchError(f"{' '.join(command)} failed:\n{(built.stdout + built.stderr)[-4000:]}")
    found = {"settled": folder / "coordinator/settled", "relay": folder / "tests/bench/settle-bench-relay"}
    for path in found.values():
        if not os.access(path, os.X_OK):
            raise BenchError(f"{path} is missing: build it, or leave out --build")
    return found, folder


def filesystem_of(folder):
    if not os.path.isdir(folder):
        raise BenchError(f"{folder} is not a folder")
    kind = subprocess.run(["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True, check=True)
    if kind.stdout.strip() in ("tmpfs", "ramfs"):
        raise BenchError(f"{folder} is in memory, where a sync costs nothing: name a folder on a disk with --data")
    return kind.stdout.strip()


def run(options, say):
    plan = plan_of(options)
    for tool in ("nginx", "wrk"):
        find_tool(tool, tool)
    found, folder = binaries(options, say)
    filesystem = filesystem_of(options.data or folder)
    work = tempfile.mkdtemp(prefix="bench-", dir=options.data or folder)
    data = os.path.join(work, "data")
    processes, pairs, keep_logs = [], [], False
    most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))  # the children inherit it
    try:
        processes.append(participants := Participants(work))
        processes.append(relay := Relay(found["relay"], participants, work))
        processes.append(settled := Settled(found["settled"], participants, data, work))
        began = time.monotonic()
        for system in (relay, settled):
            measure(system, participants, 64, 1, "warm-up")
        say(report.line(report.HEAD))
        for connections, (rounds, seconds) in plan.items():
            for number in range(1, rounds + 1):
                pair = []
                for system in (relay, settled):
                    pair.append(measure(system, participants, connections, seconds, f"c{connections}-r{number}"))
                    say(report.line(report.row(number, pair[-1])))
                pairs.append(pair)
    except BenchError as error:
        keep_logs = True
        raise BenchError(f"{error}\nthe logs are in {work}") from None
    finally:
        for process in reversed(processes):
            process.stop()
        shutil.rmtree(data if keep_logs else work, ignore_errors=True)
    return {"machine": report.machine() | {"filesystem": filesystem}, "seconds": time.monotonic() - began,
            "rounds": [figures for pair in pairs for figures in pair], "ratios": report.ratios(pairs)}


def verdict(result, require):
    """The exit status: 0 as asked, 1 below the ratio required, 3 if a round is worthless."""
    worthless = [f"{figures['system']} at {figures['connections']} connections: {fault}"
                 for figures in result["rounds"] for fault in figures["faults"]]
    for fault in worthless:
        print(f"bench: worthless: {fault}", file=sys.stderr)
    if worthless:
        return 3
    most = max(result["ratios"])
    if require is not None and result["ratios"][most]["median"] < require:
        print(f"bench: the ratio at {most} connections is {result['ratios'][most]['median']:.3f}, "
              f"required are {require}", file=sys.stderr)
        return 1
    return 0


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` stops what was started
    try:
        result = run(options, (lambda _: None) if options.json else (lambda text: print(text, flush=True)))
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if options.json:
        print(json.dumps(result))
    else:
        print("\n".join(report.ratio_lines(result["ratios"])))
    return verdict(result, options.require)


if __name__ == "__main__":
    sys.exit(main())
