#!/usr/bin/env python3
"""format.py finds a file that is not formatted, and a machine without the tool; and leaves alone what is right."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
STYLE = (HERE.parents[1] / ".clang-format").read_text(encoding="utf-8")


class Format(unittest.TestCase):
    def check(self, text, path=None):
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / ".clang-format").write_text(STYLE, encoding="utf-8")
            (pathlib.Path(root) / "a.cpp").write_text(text, encoding="utf-8")
            environment = os.environ | ({"PATH": path} if path is not None else {})
            done = subprocess.run([sys.executable, "-B", HERE / "format.py", root], capture_output=True, text=True, env=environment,
                                  check=False)
            return done.returncode, done.stdout

    def test_what_is_right_is_left_alone(self):
        self.assertEqual((0, ""), self.check("int a = 1;\n"))

    def test_what_is_not_formatted_is_named(self):
        code, said = self.check("int  a=1;\n")
        self.assertEqual(1, code)
        self.assertIn("a.cpp:1", said)

    def test_a_missing_tool_is_no_success(self):
        code, said = self.check("int a = 1;\n", path="/nonexistent")
        self.assertEqual(1, code)
        self.assertIn("clang-format is missing: scripts/setup", said)


if __name__ == "__main__":
    unittest.main()
