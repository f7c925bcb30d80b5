"""A Kontor of one's own: PostgreSQL, Redis and kontor-all in a folder of /tmp, on three free ports.

    with Stand() as stand:
        stand.ctl("import", "--mapping", mapping, file)

The driver's functions start and stop everything (deploy/driver/README.md), so this is what ./kontor demo runs. KONTOR_BUILD
names the build folder, build/release unless set.
"""

import atexit
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.abspath(os.path.join(ROOT, os.environ.get("KONTOR_BUILD", "build/release")))
KONTOR_ALL, KONTORCTL = os.path.join(BUILD, "bin/kontor-all"), os.path.join(BUILD, "bin/kontorctl")
PRELUDE = """set -euo pipefail
for part in common stack kafka process demo; do source deploy/driver/$part.sh; done
BIN={build}/bin KONTORCTL={build}/bin/kontorctl
"""
ALL_ROLES = ("ROLE_STOREFRONT", "ROLE_ANALYST", "ROLE_OPERATOR")


def driver(commands, check=True):
    """Runs shell commands with the driver's parts; what went wrong is an error in the driver's own words."""
    done = subprocess.run(["bash", "-c", PRELUDE.format(build=BUILD) + commands], cwd=ROOT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if check and done.returncode:
        raise RuntimeError(f"{commands}: {done.stderr.strip()}")
    return done


def end_by_signal():
    """SIGTERM ends the program like an exception, so that servers are stopped."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))


class Stand:
    def __init__(self, first_port=7800, folder=None, keys=None):
        """`keys` maps a label to its roles; the key named "all" is the one that ctl uses."""
        self.folder = folder or tempfile.mkdtemp(prefix="kontor-stand-", dir="/tmp")
        os.chmod(self.folder, 0o711)
        self.stack, self.run = os.path.join(self.folder, "stack"), os.path.join(self.folder, "run")
        self.port = int(driver(f"free_ports {first_port}").stdout)
        self.address = f"127.0.0.1:{self.port}"
        self.key_file = os.path.join(self.run, "key")
        self.keys, self.starters = {}, []
        self._write_keys(keys or {"all": ALL_ROLES})
        atexit.register(self.stop)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()

    def _write_keys(self, keys):
        os.makedirs(self.run, exist_ok=True)
        entries = []
        for label, roles in keys.items():
            self.keys[label] = secrets.token_urlsafe(24)
            digest = hashlib.sha256(self.keys[label].encode()).hexdigest()
            entries.append({"sha256": digest, "shop": "default", "roles": list(roles), "label": label})
        with open(os.path.join(self.run, "keys.json"), "w", encoding="utf-8") as file:
            json.dump({"keys": entries}, file)
        with open(self.key_file, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(self.keys["all"])

    def start_stack(self):
        driver(f"stack_start '{self.stack}'")

    def start(self):
        self.start_stack()
        self.start_process()
        return self

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

    def pid(self):
        with open(os.path.join(self.run, "kontor-all.pid"), encoding="utf-8") as file:
            return int(file.read())

    def kill(self):
        """kill -9 of kontor-all."""
        os.kill(self.pid(), signal.SIGKILL)

    def stop_process(self):
        driver(f"process_stop '{self.run}'")

    def stop(self):
        atexit.unregister(self.stop)
        for starter in self.starters:
            starter.wait()
        driver(f"process_stop '{self.run}'; stack_wipe '{self.stack}'", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ctl_words(self, *words):
        return [KONTORCTL, words[0], "--address", self.address, "--key-file", self.key_file, *words[1:]]

    def ctl(self, *words, check=True, timeout=600):
        """Runs kontorctl to its end; both of its streams are in stdout."""
        done = subprocess.run(self.ctl_words(*words), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout)
        if check and done.returncode:
            raise RuntimeError(f"kontorctl {' '.join(words)}: {done.stdout.strip()}")
        return done

    def ctl_start(self, *words, output=subprocess.DEVNULL):
        return subprocess.Popen(self.ctl_words(*words), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output,
                                stderr=subprocess.STDOUT)

    def log(self):
        with open(os.path.join(self.run, "kontor-all.log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def peak_rss_mib(self):
        """The most memory that the running kontor-all ever held (VmHWM)."""
        with open(f"/proc/{self.pid()}/status", encoding="utf-8") as file:
            kib = next(line.split()[1] for line in file if line.startswith("VmHWM:"))
        return int(kib) / 1024

    def metrics(self):
        """Name with labels → value, of /metrics now."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port + 2}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))}

    def dsn(self, user="kontor"):
        with open(os.path.join(self.stack, "stack.env"), encoding="utf-8") as file:
            line = next(line for line in file if line.startswith("KONTOR_POSTGRES="))
        return line.split("=", 1)[1].strip().strip('"').replace("user=kontor", f"user={user}")

    def sql(self, statement, user="kontor"):
        return subprocess.run(["psql", self.dsn(user), "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement], cwd="/",
                              capture_output=True, text=True, timeout=30)
