"""A proxy between a client and a server, over unix sockets or TCP, that spoils what passes through it when told.

    gate = Gate("/tmp/x/redis.sock", "/tmp/stack/redis.sock")   # listens on the first, leads to the second
    gate.delay(0.05)

An address is the path of a unix socket, or (host, port). Faults meet open and new connections alike. Methods may be called
from any thread; the gate runs on one of its own.
"""

import asyncio
import os
import threading

CHUNK = 64 << 10
CHUNKS_HELD = 64  # per direction of a connection; more stay in the sender's buffers


class Gate:
    def __init__(self, listen, server):
        self.listen, self.server = listen, server
        self._delay, self._refuse, self.connections = 0.0, False, 0
        self._writers = set()
        self._loop = asyncio.new_event_loop()
        self._open = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._call(self._start())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def pass_all(self):
        """No faults; what a black hole held back goes on."""
        self._call(self._set(0.0, False, True))

    def delay(self, seconds):
        """Every chunk of an answer arrives so much later."""
        self._call(self._set(seconds, False, True))

    def black_hole(self):
        """Takes all bytes and lets none through, until another word."""
        self._call(self._set(0.0, False, False))

    def cut(self):
        """Closes all connections now and every new one at once."""
        self._call(self._set(0.0, True, True))

    def close(self):
        if self._thread.is_alive():
            self._call(self._set(0.0, True, True))
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        if isinstance(self.listen, str) and os.path.exists(self.listen):
            os.remove(self.listen)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _start(self):
        self._open.set()
        if isinstance(self.listen, str):
            await asyncio.start_unix_server(self._accept, self.listen)
        else:
            await asyncio.start_server(self._accept, *self.listen)

    async def _set(self, delay, refuse, is_open):
        self._delay, self._refuse = delay, refuse
        if is_open:
            self._open.set()
        else:
            self._open.clear()
        if refuse:
            for writer in self._writers:
                writer.close()

    async def _accept(self, reader, writer):
        self.connections += 1
        writers = [writer]
        try:
            if self._refuse:
                return
            server_reader, server_writer = await self._connect()
            writers.append(server_writer)
            self._writers.update(writers)
            await asyncio.gather(self._pump(reader, server_writer, lambda: 0.0),
                                 self._pump(server_reader, writer, lambda: self._delay))
        except (OSError, asyncio.CancelledError):
            pass  # either side is gone, or the gate is closed; who is left is told by the close below
        finally:
            self._writers.difference_update(writers)
            for each in writers:
                each.close()

    async def _connect(self):
        if isinstance(self.server, str):
            return await asyncio.open_unix_connection(self.server)
        return await asyncio.open_connection(*self.server)

    async def _pump(self, reader, writer, delay):
        held = asyncio.Queue(CHUNKS_HELD)
        forward = asyncio.ensure_future(self._forward(held, writer))
        try:
            while chunk := await reader.read(CHUNK):
                await held.put((self._loop.time() + delay(), chunk))
            await held.put((0.0, b""))
            await forward
        finally:
            forward.cancel()
            writer.close()

    async def _forward(self, held, writer):
        while True:
            due, chunk = await held.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            await self._open.wait()
            if not chunk:
                return
            writer.write(chunk)
            await writer.drain()
