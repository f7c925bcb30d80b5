"""Runs checks and tells what became of each."""

import time
import traceback


class Skip(Exception):
    """Raised by a check that cannot be made here; the reason is its text."""


class Checks:
    def __init__(self, wanted=()):
        self.wanted, self.failed = set(wanted), 0

    def run(self, function, *arguments):
        name = function.__name__
        if self.wanted and name not in self.wanted:
            return
        begin = time.monotonic()
        try:
            function(*arguments)
            word, text = "PASS", ""
        except Skip as reason:
            word, text = "SKIP", str(reason)
        except Exception:  # a check that fails in whatever way is a failed check, and the next one goes on
            word, text = "FAIL", traceback.format_exc()
            self.failed += 1
        print(f"{word} {name} ({time.monotonic() - begin:.1f} s)", flush=True)
        print("".join(f"    {line}\n" for line in text.splitlines()), end="", flush=True)


def equal(found, expected, what=""):
    assert found == expected, f"{what}: found {found!r}, expected {expected!r}"


def holds(text, *words):
    """All words stand in the text."""
    for word in words:
        assert word in text, f"'{word}' is missing in: {text}"
