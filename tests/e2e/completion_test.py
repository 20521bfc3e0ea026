"""The completion scripts of settlectl, in the shells that they are for."""

import contextlib
import os
import pty
import subprocess
import threading
import time
import unittest

from settle_e2e.processes import clean_environment, find_binary
from settle_e2e.testing import BUILD, Folder

SETTLECTL = find_binary(BUILD, "settlectl").resolve()


class Bash(unittest.TestCase):
    def completes(self, *words):
        """What bash offers for the last of the words."""
        script = 'eval "$($0 completion bash)"; COMP_WORDS=(settlectl "$@"); COMP_CWORD=$#; _settlectl; echo "${COMPREPLY[@]}"'
        command = ["bash", "--norc", "-c", script, str(SETTLECTL), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    def test_commands_and_flags(self):
        self.assertEqual(["check"], self.completes("participant", "c"))
        self.assertEqual(["--needs-person"], self.completes("list", "--need"))
        self.assertIn("show", self.completes(""))
        self.assertEqual(["report"], self.completes("dead-letters", "rep"))
        self.assertEqual(["--unassigned"], self.completes("dead-letters", "--unas"))
        self.assertEqual(["--dry-run"], self.completes("dead-letters", "retry", "--dry"))


class Zsh(Folder):
    def setUp(self):
        """A zsh in a terminal, since it completes nowhere else; its output goes by unread."""
        super().setUp()
        self.line = self.folder / "line"
        (self.folder / "begin").write_text(f"""
            PS1=; PATH="{SETTLECTL.parent}:$PATH"; autoload -Uz compinit; compinit -D -u
            eval "$(settlectl completion zsh)"
            tell() {{ print -r -- "<$BUFFER>" > {self.line}; zle kill-buffer }}; zle -N tell; bindkey '^X' tell
            print ready > {self.line}
        """, encoding="utf-8")
        self.terminal, theirs = pty.openpty()
        self.zsh = subprocess.Popen(["zsh", "-f", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
                                    cwd=self.folder, env=clean_environment() | {"TERM": "vt100"})
        os.close(theirs)
        self.reader = threading.Thread(target=self._drain)
        self.reader.start()
        self.addCleanup(self._end)
        self._type(f". {self.folder}/begin\n", "ready")

    def _drain(self):
        with contextlib.suppress(OSError):  # the end of the terminal
            while os.read(self.terminal, 4096):
                pass

    def _end(self):
        self.zsh.kill()
        self.zsh.wait()
        self.reader.join()
        os.close(self.terminal)

    def _type(self, keys, start):
        """The line that zsh writes down after these keys."""
        self.line.unlink(missing_ok=True)
        os.write(self.terminal, keys.encode())
        until = time.monotonic() + 20
        while time.monotonic() < until:
            said = self.line.read_text(encoding="utf-8") if self.line.exists() else ""
            if said.startswith(start) and said.endswith("\n"):
                return said[:-1]
            time.sleep(0.02)
        self.fail(f"zsh did not come to {start!r}")

    def completes(self, typed):
        return self._type(f"{typed}\t\x18", "<")[1:-1]

    def test_commands_and_flags(self):
        self.assertEqual("settlectl participant check ", self.completes("settlectl participant c"))
        self.assertEqual("settlectl list --needs-person ", self.completes("settlectl list --need"))
        self.assertEqual("settlectl show ", self.completes("settlectl sho"))


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")  # sockets close with their threads
