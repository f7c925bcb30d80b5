"""Callers that go on while things break: senders of orders and askers for recommendations."""

import threading
import time

import grpc

import made_events
from fleet import Fleet, recommendations

ELSEWHERE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)  # gRPC answers CANCELLED to what meets its shutdown
AGAIN = (*ELSEWHERE, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.DEADLINE_EXCEEDED)
PAUSE_S = 0.05  # before the same batch is sent again


class Load:
    """Threads that call until the block ends; what none of them expects is an error of the block."""

    def __init__(self, threads):
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._guarded, args=(number,), daemon=True) for number in range(threads)]
        self.calls, self.codes, self.errors = 0, {}, []
        self.answered = threading.Condition(self._lock)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        if self.errors and kind is None:
            raise self.errors[0]

    def _guarded(self, number):
        try:
            self._run(number)
        except Exception as error:  # told by __exit__, on the thread of the test
            self.errors.append(error)

    def _failed(self, error):
        with self._lock:
            self.codes[error.code().name] = self.codes.get(error.code().name, 0) + 1

    def wait_for(self, more, seconds=30):
        """Until so many more calls than now have been answered."""
        with self.answered:
            until = self.calls + more
            done = self.answered.wait_for(lambda: self.calls >= until or self.errors, seconds)
        if self.errors:
            raise self.errors[0]
        assert done, f"{self.calls} calls were answered after {seconds} s, {until} were awaited; refused: {self.codes}"


class Senders(Load):
    """Each sends batches of new orders to the addresses in turn, the same batch again until it is acknowledged."""

    what = "orders"

    def __init__(self, world, processes=None, threads=4, batch=20, pause=0.0):
        super().__init__(threads)
        self.world, self.batch, self.pause = world, batch, pause
        self.addresses = [process.address for process in processes or [world.stand]]
        self.attempts, self.longest_gap = 0, 0.0

    def _run(self, number):
        fleets = [Fleet(address, self.world.stand.keys["all"], timeout=5) for address in self.addresses]
        turn, last = number, time.monotonic()
        while not self._stop.wait(self.pause):
            events = self._events()
            while True:
                try:
                    with self._lock:
                        self.attempts += 1
                    verdicts = fleets[turn % len(fleets)].send(*events)
                    break
                except grpc.RpcError as error:
                    if error.code() not in AGAIN:
                        raise
                    self._failed(error)
                    turn += 1
                    time.sleep(PAUSE_S)
            self._acknowledged(events, verdicts)
            now = time.monotonic()
            with self.answered:
                self.calls += 1
                self.longest_gap = max(self.longest_gap, now - last)
                self.answered.notify_all()
            last = now
        for fleet in fleets:
            fleet.channel.close()

    def _events(self):
        return [self.world.order() for _ in range(self.batch)]

    def _acknowledged(self, events, verdicts):
        self.world.ledger.acknowledge(events, verdicts)

    def told(self):
        refused = ", ".join(f"{count} {code}" for code, count in sorted(self.codes.items())) or "none"
        return f"{self.calls * self.batch:,} {self.what} acknowledged, refused calls: {refused}, longest wait {self.longest_gap:.1f} s"


class Askers(Load):
    """Each asks for the people given in turn, with a short pause, and notes how long each answer took."""

    def __init__(self, world, people, processes=None, threads=2, pause=0.01, timeout=5):
        super().__init__(threads)
        self.world, self.people, self.pause, self.timeout = world, people, pause, timeout
        self.addresses = [process.address for process in processes or [world.stand]]
        self.seconds, self.degraded, self.empty, self.failed = [], 0, 0, 0

    def _run(self, number):
        fleets = [Fleet(address, self.world.stand.keys["all"], timeout=self.timeout) for address in self.addresses]
        turn = number
        while not self._stop.wait(self.pause):
            turn += 1
            person = self.people[turn % len(self.people)]
            begin = time.monotonic()
            answer = self._ask(fleets, turn, person)
            with self.answered:
                self.calls += 1
                if answer is not None:
                    self.seconds.append(time.monotonic() - begin)
                    self.degraded += answer.degraded
                    self.empty += answer.tier == recommendations.TIER_EMPTY or not answer.recommendations
                self.answered.notify_all()
        for fleet in fleets:
            fleet.channel.close()

    def _ask(self, fleets, turn, person):
        """The answer; what a process that goes cannot answer is asked of the next one where there is one."""
        for attempt in range(2 * len(fleets)):
            try:
                return fleets[(turn + attempt) % len(fleets)].recommend(**person)
            except grpc.RpcError as error:
                self._failed(error)
                if error.code() not in ELSEWHERE or len(fleets) == 1:
                    break
        with self._lock:
            self.failed += 1
        return None

    def p99_ms(self):
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))] if ordered else 0.0

    def told(self):
        return f"{self.calls:,} asked, {self.failed} failed, {self.degraded} degraded, p99 {self.p99_ms():.0f} ms"


def known(numbers):
    """Requests for customers of the made shop."""
    return [{"customer_id": str(12_000 + number)} for number in numbers]


STRANGERS = [{"country": "Germany"}, {}, {"basket_product_ids": ["20000A"]}]


def new_order(number, **fields):
    """One order of one to three lines, all of it told by its number."""
    event = made_events.order(f"chaos-{number}", amount_nanos=1 + number * 1_000_003 % 99_000_000_019,
                              customer=str(12_000 + number % 250), product=f"{20_000 + number % 600}{'ABC'[number % 600 % 3]}",
                              at=1_704_000_000 + number, **fields)
    event.source = "chaos"
    for extra in range(number % 3):
        line = event.order_recorded.lines.add()
        line.CopyFrom(event.order_recorded.lines[0])
        line.line_id = str(2 + extra)
        line.product_id = f"{20_000 + (number + 7 * extra + 7) % 600}{'ABC'[(number + 7 * extra + 7) % 600 % 3]}"
    return event
