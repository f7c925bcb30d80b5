"""The servers below a stand, broken and mended: PostgreSQL, Redis and, with that engine, Kafka."""

import os
import signal
import subprocess
import time

from process import driver

REDIS_PATIENCE_S = 10


class Servers:
    def __init__(self, stand):
        self.stand = stand
        with open(os.path.join(stand.stack, "place"), encoding="utf-8") as file:
            self.place = file.read().strip()
        self.postgres_folder = os.path.join(self.place, "postgres")
        self.postgres_socket = os.path.join(self.postgres_folder, ".s.PGSQL.5432")
        self.redis_socket = os.path.join(self.place, "redis.sock")

    def _pg_ctl(self, words, check=True):
        return driver(f'as_postgres "$(postgres_bin)/pg_ctl" -D \'{self.postgres_folder}/data\' '
                      f"-l '{self.postgres_folder}/log' -w -t 60 -s {words} >/dev/null 2>&1", check)

    def postgres_runs(self):
        return self._pg_ctl("status", check=False).returncode == 0

    def stop_postgres(self):
        """At once, as by a power cut of the server: recovery follows at the next start."""
        self._pg_ctl("-m immediate stop")

    def start_postgres(self):
        driver(f'postgres_start "$(postgres_bin)" \'{self.place}\'')

    def restart_postgres(self):
        self._pg_ctl("-m immediate restart")

    def kill_redis(self):
        with open(os.path.join(self.place, "redis.pid"), encoding="utf-8") as file:
            os.kill(int(file.read()), signal.SIGKILL)
        deadline = time.monotonic() + REDIS_PATIENCE_S
        while self.redis_runs():
            if time.monotonic() > deadline:
                raise RuntimeError("Redis survived SIGKILL")
            time.sleep(0.01)

    def redis_runs(self):
        return driver(f"redis_alive '{self.place}'", check=False).returncode == 0

    def start_redis(self):
        driver(f"redis_start '{self.place}'")

    def redis(self, *words):
        """redis-cli's answer."""
        done = subprocess.run(["redis-cli", "-s", self.redis_socket, *words], capture_output=True, text=True, timeout=10,
                              check=True)
        return done.stdout.strip()

    def stop_kafka(self):
        driver(f"kafka_stop '{self.stand.stack}'")

    def start_kafka(self):
        driver(f"kafka_start '{self.stand.stack}'")

    def mend(self):
        """Whatever a test left broken runs again."""
        if not self.postgres_runs():
            self.start_postgres()
        if not self.redis_runs():
            self.start_redis()
        self.redis("config", "set", "maxmemory", "0")
