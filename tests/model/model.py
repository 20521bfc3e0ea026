#!/usr/bin/env python3
"""Has spin search the model of the protocol (statemachine/model) to its end, and wants to see each planted mistake found.

    model.py --list      the cases, one a line; CTest makes a test of each
    model.py CASE        exits 0 if the case is as it should be; prints the figures
    model.py --table     the figures of all worlds, as statemachine/model/README.md shows them
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
MODEL = os.path.join(ROOT, "statemachine", "model")
MEMORY_MB = 1900
SECONDS_MAX = 300

# What the model is set in; statemachine/model/README.md says what each switch adds.
ALL = ["ASKS", "ACCEPTS", "CONTRADICTS"]
WORLDS = {
    "asking": ALL,
    "deaf": ["ACCEPTS", "CONTRADICTS"],
    "side_by_side": ALL + ["SIDE_BY_SIDE", "CRASHES=1"],
    "person": ALL + ["HELPS=1", "ON_DEADLINE_PERSON", "CRASHES=1"],
    # What must come to an end must do so also when nothing passes any more; the second crash is left to the others.
    "asking_cut": ["ASKS", "ENDINGS", "CRASHES=1"],
    "deaf_cut": ["ACCEPTS", "CONTRADICTS", "ENDINGS", "CRASHES=1"],
    "person_cut": ["HELPS=1", "ON_DEADLINE_PERSON", "ENDINGS", "CRASHES=0"],
    "person_deaf": ["ACCEPTS", "CONTRADICTS", "HELPS=1", "CRASHES=0"],
    "counted": ALL + ["COUNT_CALLS"],
}

# case: (property, world). Each must hold in every state that can be reached.
HOLDS = {
    "I1": ("I1", "asking"), "I2": ("I2", "asking"), "I6": ("I6", "asking"), "I8": ("I8", "asking"),
    "I9": ("I9", "asking"), "I12": ("I12", "asking"), "I16": ("I16", "asking_cut"), "I18": ("I18", "counted"),
    "DeafIsSafe": ("safety", "deaf"), "DeafI16": ("I16", "deaf_cut"),
    "SideBySideIsSafe": ("safety", "side_by_side"),
    "PersonIsSafe": ("safety", "person"), "PersonI16": ("I16", "person_cut"),
}

# mistake: (the property that must find it, world)
MUTANTS = {
    "TRY_BEFORE_SYNC": ("I6", "asking"), "DECISION_BEFORE_SYNC": ("I1", "asking"),
    "DECISION_FORGOTTEN": ("I1", "asking"), "COMMIT_AFTER_CANCEL": ("I1", "asking"),
    "STALE_CALL_LEAVES": ("I8", "asking"), "NO_FENCE": ("I9", "asking"), "REFUSAL_FORGOTTEN": ("I6", "asking"),
    "SILENCE_IS_NO": ("I6", "asking"), "UNKNOWN_IS_NO": ("I6", "asking"), "CARD_BEFORE_MONEY": ("I12", "asking"),
    "RESUMED_NOT_COUNTED": ("I18", "counted"), "NO_BUDGET": ("I16", "deaf_cut"),
    "TIMERS_FORGOTTEN": ("I16", "asking_cut"),
}

# Rows of docs/state-machines.md that the model does without, and why.
OUTSIDE = [
    (r"\w+ (delivering|delivered|abandoned) \w+|(delivering|delivered|abandoned) \w+ \w+", "there is no deliver step"),
    (r"idle tried enlist|tried confirmed confirm", "both steps are tcc"),
    (r"parked parked due", "policies do not change in the model"),
    (r"(awaiting|in_doubt) \1 says_unknown|(awaiting|in_doubt|confirming|parked) \w+ inquire", "it asks, or confirms once more, as a wake-up does, and changes nothing else"),
    (r"parked (confirming|cancelling) due", "a probe is the call that a person's retry makes, and that is in the model"),
    (r"(parked|awaiting|confirming|cancelling) \w+ resolve_\w+", "a person's word may be wrong; the model's only says: try again"),
    (r"(\w+) \1 (late|late_success|cancel|overdue|resume|done|refused)", "changes nothing, or only a counter"),
    (r"(awaiting|in_doubt) parked says_confirmed|cancelled parked says_(tried|confirmed)|rejected cancelling late_success"
     r"|cancelled cancelled says_(refused|unknown)|(awaiting|in_doubt) rejected says_cancelled", "a participant that keeps the barrier does not say so"),
]


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


CASES = {**{name: ("hold", name) for name in HOLDS},
         **{f"Mutant{camel(name)}Caught": ("mutant", name) for name in MUTANTS},
         "WhatShouldHappenCan": ("reach", "asking"), "RowsAreThoseOfTheTable": ("rows", None)}


def run(command, folder, limit=None):
    def bounded():
        if limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit << 20, limit << 20))
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX, preexec_fn=bounded)
    return done.returncode, done.stdout + done.stderr


class Search:
    """One pan: the model in one world, compiled for properties that are (or are not) about endings."""

    def __init__(self, folder, switches, endless):
        self.folder, self.endless = folder, endless
        code, said = run(["spin", "-DMARKS", *[f"-D{switch}" for switch in switches], "-a",
                          os.path.join(MODEL, "purchase.pml")], folder)
        if code != 0 or not os.path.exists(os.path.join(folder, "pan.c")):
            sys.exit(f"spin does not take the model:\n{said}")
        code, said = run(["cc", "-O2", "-w", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MB}", *([] if endless else ["-DSAFETY"]),
                          "-o", "pan", "pan.c"], folder)
        if code != 0:
            sys.exit(f"the C compiler does not take what spin made of the model:\n{said}")

    def __call__(self, name):
        started = time.monotonic()
        _, said = run(["nice", "-n", "10", "./pan", "-m100000", *(["-a"] if self.endless else []), "-N", name],
                      self.folder, MEMORY_MB + 200)
        return Found(name, said, time.monotonic() - started)


class Found:
    def __init__(self, name, said, seconds):
        self.name, self.said, self.seconds = name, said, seconds
        errors = re.search(r"depth reached (\d+), errors: (\d+)", said)
        if not errors or "Search not completed" in said and errors.group(2) == "0" or "max search depth too small" in said:
            sys.exit(f"{name}: the search did not come to its end:\n{said}")
        self.depth, self.errors = int(errors.group(1)), int(errors.group(2))
        self.states = int(float(re.search(r"([\d.e+]+) states, stored", said).group(1)))
        self.memory = float(re.search(r"([\d.]+)\s+total actual memory", said).group(1))
        self.fired = {tuple(map(int, line.split()[1:])) for line in said.splitlines() if line.startswith("fired ")}
        self.passed = set(map(int, re.findall(r"^passed (\d+)", said, re.M)))
        # Whatever else goes wrong (an index, a d_step without a way on) is not the property.
        self.broken = bool(re.search(r"assertion violated  !\(|acceptance cycle", said)) and self.errors > 0
        if self.errors and not self.broken:
            sys.exit(f"{name}: the model itself is wrong:\n{said}")

    def __str__(self):
        return f"{self.name}: {self.states} states, depth {self.depth}, {self.memory:.0f} MB, {self.seconds:.1f} s"


def search(switches, name):
    with tempfile.TemporaryDirectory() as folder:
        return Search(folder, switches, name == "I16")(name)


def hold(case):
    name, world = HOLDS[case]
    found = search(WORLDS[world], name)
    print(f"{found} ({world}: {' '.join(WORLDS[world])})")
    if found.errors:
        sys.exit(f"{name} does not hold:\n{found.said}")
    return found


def mutant(name):
    wanted, world = MUTANTS[name]
    found = search(WORLDS[world] + [f"MUTANT_{name}"], wanted)
    print(found)
    if not found.broken:
        sys.exit(f"{wanted} does not see {name}")


def reach(_):
    with open(os.path.join(MODEL, "properties.pml"), encoding="utf-8") as file:
        text = file.read()
    names = re.findall(r"ltl (reach_\w+)", text)
    of_person = set(re.findall(r"ltl (reach_\w+)", text.split("#if HELPS > 0")[-1]))
    for world, wanted in (("asking", [n for n in names if n not in of_person]), ("person", sorted(of_person))):
        with tempfile.TemporaryDirectory() as folder:
            pan = Search(folder, WORLDS[world], False)
            for name in wanted:
                found = pan(name)
                print(found)
                if not found.broken:
                    sys.exit(f"{name}: never happens in the world {world}")


def documented():
    """The step's rows as docs/state-machines.md shows them, which a test holds equal to the C++ table."""
    with open(os.path.join(ROOT, "docs", "state-machines.md"), encoding="utf-8") as file:
        diagram = file.read().split("## The step")[1].split("```")[1]
    return {(source, target, trigger.strip())
            for source, target, triggers in re.findall(r"(\w+) --> (\w+) : (.*)", diagram)
            for trigger in triggers.split(",")}


def events():
    """Where the sources note that an event happens (`here`), but for what only a planted mistake or I16 has."""
    found = set()
    for base, name in ((0, "engine.pml"), (1000, "world.pml")):
        with open(os.path.join(MODEL, name), encoding="utf-8") as file:
            lines = file.read().splitlines()
        planted = False
        for number, line in enumerate(lines, 1):
            planted = line.startswith("#ifdef MUTANT") or planted and not line.startswith("#endif")
            if " here;" in line and not planted and not line.startswith("inline cut"):
                found.add(base + number)
    return found


def rows(_):
    with open(os.path.join(MODEL, "purchase.pml"), encoding="utf-8") as file:
        text = file.read()
    names = re.sub(r"/\*.*?\*/", "", re.search(r"mtype = \{(.*?)\}", text, re.S).group(1), flags=re.S)
    names = list(reversed([name.strip() for name in names.split(",")]))  # spin counts from the last
    planted = set()
    for file in os.listdir(MODEL):
        with open(os.path.join(MODEL, file), encoding="utf-8") as source:
            planted |= set(re.findall(r"MUTANT_(\w+)", source.read())) if file.endswith(".pml") else set()
    if planted != set(MUTANTS):
        sys.exit(f"mistakes without a test, or the other way round: {sorted(planted ^ set(MUTANTS))}")

    fired, passed = set(), set()
    for world in ("deaf", "asking", "person", "person_deaf"):
        found = search(WORLDS[world], "safety")
        fired, passed = fired | found.fired, passed | found.passed
    silent = events() - passed
    fired = {(names[s - 1], names[t - 1], names[trigger - 1]) for s, trigger, t in fired}
    table = documented()
    outside = {row for row in table if any(re.fullmatch(pattern, " ".join(row)) for pattern, _ in OUTSIDE)}
    invented, missed = fired - table, table - outside - fired
    for title, found in (("not in the table", invented), ("never fired", missed)):
        for row in sorted(found):
            print(f"{title}: {row[0]} --> {row[1]} : {row[2]}")
    for line in sorted(silent):
        print(f"never happened: {'world' if line > 1000 else 'engine'}.pml:{line % 1000}")
    print(f"{len(passed)} events happened, {len(fired)} rows fired, {len(table)} in the table, {len(outside - fired)} of them outside the model")
    if invented or missed or silent:
        sys.exit(1)


def table():
    print("| case | states | depth | MB | s |\n| --- | --- | --- | --- | --- |")
    for case in HOLDS:
        found = hold(case)
        print(f"| {case} | {found.states:,} | {found.depth} | {found.memory:.0f} | {found.seconds:.0f} |", flush=True)


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(CASES))
    elif sys.argv[1:] == ["--table"]:
        table()
    elif len(sys.argv) == 2 and sys.argv[1] in CASES:
        kind, name = CASES[sys.argv[1]]
        {"hold": hold, "mutant": mutant, "reach": reach, "rows": rows}[kind](name)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
