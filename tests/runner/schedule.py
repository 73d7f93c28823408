# SPDX-License-Identifier: BSD-2-Clause
"""Runs tests side by side, each in a process group of its own, so that a test that hangs ends with all it started."""
import multiprocessing
import multiprocessing.connection
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

from .test import Context, Test

TAIL_LINES = 40
VERDICTS = ("Failed: ", "Skipped: ", "AssertionError: ", "SUMMARY: ")
VERDICT_LENGTH = 160

FORK = multiprocessing.get_context("fork")


def run(tests, root, sdk, slots):
    """(passed, failed); prints a line for each test as it ends, and the log of each that failed.

    What failed is named once more at the end: of a long run people and machines often keep only the last lines.
    """
    waiting = sorted(tests, key=lambda test: -test.timeout_s)
    running, ended = [], []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("tests: told to end"))  # by way of the finally below
    try:
        while waiting or running:
            start_what_fits(waiting, running, root, sdk, slots)
            for job in finished(running):
                running.remove(job)
                job.kill()
                ended.append(job)
                job.report(len(ended), len(tests))
    finally:
        for job in running:
            job.kill()
    failed = [job for job in ended if not job.passed]
    for job in failed:
        print(f"failed: {job.test.name}: {job.verdict}", flush=True)
    return len(ended) - len(failed), len(failed)


def start_what_fits(waiting, running, root, sdk, slots):
    free = slots - sum(job.test.weight for job in running)
    for test in list(waiting):
        # A test heavier than the machine runs when it is alone.
        if test.weight <= free or not running:
            waiting.remove(test)
            running.append(Job(test, root, sdk))
            free -= test.weight


def finished(running):
    now = time.monotonic()
    next_deadline = min(job.deadline for job in running)
    ended = multiprocessing.connection.wait([job.process.sentinel for job in running], max(0, next_deadline - now))
    late = [job for job in running if time.monotonic() >= job.deadline]
    for job in late:
        job.timed_out = True
    return [job for job in running if job in late or job.process.sentinel in ended]


class Job:
    def __init__(self, test: Test, root, sdk):
        self.test = test
        self.timed_out = False
        self.verdict = ""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="thimble-test-"))
        self.log = self.folder / "log"
        self.started = time.monotonic()
        self.deadline = self.started + test.timeout_s
        (self.folder / "tmp").mkdir()
        self.process = FORK.Process(target=self.child, args=(Context(root, sdk, self.folder / "tmp"),))
        sys.stdout.flush()
        self.process.start()

    def child(self, context):
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        status = 1
        try:
            self.test.run(context)
            status = 0
        except Exception as error:  # a test's own verdict is its text; anything else needs to be found
            if type(error).__name__ in ("Failed", "Skipped", "AssertionError"):
                print(f"{type(error).__name__}: {error}")
            else:
                traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
        os._exit(status)

    def kill(self):
        """Whatever the test has left running, and the test itself when it is late."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.join()
        self.exitcode = self.process.exitcode
        self.process.close()  # which has pipes open otherwise, until the whole run ends

    @property
    def passed(self):
        return self.exitcode == 0 and not self.timed_out

    def report(self, done, total):
        seconds = time.monotonic() - self.started
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.passed:
            print(f"[{done}/{total}] ok   {self.test.name} {seconds:.1f} s", flush=True)
            return
        self.verdict = f"killed after {self.test.timeout_s:g} s" if self.timed_out else verdict_of(lines)
        print(f"[{done}/{total}] FAIL {self.test.name} {seconds:.1f} s ({self.verdict})", flush=True)
        for line in lines[-TAIL_LINES:]:
            print(f"    {line}")


def verdict_of(lines):
    """The line of a log that says what is wrong: the test's own last word, or a sanitizer's summary."""
    for line in reversed(lines):
        if line.startswith(VERDICTS):
            return line[:VERDICT_LENGTH]
    return lines[-1][:VERDICT_LENGTH] if lines else "no output"
