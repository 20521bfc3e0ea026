"""settlectl journal --follow over a stream that breaks in the middle of a page: each record is printed once."""

import http.server
import json
import subprocess
import threading
import unittest
from urllib.parse import parse_qs, urlsplit

from settle_e2e.processes import find_binary
from settle_e2e.testing import BUILD


class Streams(http.server.BaseHTTPRequestHandler):
    """Answers each connection with the next of `parts`, and ends it there."""

    parts, asked_from = [], []

    def do_GET(self):  # noqa: N802 (the library's name)
        self.asked_from.append(parse_qs(urlsplit(self.path).query).get("from", [""])[0])
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.end_headers()
        for line in self.parts.pop(0) if self.parts else []:
            self.wfile.write(json.dumps(line).encode() + b"\n")

    def log_message(self, *_):
        pass


def record(lsn):
    return {"position": f"0:{lsn}", "at": "2026-01-01T00:00:00Z", "kind": "engine", "event": "clock_divergence"}


class Follow(unittest.TestCase):
    def test_I24_a_page_that_is_cut_off_is_printed_once(self):
        Streams.parts = [[record(1), {"next": "a"}, record(2), record(3)],  # cut before the page's end
                         [record(2), record(3), {"next": "b"}], [record(4), {"next": "c"}]]
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Streams)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        command = [str(find_binary(BUILD, "settlectl")), "journal", "--follow", "--json", "--url", url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
            printed = [json.loads(follower.stdout.readline())["position"] for _ in range(4)]
            follower.kill()
        server.shutdown()
        server.server_close()
        self.assertEqual(["0:1", "0:2", "0:3", "0:4"], printed)
        self.assertEqual(["", "a", "b"], Streams.asked_from[:3])


if __name__ == "__main__":
    unittest.main(verbosity=2)
