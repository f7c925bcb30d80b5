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

from process import BUILD, KONTOR_ALL, KONTORCTL, ROOT, KontorAll, driver  # noqa: F401  (for those who import this)
from started import Started

ALL_ROLES = ("ROLE_STOREFRONT", "ROLE_ANALYST", "ROLE_OPERATOR")
ENGINES = ("postgres", "kafka")
PORTS = 3  # of one kontor-all, in a row


def end_by_signal():
    """SIGTERM ends the program like an exception, so that servers are stopped."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))


class Stand(KontorAll):
    def __init__(self, first_port=7800, folder=None, keys=None, engine="postgres"):
        """`keys` maps a label to its roles; the key named "all" is the one that ctl uses. `engine` keeps the event log."""
        if engine not in ENGINES:
            raise ValueError(f"there is no engine {engine}")
        self.folder = folder or tempfile.mkdtemp(prefix="kontor-stand-", dir="/tmp")
        os.chmod(self.folder, 0o711)
        super().__init__(os.path.join(self.folder, "stack"), os.path.join(self.folder, "run"),
                         int(driver(f"free_ports {first_port}").stdout))
        self.engine, self.replicas = engine, []
        self.key_file = os.path.join(self.run, "key")
        self.keys = {}
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
        if self.engine == "kafka":
            driver(f"kafka_start '{self.stack}'")

    def start(self):
        self.start_stack()
        self.start_process()
        return self

    def replica(self, name, **gates):
        """Another kontor-all of the same fleet, on ports of its own, not started yet. `gates` go into its configuration in
        place of the stack's own: postgres="host=…", redis="unix://…"."""
        stack, run = (os.path.join(self.folder, f"{name}-{part}") for part in ("stack", "run"))
        os.makedirs(stack, exist_ok=True)
        os.makedirs(run, exist_ok=True)
        for part in ("subject-secret", "models"):
            link = os.path.join(stack, part)
            if not os.path.islink(link):
                os.symlink(os.path.join(self.stack, part), link)
        for part in ("keys.json", "key"):
            shutil.copy(os.path.join(self.run, part), run)
        with open(os.path.join(stack, "stack.env"), "w", encoding="utf-8") as file:
            settings = {**self.settings(), **{f"KONTOR_{part.upper()}": value for part, value in gates.items()}}
            file.writelines(f'{part}="{value}"\n' for part, value in settings.items())
        taken = [self.port] + [each.port for each in self.replicas]
        replica = KontorAll(stack, run, int(driver(f"free_ports {max(taken) + PORTS}").stdout))
        self.replicas.append(replica)
        return replica

    def drop(self, replica):
        """Stops a replica for good."""
        for starter in replica.starters:
            starter.wait()
        replica.stop_process()
        self.replicas.remove(replica)

    def settings(self):
        """stack.env: KONTOR_POSTGRES, KONTOR_REDIS, … → value."""
        with open(os.path.join(self.stack, "stack.env"), encoding="utf-8") as file:
            return {name: value.strip().strip('"') for name, value in (line.split("=", 1) for line in file if "=" in line)}

    def stop(self):
        atexit.unregister(self.stop)
        runs = [self, *self.replicas]
        for starter in (starter for run in runs for starter in run.starters):
            starter.wait()
        stops = "; ".join(f"process_stop '{run.run}'" for run in reversed(runs))
        if self.engine == "kafka":
            stops += f"; kafka_stop '{self.stack}'"
        driver(f"set +e; {stops}; stack_wipe '{self.stack}'", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def ctl_words(self, *words, address=None):
        return [KONTORCTL, words[0], "--address", address or self.address, "--key-file", self.key_file, *words[1:]]

    def ctl(self, *words, check=True, timeout=600):
        """Runs kontorctl to its end; both of its streams are in stdout."""
        done = subprocess.run(self.ctl_words(*words), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=timeout)
        if check and done.returncode:
            raise RuntimeError(f"kontorctl {' '.join(words)}: {done.stdout.strip()}")
        return done

    def ctl_start(self, *words, address=None):
        """Begins kontorctl; `finish` of what is returned waits for its success."""
        return Started(self.ctl_words(*words, address=address), ROOT)

    def dsn(self, user="kontor"):
        return self.settings()["KONTOR_POSTGRES"].replace("user=kontor", f"user={user}")

    def sql(self, statement, user="kontor"):
        return subprocess.run(["psql", self.dsn(user), "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement], cwd="/",
                              capture_output=True, text=True, timeout=30)

    def rows(self, statement):
        """What a statement returns to the superuser, as tuples of texts."""
        done = subprocess.run(["psql", self.dsn("postgres"), "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", statement],
                              cwd="/", capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"{statement}: {done.stderr.strip()}")
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]
