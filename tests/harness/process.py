"""One kontor-all beside a stack, run by the driver's functions, and the signals that it can be sent."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.abspath(os.path.join(ROOT, os.environ.get("KONTOR_BUILD", "build/release")))
KONTOR_ALL, KONTORCTL = os.path.join(BUILD, "bin/kontor-all"), os.path.join(BUILD, "bin/kontorctl")
PRELUDE = """set -euo pipefail
ROOT=$PWD
for part in common artefacts stack kafka opensearch process demo; do source deploy/driver/$part.sh; done
BIN={build}/bin KONTORCTL={build}/bin/kontorctl
"""


def driver(commands, check=True):
    """Runs shell commands with the driver's parts; what went wrong is an error in the driver's own words."""
    done = subprocess.run(["bash", "-c", PRELUDE.format(build=BUILD) + commands], cwd=ROOT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"{commands}: {done.stderr.strip()}")
    return done


class KontorAll:
    """`stack` holds stack.env, the models and the subject secret; `run` the configuration, the keys, pid and log."""

    def __init__(self, stack, run, port):
        self.stack, self.run, self.port = stack, run, port
        self.address = f"127.0.0.1:{port}"
        self.starters = []

    def start_process(self):
        driver(f"process_start '{self.stack}' '{self.run}' {self.port}")

    def start_process_behind(self):
        """Begins to start kontor-all and returns at once; settle waits for the end of it."""
        words = ["bash", "-c", PRELUDE.format(build=BUILD) + f"process_start '{self.stack}' '{self.run}' {self.port}"]
        self.starters.append(subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                              stderr=subprocess.DEVNULL))

    def settle(self):
        """Waits for all that was begun. The last start must have come to its end; others may have been killed on the way."""
        codes = [starter.wait() for starter in self.starters]
        self.starters.clear()
        if codes and codes[-1]:
            raise RuntimeError(f"kontor-all did not start again: {self.log()[-2000:]}")

    def alive(self):
        return driver(f"process_alive '{self.run}'", check=False).returncode == 0

    def pid(self):
        with open(os.path.join(self.run, "kontor-all.pid"), encoding="utf-8") as file:
            return int(file.read())

    def kill(self):
        """kill -9 of kontor-all."""
        os.kill(self.pid(), signal.SIGKILL)

    def freeze(self):
        os.kill(self.pid(), signal.SIGSTOP)

    def thaw(self):
        os.kill(self.pid(), signal.SIGCONT)

    def stop_process(self):
        driver(f"process_stop '{self.run}'")

    def log(self):
        with open(os.path.join(self.run, "kontor-all.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def peak_rss_mib(self):
        """The most memory that the running kontor-all ever held (VmHWM)."""
        with open(f"/proc/{self.pid()}/status", encoding="utf-8") as file:
            kib = next(line.split()[1] for line in file if line.startswith("VmHWM:"))
        return int(kib) / 1024

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid()}/task"))

    def cpu_seconds(self):
        """User and system time that the running kontor-all has taken."""
        with open(f"/proc/{self.pid()}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def probe(self, path):
        """The HTTP status of /healthz or /readyz."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port + 2}{path}", timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def wait_until_ready(self, seconds=30):
        """Until /readyz says yes. A process answers before that: figures are UNAVAILABLE while their view is built."""
        deadline = time.monotonic() + seconds
        while (status := self.probe("/readyz")) != 200:
            if time.monotonic() > deadline:
                raise RuntimeError(f"/readyz says {status} after {seconds} s")
            time.sleep(0.05)

    def metrics(self):
        """Name with labels → value, of /metrics now."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port + 2}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))}
