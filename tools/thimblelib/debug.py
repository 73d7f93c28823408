# SPDX-License-Identifier: BSD-2-Clause
"""tools/thimble debug: an image in QEMU, and a real gdb with its symbols on it.

An image that carries the debugger is spoken to over a second serial port and knows its threads; for any other QEMU's own
stub has to do, whose threads are the machine's CPUs.
"""
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import sys

from . import runner
from .qemu import Machine
from .status import Refusal

PROGRAM = "gdb"
HELPERS = pathlib.Path(__file__).resolve().parents[1] / "gdb" / "thimble.py"


@dataclasses.dataclass
class Debuggee(Machine):
    socket: str = ""
    own_stub: bool = True

    def command(self):
        listener = f"unix:{self.socket},server=on,wait=off"
        return super().command() + (["-serial", listener] if self.own_stub else ["-gdb", listener, "-S"])

    def kernel_command_line(self):
        if not self.own_stub:
            return super().kernel_command_line()
        plain = dataclasses.replace(self, append=f"gdb=ttyS1,wait {self.append}".rstrip())
        return Machine.kernel_command_line(plain)


def gdb_command(image, socket, own_stub, more):
    """Either way it stops before main()."""
    argv = [PROGRAM, "-q", "-ex", "set confirm off", "-ex", "set remotetimeout 30", "-x", str(HELPERS), "-ex", f"target remote {socket}"]
    if not own_stub:
        argv += ["-ex", "thbreak main", "-ex", "continue"]
    return [*argv, *more, image]


def debug(machine, image, more):
    """gdb's status. machine: a Debuggee."""
    if not shutil.which(PROGRAM):
        raise Refusal("gdb is not installed; `make setup-tests` installs it, or: apt-get install gdb")
    if machine.own_stub and not image.has_debugger:
        print(f"thimble: {machine.image} carries no debugger (build it with `--with debug`): QEMU's own stub takes its place, "
              "which shows CPUs, not threads", file=sys.stderr)
        machine.own_stub = False
    socket = pathlib.Path("/tmp") / f"thimble-gdb-{os.getpid()}"
    machine.socket = str(socket)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is gdb's
    try:
        with runner.Run(machine, stdin=subprocess.DEVNULL, start_new_session=True) as run:
            wait_for(socket, run)
            return subprocess.run(gdb_command(machine.image, machine.socket, machine.own_stub, more),
                                  preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL), check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
        socket.unlink(missing_ok=True)


def wait_for(socket, run):
    """QEMU makes it first thing."""
    while not socket.exists():
        try:
            run.process.wait(0.02)
            raise Refusal("QEMU did not start (see above)")
        except subprocess.TimeoutExpired:
            pass
