"""A command that runs beside the test."""

import subprocess
import tempfile

SHOWN_CHARACTERS = 2000


class Started(subprocess.Popen):
    """What it prints is kept, for the one who asks why it failed; as a context, it is killed at the end."""

    def __init__(self, words, cwd):
        self.words, self.printed = words, tempfile.TemporaryFile()
        super().__init__(words, cwd=cwd, stdin=subprocess.DEVNULL, stdout=self.printed, stderr=subprocess.STDOUT)

    def __exit__(self, *failure):
        self.kill()
        self.printed.close()
        return super().__exit__(*failure)

    def finish(self, seconds):
        """Waits for its end; anything but success is an error with the end of what it printed."""
        if code := self.wait(seconds):
            self.printed.seek(0)
            told = self.printed.read().decode(errors="replace").strip()[-SHOWN_CHARACTERS:]
            raise RuntimeError(f"{' '.join(self.words[:2])} ended with {code}: {told}")
