# SPDX-License-Identifier: BSD-2-Clause
"""tools/thimble run: how a run ends, whoever ends it."""
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from thimblelib import status

THIMBLE = pathlib.Path(__file__).resolve().parents[2] / "tools/thimble"
PATIENCE_S = 60

# Says that it runs, then does what it is told.
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char line[80];

    puts("running");
    if (argc > 1)
        return atoi(argv[1]);
    while (fgets(line, sizeof(line), stdin))
        printf("heard %s", line);
    for (;;)
        sleep(1);
}
"""


def kill_group(pid):
    """The tool and its QEMU: a tool that is killed outright cannot end it."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Run(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        pathlib.Path(cls.folder, "a.c").write_text(PROGRAM)
        cls.image = f"{cls.folder}/a.elf"
        subprocess.run([sys.executable, THIMBLE, "build", f"{cls.folder}/a.c", "-o", cls.image], check=True)

    def start(self, *argv, **popen):
        process = subprocess.Popen([sys.executable, THIMBLE, "run", self.image, *argv], start_new_session=True, **popen)
        self.addCleanup(process.wait)
        self.addCleanup(kill_group, process.pid)
        return process

    def wait_for(self, stream, text):
        """Reads until text has come."""
        seen = b""
        deadline = time.monotonic() + PATIENCE_S
        while text not in seen and time.monotonic() < deadline:
            seen += os.read(stream, 4096)
        self.assertIn(text, seen)

    def assert_nothing_left(self, process):
        """A group without members takes no signal, not even none."""
        with self.assertRaises(ProcessLookupError):
            os.killpg(process.pid, 0)

    def test_own_status(self):
        for code in ("0", "1", "99"):
            done = subprocess.run([sys.executable, THIMBLE, "run", self.image, "--", code], capture_output=True,
                                  stdin=subprocess.DEVNULL, timeout=PATIENCE_S, check=False)
            self.assertEqual((done.returncode, done.stderr), (int(code), b""))
            self.assertIn(b"running", done.stdout)

    def test_timeout(self):
        done = subprocess.run([sys.executable, THIMBLE, "run", self.image, "--timeout", "0.5"], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (status.TIMEOUT, b"thimble: timeout: still running after 0.5 s\n"))

    def test_input(self):
        process = self.start(stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        self.wait_for(process.stdout.fileno(), b"heard hello")
        process.stdout.close()
        process.stdin.close()

    def test_ctrl_a_x(self):
        ours, theirs = pty.openpty()
        process = self.start(stdin=theirs, stdout=theirs)
        os.close(theirs)
        self.wait_for(ours, b"running")
        os.write(ours, b"\x01x")
        self.assertEqual(process.wait(PATIENCE_S), 0)
        os.close(ours)

    def test_terminated(self):
        process = self.start(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.wait_for(process.stdout.fileno(), b"running")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE_S), status.TERMINATED)
        self.assert_nothing_left(process)
        process.stdout.close()

    def test_interrupted(self):
        process = self.start(stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.wait_for(process.stdout.fileno(), b"running")
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE_S), status.INTERRUPTED)
        self.assert_nothing_left(process)
        process.stdout.close()
