"""The shell lines of the documentation run as they are written, in order, against a running Settle.

A block fenced as `sh` is run; `console` and others are only to be read. Blocks see SETTLE_URL and the programs, as the reader's
shell does after `scripts/run --serve`. Only ports that a document names are replaced by free ones.
"""

import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

from settle_e2e.processes import Process, find_binary, free_port, new_secret_file
from settle_e2e.testing import BUILD, Folder, settlectl

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What each must print, at least.
DOCUMENTS = {"README.md": "completed", "docs/participant-protocol.md": '"hold"'}
PRELUDE = """set -eu
trap 'for job in $(jobs -p); do kill "$job"; done' EXIT
curl() { command curl -sS --fail-with-body --max-time 30 --retry 10 --retry-delay 1 --retry-connrefused "$@"; }
"""


def shell_blocks(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    for port in set(re.findall(r"127\.0\.0\.1:(\d+)", text)):
        text = re.sub(rf"\b{port}\b", str(free_port()), text)
    return re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)


class Docs(Folder):
    def test_shell_lines_run_as_written(self):
        stack = self.stack()
        work = self.folder / "work"
        work.mkdir()
        folders = {str(find_binary(BUILD, name).parent) for name in ("settlectl", "settle-inventory")}
        path = ":".join([*folders, os.environ["PATH"]])
        for document, word in DOCUMENTS.items():
            blocks = shell_blocks(document)
            self.assertGreater(len(blocks), 0, document)
            script = PRELUDE + "\n".join(blocks)
            done = subprocess.run(["bash", "-x", "-c", script], cwd=work, capture_output=True, text=True, timeout=120, check=False,
                                  env=os.environ | {"SETTLE_URL": stack.settled.url, "PATH": path, "USER": "ada"})
            self.assertEqual(0, done.returncode, f"{document}\n{done.stdout}\n{done.stderr}")
            self.assertIn(word, done.stdout)

    def test_the_python_participant_is_short_and_shown_as_it_is(self):
        source = (ROOT / "docs/examples/participant.py").read_text(encoding="utf-8")
        code = [line for line in source.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        self.assertLessEqual(len(code), 60)
        shown = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs/participant-protocol.md").read_text(encoding="utf-8"), re.M | re.S)
        self.assertEqual(1, len(shown))
        self.assertIn(shown[0], source)

    def test_the_python_participant_has_nothing_wrong(self):
        new_secret_file(self.folder / "secret")
        port = free_port()
        seats = Process("seats", [sys.executable, ROOT / "docs/examples/participant.py", self.folder / "seats.db", self.folder / "secret", port],
                        port, self.folder / "log")
        self.addCleanup(seats.stop)
        seats.spawn()
        for _ in range(500):
            if "listening" in seats.tail():
                break
            time.sleep(0.02)
        code, said, complaint = settlectl("participant", "check", seats.url, "--secret-file", self.folder / "secret", "--confirm")
        self.assertEqual(0, code, said + complaint)
        self.assertIn("nothing is wrong with it", said)

    def test_links_lead_somewhere(self):
        for document in ("README.md", "CHANGELOG.md"):
            text = (ROOT / document).read_text(encoding="utf-8")
            for link in re.findall(r"\]\(([^)#]+)", text):
                if "://" not in link:
                    self.assertTrue((ROOT / link).exists(), f"{document} links to {link}")


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
