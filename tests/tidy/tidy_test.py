#!/usr/bin/env python3
"""Each rule of tidy.py finds what it is for, and leaves alone what is right."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import tidy  # noqa: E402

HEADER = "#pragma once\n// Why it is there.\n"


def findings_in(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        return tidy.findings(root)


# One file that breaks one rule, and a piece of what is said of it.
BAD = {
    "a stray file at the root": ("notes.txt", "x\n", "notes.txt: does not belong at the root"),
    "a stray folder at the root": ("lib/x.txt", "x\n", "lib: does not belong at the root"),
    "a long file": ("wal/src/a.cpp", "\n" * 451, "451 lines"),
    "unfinished work": ("wal/src/a.cpp", "// TO" + "DO later\n", "wal/src/a.cpp:1: unfinished"),
    "unfinished work in a document": ("docs/a.md", "\nFIX" + "ME\n", "docs/a.md:2: unfinished"),
    "a machine's path": ("docs/a.md", "see /wo" + "rk/main\n", "docs/a.md:1: names a path"),
    "a home's path": ("scripts/a.sh", "cd /ho" + "me/ann\n", "scripts/a.sh:1: names a path"),
    "a folder without a README": ("wal/x/a.cpp", "", "wal/x: has no README.md"),
    "a header without its guard": ("wal/src/a.hpp", "// Why.\n#pragma once\n", "starts with #pragma once"),
    "a header that does not say why": ("wal/src/a.hpp", "#pragma once\n\nint a;\n", "says why"),
    "the core includes the journal": ("statemachine/src/a.cpp", '#include "settle/wal/journal.hpp"\n', "settle/wal/"),
    "the journal includes participants": ("wal/src/a.cpp", '#include "settle/participants/x.hpp"\n', "settle/participants/"),
    "keys include the journal": ("wal/crypto/src/a.cpp", '#include "settle/wal/journal.hpp"\n', "settle/wal/"),
    "the kit includes the coordinator": ("participants/kit/src/a.cpp", '#include "settle/coordinator/log.hpp"\n', "settle/coordinator/"),
    "participants include the kit": ("participants/src/a.cpp", '#include "settle/kit/call.hpp"\n', "settle/kit/"),
    "an include around the rooms": ("wal/src/a.cpp", '#include "../crypto/src/key_file.hpp"\n', "without .."),
    "our header in angle brackets": ("wal/src/a.cpp", "#include <settle/wal/journal.hpp>\n", "with quotes"),
    "RocksDB outside the journal": ("coordinator/src/a.cpp", "#include <rocksdb/db.h>\n", "rocksdb is for"),
    "SQLite outside the kit": ("coordinator/src/a.cpp", "#include <sqlite3.h>\n", "sqlite3 is for"),
    "Asio in the journal": ("wal/src/a.cpp", "#include <boost/asio/ip/tcp.hpp>\n", "boost/asio is for"),
    "MSM outside the core": ("coordinator/src/a.cpp", "#include <boost/msm/back/tools.hpp>\n", "boost/msm is for"),
    "Boost outside the tables": ("statemachine/src/advance.cpp", "#include <boost/optional.hpp>\n", "table files"),
    "a clock in the core": ("statemachine/src/a.cpp", "#include <chrono>\n", "<chrono> reaches"),
    "a random device in the core": ("statemachine/src/a.cpp", "#include <random>\n", "<random> reaches"),
    "an unordered container in the core": ("statemachine/src/a.cpp", "#include <unordered_map>\n", "<unordered_map> reaches"),
    "a thread in the core": ("statemachine/src/a.cpp", "#include <thread>\n", "<thread> reaches"),
    "I/O in the core": ("statemachine/include/settle/statemachine/a.hpp", HEADER + "#include <fstream>\n", "<fstream> reaches"),
    "a hidden clock in the core": ("statemachine/src/a.cpp", "auto t = time(nullptr);\n", "time has no place"),
    "a loop over a part of a temporary": ("wal/src/a.cpp", "  for (const auto& x : get().json()[\"a\"]) use(x);\n", "name that first"),
    "a hidden container in the core": ("statemachine/src/a.cpp", "std::unordered_set<int> s;\n", "std::unordered_set has no place"),
}

GOOD = {
    "README.md": "\n", "LICENSE": "", ".clang-format": "",
    "statemachine/README.md": "", "wal/README.md": "", "wal/crypto/README.md": "", "participants/README.md": "",
    "participants/kit/README.md": "", "coordinator/README.md": "", "tests/README.md": "", "scripts/README.md": "",
    "docs/README.md": "",
    "statemachine/src/step_table.cpp": '#include <boost/msm/back/tools.hpp>\n#include "table.hpp"\n',
    "statemachine/src/check.cpp": '#include <cstdio>\n#include "settle/statemachine/result.hpp"\n',
    "statemachine/src/a.cpp": '// The time (of the event) is engine time(ms).\nf("time(x)");\nwait_time(3);\n',
    "wal/include/settle/wal/a.hpp": HEADER + '#include "settle/crypto/keys.hpp"\n',
    "wal/src/a.cpp": "#include <rocksdb/db.h>\n",
    "coordinator/src/a.cpp": '#include "settle/wal/journal.hpp"\n#include <boost/asio/ip/tcp.hpp>\n',
    "tests/x/a_test.cpp": "// What it shows.\n#include <sqlite3.h>\n",
    "docs/a.md": "GET https://example.com/home/x, ~/work/x and a network/root/x\n",
}


class Tidy(unittest.TestCase):
    def test_what_is_right_is_left_alone(self):
        self.assertEqual(findings_in(GOOD), [])

    def test_each_rule_finds_what_it_is_for(self):
        for name, (path, text, said) in BAD.items():
            with self.subTest(name):
                found = findings_in({**GOOD, path: text})
                self.assertEqual(len(found), 1, found)
                self.assertIn(said, found[0])

    def test_a_room_without_sources_needs_a_readme_too(self):
        for room, file in (("scripts", "scripts/run"), ("docs", "docs/a.yaml")):
            files = {path: text for path, text in GOOD.items() if path != f"{room}/README.md"} | {file: "\n"}
            self.assertEqual([f"{room}: has no README.md"], findings_in(files))

    def test_every_rule_is_shown(self):
        self.assertEqual(len(tidy.RULES), 10)


if __name__ == "__main__":
    unittest.main()
