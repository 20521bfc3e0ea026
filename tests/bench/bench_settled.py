"""settled under the benchmark: started on an empty data folder, its participants registered through the HTTP API."""

import json
import re

from bench_processes import BenchError, Process, http

SECRET = "whsec_YmVuY2gtc2VjcmV0LWJlbmNoLXNlY3JldC0wMQ=="  # of nobody: made up for these runs


class Settled(Process):
    """The daemon as it is run in earnest: RocksDB on disk, every answer after its sync."""

    def __init__(self, binary, participants, data_folder, folder):
        command = [str(binary), "--listen", "127.0.0.1:0", "--data", str(data_folder), "--log-level", "warn"]
        super().__init__("settled", command, folder)
        try:
            url = self.wait_until(lambda: re.search(r"^settled ready on http://127\.0\.0\.1:(\d+)$",
                                                    self.log.read_text(), re.MULTILINE))
            self.port = int(url.group(1))
            self.wait_until(lambda: http("GET", self.port, "/readyz")[0] == 200)
            self.register(participants.port)
        except BaseException:
            self.stop()
            raise

    def register(self, port):
        base = f"http://127.0.0.1:{port}"
        endpoints = {"try": "/try", "confirm": "/confirm", "cancel": "/cancel"}
        for name in ("inventory", "payment", "card"):
            self.put(f"/v1/participants/{name}",
                     {"base_urls": [base], "endpoints": endpoints, "secrets": [SECRET]})
        self.put("/v1/merchants/bench", {"url": f"{base}/callback", "secrets": [SECRET]})

    def put(self, path, document):
        status, text = http("PUT", self.port, path, document)
        if status not in (200, 201, 204):
            raise BenchError(f"settled refused PUT {path} with {status}: {text}")

    def status(self):
        """Purchases and journal since the start, from GET /v1/status."""
        code, text = http("GET", self.port, "/v1/status")
        if code != 200:
            raise BenchError(f"GET /v1/status answered {code}: {text}")
        return json.loads(text)
