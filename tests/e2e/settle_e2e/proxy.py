"""A TCP proxy that spoils HTTP between settled and a service: our own, since each kind of fault must hit one call and be counted.

One thread with an asyncio loop. It reads whole requests and answers (HTTP/1.1 with Content-Length, as both ends write), so that it
knows where a call begins and ends. Which call is spoiled, and how, is drawn from a seed; when calls come is up to the processes.
"""

import asyncio
import collections
import contextlib
import random
import socket
import struct
import threading

# What may happen to a call. Each takes the connection from settled, the request and, where it comes to that, the answer.
FAULTS = ("delay", "late", "reset_before", "reset_after", "swallow", "truncate", "garble", "drip", "twice", "again_later", "early_half")
LATE_S = 3.0  # longer than the 2 s that tests let a call take
HELD_S = 6.0  # how long a call that gets no answer keeps its connection


class FaultProxy:
    """Listens on `port`, forwards to 127.0.0.1:`target`. `share`: of the calls, that are spoiled. Counts in `done`."""

    def __init__(self, target, seed, name, share=0.25, faults=FAULTS):
        self.target, self.name, self.share, self.faults = target, name, share, faults
        self.draw = random.Random(f"{seed} {name}")
        self.done = collections.Counter()
        self.cut_off = False  # a half-open partition: connections are taken, bytes go nowhere
        self.loop = asyncio.new_event_loop()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.tasks = set()
        self.server = None
        self.thread = threading.Thread(target=self._run, args=(listener,), daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        with contextlib.suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def _run(self, listener):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self._serve, sock=listener))
        self.loop.run_forever()
        self.server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    async def _serve(self, reader, writer):
        self._keep(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._one_call(reader, writer):
                pass
        writer.close()

    async def _one_call(self, reader, writer):
        request = await read_message(reader)
        if self.cut_off:
            self.done["partition"] += 1
            await asyncio.sleep(HELD_S)
            return False
        if self.draw.random() >= self.share:
            self.done["none"] += 1
            writer.write(await self.forward(request))
            await writer.drain()
            return True
        fault = self.draw.choice(self.faults)
        self.done[fault] += 1
        return await getattr(self, "_" + fault)(request, writer)

    async def forward(self, request):
        """On a connection of its own, so that a spoiled call spoils no other."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            writer.write(request)
            return await read_message(reader)
        finally:
            writer.close()

    def _in_background(self, work):
        async def quietly():
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await work
        self._keep(self.loop.create_task(quietly()))

    def _keep(self, task):
        """The loop itself does not: a task that waits for a silent peer would be collected."""
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _delay(self, request, writer):
        await asyncio.sleep(self.draw.random() * 0.5)
        writer.write(await self.forward(request))
        return True

    async def _late(self, request, writer):  # the service is asked only when nobody waits any more
        await asyncio.sleep(LATE_S)
        writer.write(await self.forward(request))
        return True

    async def _reset_before(self, _, writer):
        reset(writer)
        return False

    async def _reset_after(self, request, writer):
        await self.forward(request)
        reset(writer)
        return False

    async def _swallow(self, request, _):
        await self.forward(request)
        await asyncio.sleep(HELD_S)
        return False

    async def _truncate(self, request, writer):
        answer = await self.forward(request)
        writer.write(answer[:self.draw.randrange(len(answer))])
        return False

    async def _garble(self, request, writer):
        """One byte of the answer's body is another: only Content-Digest tells, or JSON that no longer is."""
        answer = bytearray(await self.forward(request))
        body = answer.index(b"\r\n\r\n") + 4
        if body < len(answer):
            answer[self.draw.randrange(body, len(answer))] ^= 1 << self.draw.randrange(8)
        writer.write(bytes(answer))
        return True

    async def _drip(self, request, writer):
        answer = await self.forward(request)
        for at in range(0, len(answer), 16):
            writer.write(answer[at:at + 16])
            await writer.drain()
            await asyncio.sleep(self.draw.random() * 0.3)
        return True

    async def _twice(self, request, writer):
        """At the same time, on two connections: the barrier must let one through."""
        first, second = await asyncio.gather(self.forward(request), self.forward(request))
        writer.write(self.draw.choice((first, second)))
        return True

    async def _again_later(self, request, writer):
        """A copy turns up long after: a late try after its cancel, an old cancel after its confirm."""
        async def later():
            await asyncio.sleep(self.draw.random() * 2 * LATE_S)
            await self.forward(request)
        self._in_background(later())
        writer.write(await self.forward(request))
        return True

    async def _early_half(self, request, writer):
        """The service gets half a request and then nothing."""
        _, half = await asyncio.open_connection("127.0.0.1", self.target)
        half.write(request[:self.draw.randrange(len(request))])
        await half.drain()
        half.close()
        reset(writer)
        return False


def reset(writer):
    """RST instead of FIN."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def read_message(reader):
    """A request or an answer, byte for byte."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.split(b":", 1) for line in head.lower().split(b"\r\n")[1:] if line)
    if b"transfer-encoding" in fields:
        raise OSError("chunked: neither end writes that")
    return head + await reader.readexactly(int(fields.get(b"content-length", b"0")))


def register_behind(api, proxies, stack, merchants=("m-1", "m-2", "m-3")):
    """Registers a stack's services anew, with the proxies' addresses; purchases take that way from now on."""
    endpoints = {operation: "/" + operation for operation in ("try", "confirm", "cancel", "query")}
    for name in ("inventory", "payment", "card"):
        api.ask("PUT", f"/v1/participants/{name}",
                {"base_urls": [proxies[name].url], "endpoints": endpoints, "secrets": [stack.secrets[name]]})
    for merchant in merchants:
        api.ask("PUT", f"/v1/merchants/{merchant}",
                {"url": proxies["merchant"].url + "/callback", "secrets": [stack.secrets["merchant"]],
                 "success": {"statuses": [200], "exact_body": "success"}})
