#!/usr/bin/env python3
"""Says which of the tracked C++ files are not as clang-format would write them.

    format.py [TREE]    exits 1 if there are any, or no clang-format
"""

import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tidy import Tree  # noqa: E402


def unformatted(root, tool):
    """What clang-format says, one text per file that it complains about."""
    complaints = []
    for path in Tree(root).sources(".cpp", ".hpp"):
        done = subprocess.run([tool, "--dry-run", "-Werror", path], cwd=root, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            complaints.append(done.stderr.strip() or f"{path}: {tool} ended with exit code {done.returncode}")
    return complaints


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    tool = shutil.which("clang-format")
    if tool is None:
        print("format: clang-format is missing: scripts/setup installs it")
        return 1
    complaints = unformatted(os.path.abspath(root), tool)
    for complaint in complaints:
        print(complaint)
    if complaints:
        print(f"format: {len(complaints)} files; clang-format -i FILE puts each right")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
