#!/usr/bin/env python3
"""Reads the sources and says where they break a rule of the house. Rules are executed, not requested.

    tidy.py [TREE]      prints one line per finding, and exits 1 if there is any

Each rule is a function that takes the tree and yields findings; tidy_test.py shows that each of them can find something.
"""

import os
import re
import subprocess
import sys

SOURCES = (".cpp", ".hpp", ".py", ".sh", ".lua", ".js")
LINES_MAX = 450

# The root holds these and dotfiles, and nothing else.
ROOT = {"README.md", "LICENSE", "CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json",
        "scripts", "statemachine", "wal", "participants", "coordinator", "tests", "docs"}

# Which room's headers (settle/ROOM/...) the files under a folder may include. The longest prefix counts.
ROOMS = {
    "statemachine": {"statemachine"},
    "wal/crypto": {"crypto", "statemachine"},
    "wal": {"wal", "crypto", "statemachine"},
    "participants": {"participants", "crypto", "statemachine"},
    "participants/kit": {"kit", "crypto", "statemachine"},
    "participants/services": {"services", "kit", "crypto", "statemachine"},
    "coordinator": {"coordinator", "participants", "kit", "wal", "crypto", "statemachine"},
}

# Where a library's headers may be included; everywhere else they are a leak.
LIBRARIES = {
    "boost/msm": ("statemachine/src",),
    "boost/mpl": ("statemachine/src",),
    "rocksdb": ("wal/src", "tests"),
    "sqlite3": ("participants/kit", "participants/services", "tests"),
    "prometheus": ("coordinator/src", "tests"),
    "cpprest": ("participants/kit", "participants/services", "coordinator/settlectl", "tests"),
    "boost/asio": ("participants", "coordinator", "tests"),
    "boost/beast": ("participants", "coordinator", "tests"),
}

# All that the pure core may include from the standard library; whatever is not here reaches for the world.
PURE_HEADERS = {"algorithm", "array", "cstddef", "cstdint", "cstdlib", "functional", "iterator", "limits", "numeric",
                "map", "optional", "set", "string", "string_view", "tuple", "type_traits", "utility", "variant", "vector"}
PURE_EXCEPTIONS = {("statemachine/src/check.cpp", "cstdio"): "a broken invariant says so before it stops the process"}
MSM_FILES = {"statemachine/src/" + name
             for name in ("step_table.cpp", "purchase_table.cpp", "table.hpp", "table_print.hpp")}
IMPURE_WORDS = re.compile(
    r"std::(chrono|thread|jthread|mutex|atomic|async|future|random_device|mt19937|unordered_\w+|[io]?fstream|cout|cerr)\b"
    r"|\b(clock_gettime|gettimeofday|time|rand|srand|getenv|fopen|socket|steady_clock|system_clock|thread_local)\s*\(")

# Folders with sources that need no README of their own.
README_EXCEPTIONS = {
    "coordinator/settled": "the daemon's main alone; coordinator/README.md describes it",
    "docs/examples": "each example is explained where docs/participant-protocol.md shows it",
}
# The insides of a room, which the room's README describes; and one test binary per folder, listed in tests/README.md.
README_INSIDES = re.compile(r"(^|/)(src|include)(/|$)")

# Spelt apart, so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")
MACHINE_PATH = re.compile(r"(?<![\w./}$~-])/(?:wor" r"k|roo" r"t|hom" r"e)/")
PART_OF_TEMPORARY = re.compile(r"\bfor \([^;:]* : .*\bjson\(\)(\[|\.|->)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Tree:
    """The tracked files below a folder; without git, all files but those that building leaves behind."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._tracked() or self._walked())

    def _tracked(self):
        if not os.path.exists(os.path.join(self.root, ".git")):
            return None
        try:
            listed = subprocess.run(["git", "-C", self.root, "ls-files", "-z"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        paths = [path for path in listed.stdout.decode().split("\0") if path]
        return [path for path in paths if os.path.isfile(os.path.join(self.root, path))]

    def _walked(self):
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [f for f in folders if f not in ("build", "var", ".git", ".cache", "__pycache__")]
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in files]
        return found

    def lines(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()

    def sources(self, *endings):
        return [path for path in self.paths if path.endswith(endings or SOURCES)]

    def includes(self, path):
        """(line number, '<' or '"', name) of each include."""
        for number, line in enumerate(self.lines(path), 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)


def inside(path, folder):
    return path == folder or path.startswith(folder + "/")


def without_comments(line):
    return re.sub(r'"(\\.|[^"\\])*"', '""', line.split("//")[0])


def rule_root(tree):
    for name in sorted({path.split("/")[0] for path in tree.paths}):
        if name not in ROOT and not name.startswith("."):
            yield f"{name}: does not belong at the root"


def rule_length(tree):
    for path in tree.sources():
        count = len(tree.lines(path))
        if count > LINES_MAX:
            yield f"{path}: {count} lines, more than {LINES_MAX}: split it by concern"


def rule_unfinished(tree):
    for path in tree.paths:
        for number, line in enumerate(tree.lines(path), 1):
            if UNFINISHED.search(line):
                yield f"{path}:{number}: unfinished work belongs in an issue"


def rule_machine_paths(tree):
    for path in tree.paths:
        for number, line in enumerate(tree.lines(path), 1):
            if MACHINE_PATH.search(line):
                yield f"{path}:{number}: names a path of one machine"


def rule_readmes(tree):
    have = {os.path.dirname(path) for path in tree.paths if os.path.basename(path) == "README.md"}
    rooms = {README_INSIDES.split(os.path.dirname(path))[0] for path in tree.sources()}
    rooms |= {path.split("/")[0] for path in tree.paths if "/" in path} & ROOT  # with sources or without
    for room in sorted(rooms):
        covered = room in have or room in README_EXCEPTIONS or (inside(room, "tests") and "tests" in have)
        if not covered:
            yield f"{room}: has no README.md"


def rule_headers(tree):
    for path in tree.sources(".hpp"):
        lines = tree.lines(path) + ["", ""]
        if lines[0] != "#pragma once":
            yield f"{path}:1: a header starts with #pragma once"
        elif not lines[1].startswith("// "):
            yield f"{path}:2: after #pragma once, a comment says why the file exists"


def rule_rooms(tree):
    for path in tree.sources(".cpp", ".hpp"):
        rooms = [room for room in ROOMS if inside(path, room)]
        if not rooms:
            continue
        allowed = ROOMS[max(rooms, key=len)]
        for number, quote, name in tree.includes(path):
            parts = name.split("/")
            if parts[0] == "settle" and parts[1] not in allowed:
                yield f"{path}:{number}: may not include settle/{parts[1]}/"
            if ".." in parts:
                yield f"{path}:{number}: includes are named from their room, without .."
            if quote == "<" and parts[0] == "settle":
                yield f"{path}:{number}: our own headers are included with quotes"


def rule_libraries(tree):
    for path in tree.sources(".cpp", ".hpp"):
        for number, _, name in tree.includes(path):
            for library, folders in LIBRARIES.items():
                used = name.startswith((library + "/", library + "."))
                if used and not any(inside(path, folder) for folder in folders):
                    yield f"{path}:{number}: {library} is for {', '.join(folders)} alone"


def rule_temporaries(tree):
    """C++20 lets what a call gave die before the loop over a part of it begins."""
    for path in tree.sources(".cpp", ".hpp"):
        for number, line in enumerate(tree.lines(path), 1):
            if PART_OF_TEMPORARY.search(line):
                yield f"{path}:{number}: loops over a part of what a call gave: name that first"


def rule_pure(tree):
    for path in tree.sources(".cpp", ".hpp"):
        if not inside(path, "statemachine"):
            continue
        for number, quote, name in tree.includes(path):
            if name.startswith("boost/"):
                if path not in MSM_FILES:
                    yield f"{path}:{number}: Boost belongs in the table files"
            elif quote == "<" and name not in PURE_HEADERS and (path, name) not in PURE_EXCEPTIONS:
                yield f"{path}:{number}: <{name}> reaches out of the pure core"
        for number, line in enumerate(tree.lines(path), 1):
            word = IMPURE_WORDS.search(without_comments(line))
            if word:
                yield f"{path}:{number}: {word.group(0).rstrip('( ')} has no place in the pure core"


RULES = [rule for name, rule in sorted(globals().items()) if name.startswith("rule_")]


def findings(root):
    tree = Tree(root)
    return [finding for rule in RULES for finding in rule(tree)]


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    found = findings(os.path.abspath(root))
    for finding in found:
        print(finding)
    print(f"tidy: {len(RULES)} rules, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
