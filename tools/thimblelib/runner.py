# SPDX-License-Identifier: BSD-2-Clause
"""Starting QEMU, and telling how the run ended.

The guest writes "exit N" or "panic" on the debug console, port 0xe9 (kernel/power.h); QEMU says over QMP
what stopped it otherwise.
"""
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

from . import qemu
from .image import MIB, Image
from .status import BOOT_FAILED, INTERRUPTED, PANIC, TIMEOUT, Refusal

STOP_S = 3

FIRMWARE_TABLES = 128 << 10  # SeaBIOS keeps them at the top of memory


def check(machine):
    """Refuses what cannot work before anything is started."""
    image = Image(machine.image)
    if not shutil.which(qemu.PROGRAM):
        raise Refusal(f"{qemu.PROGRAM} is not installed; run `make setup`")
    if any(c.isspace() for c in machine.image):
        raise Refusal(f"{machine.image}: QEMU makes the path a part of the command line, so it may hold no space")
    needed = -(-(image.memory_end + FIRMWARE_TABLES) // MIB)
    if machine.memory_mib < needed:
        raise Refusal(f"-m {machine.memory_mib}: too little memory, {machine.image} alone needs -m {needed}")
    for disk in machine.disks:
        disk.check()
        if disk.mountpoint and not image.has_ext4:
            raise Refusal(f"{disk.option}:{disk.mountpoint}: {machine.image} carries no file system to mount it; "
                          "build it with `--with ext4`")
    if machine.forwards and not image.has_network:
        raise Refusal(f"-p: {machine.image} carries no network (it calls no socket function)")
    check_ports(machine.forwards)
    return image


def check_ports(forwards):
    held = []
    try:
        for forward in forwards:
            tcp = forward.protocol == "tcp"
            held.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM))
            held[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, tcp)
            held[-1].bind(("127.0.0.1", forward.host))
            if tcp:
                held[-1].listen()
    except OSError as error:
        raise Refusal(f"-p {forward.host}:{forward.guest}: port {forward.host} of this machine: "
                      f"{error.strerror}; choose another") from None
    finally:
        for sock in held:
            sock.close()


class Run:
    """One QEMU process. Use as a context manager: whatever happens, QEMU does not outlive it."""

    def __init__(self, machine, **popen):
        self.folder = tempfile.TemporaryDirectory(prefix="thimble-")
        self.report = pathlib.Path(self.folder.name) / "report"
        self.qmp, theirs = socket.socketpair()
        with theirs:
            argv = machine.command() + [
                "-chardev", f"file,id=report,path={self.report}",
                "-device", "isa-debugcon,iobase=0xe9,chardev=report",
                "-device", "pvpanic", "-action", "panic=none",
                "-chardev", f"socket,id=qmp,fd={theirs.fileno()}", "-mon", "chardev=qmp,mode=control"]
            self.process = subprocess.Popen(argv, pass_fds=[theirs.fileno()], **popen)
        self.qmp.sendall(b'{"execute":"qmp_capabilities"}\n')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.qmp.close()
        self.folder.cleanup()

    def stop(self):
        """Asks first: QEMU gives the terminal back as it was."""
        try:
            self.qmp.sendall(b'{"execute":"quit"}\n')
            self.process.wait(STOP_S)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()

    def wait(self, timeout=None):
        """(status, one line of explanation or None)"""
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            return TIMEOUT, f"timeout: still running after {timeout:g} s"
        return self.verdict(code)

    def verdict(self, code):
        words = self.report.read_text(errors="replace").split() if self.report.exists() else []
        if words[:1] == ["exit"] and len(words) == 2 and words[1].isdigit():
            return int(words[1]) & 0xFF, None
        if words[:1] == ["panic"]:
            return PANIC, "the kernel panicked (see above)"
        reason = self.stop_reason()
        if reason in ("host-qmp-quit", "host-ui"):
            return 0, None
        if code in (-signal.SIGINT, -signal.SIGTERM) or reason == "host-signal":
            return INTERRUPTED, None
        if not reason:
            raise Refusal(f"QEMU did not start (see above; `--print` shows its command line)")
        return BOOT_FAILED, f"boot failed: the machine stopped without an exit status ({reason})"

    def stop_reason(self):
        """QMP's word for why QEMU stopped; empty when it never ran."""
        self.qmp.settimeout(1)
        text = b""
        try:
            while data := self.qmp.recv(65536):
                text += data
        except OSError:
            pass
        for line in text.splitlines():
            message = json.loads(line)
            if message.get("event") == "SHUTDOWN":
                return message["data"]["reason"]
        return ""
