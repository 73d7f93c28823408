# SPDX-License-Identifier: BSD-2-Clause
"""The QEMU command line of a run."""
import dataclasses
import os
import string

from .disk import Disk
from .status import Refusal

PROGRAM = "qemu-system-x86_64"
MACHINES = {"q35": "q35", "pc": "pc", "microvm": "microvm,pcie=on"}

# What QEMU's user network hands out; given outright, so that no boot waits for DHCP.
STATIC_IP = "ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off:10.0.2.3"


@dataclasses.dataclass
class Forward:
    host: int
    guest: int
    protocol: str = "tcp"

    @classmethod
    def parse(cls, text):
        ports, slash, protocol = text.partition("/")
        host, colon, guest = ports.partition(":")
        numbers = [int(p) if p.isdigit() else 0 for p in (host, guest)]
        if not colon or (slash and protocol not in ("tcp", "udp")) or not all(0 < n < 65536 for n in numbers):
            raise Refusal(f"-p {text}: not HOST:GUEST (for example -p 8080:80, or -p 5353:53/udp)")
        return cls(*numbers, protocol or "tcp")


@dataclasses.dataclass
class Port:
    """A port of the virtio console, by the name that the guest finds it by (kernel/port.h)."""
    name: str
    chardev: str  # QEMU's, but for its id

    @classmethod
    def parse(cls, text):
        """A socket that QEMU listens on, which anybody may connect to at any time."""
        name, equals, path = text.partition("=")
        if not name or not equals or not path:
            raise Refusal(f"--port {text}: not NAME=SOCKET (for example --port log=/tmp/log.sock)")
        return cls(name, f"socket,server=on,wait=off,path={comma_safe(path)}")

    @classmethod
    def to_file(cls, name, path):
        return cls(name, f"file,path={comma_safe(str(path))}")


@dataclasses.dataclass
class Machine:
    """What to run, and on what."""
    image: str
    network: bool = False
    forwards: list[Forward] = dataclasses.field(default_factory=list)
    memory_mib: int = 128
    cpus: int = 1
    machine: str = "q35"
    disks: list[Disk] = dataclasses.field(default_factory=list)
    ports: list[Port] = dataclasses.field(default_factory=list)
    counted: bool = False      # one tick of the TSC for each instruction
    append: str = ""
    arguments: list[str] = dataclasses.field(default_factory=list)
    terminal: bool = False

    def command(self):
        argv = [PROGRAM, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
                *self.machine_arguments(), *accelerator(self.counted), "-m", str(self.memory_mib)]
        if self.cpus > 1:
            argv += ["-smp", str(self.cpus)]
        # On a terminal Ctrl-A X ends the machine; a pipe's bytes all belong to the app.
        argv += ["-serial", "mon:stdio" if self.terminal else "stdio"]
        argv += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4", *self.entropy_arguments()]
        if self.network:
            argv += self.network_arguments()
        argv += self.disk_arguments()
        argv += self.port_arguments()
        argv += ["-kernel", self.image]
        line = self.kernel_command_line()
        return argv + (["-append", line] if line else [])

    def machine_arguments(self):
        return ["-M", MACHINES[self.machine]]

    def entropy_arguments(self):
        return ["-device", "virtio-rng-pci"]

    def network_arguments(self):
        forwards = "".join(f",hostfwd={f.protocol}:127.0.0.1:{f.host}-:{f.guest}" for f in self.forwards)
        return ["-netdev", f"user,id=net0{forwards}", "-device", "virtio-net-pci,netdev=net0,romfile="]

    def disk_arguments(self):
        argv = []
        for number, disk in enumerate(self.disks):
            read_only = ",readonly=on" if disk.read_only else ""
            argv += ["-drive", f"if=none,id=disk{number},format=raw{read_only},file={comma_safe(disk.path)}"]
            if not disk.scsi:
                argv += ["-device", f"virtio-blk-pci,drive=disk{number}"]
        scsi = [number for number, disk in enumerate(self.disks) if disk.scsi]
        if scsi:
            argv += ["-device", "virtio-scsi-pci,id=scsi0"]
        for target, number in enumerate(scsi):
            argv += ["-device", f"scsi-hd,bus=scsi0.0,scsi-id={target},drive=disk{number}"]
        return argv

    def port_arguments(self):
        argv = ["-device", "virtio-serial-pci"] if self.ports else []
        for number, port in enumerate(self.ports):
            argv += ["-chardev", f"{port.chardev},id=port{number}",
                     "-device", f"virtserialport,chardev=port{number},name={comma_safe(port.name)}"]
        return argv

    def mounts(self):
        """The kernel names the disks of each kind in their order."""
        for prefix, scsi in (("vd", False), ("sd", True)):
            for letter, disk in zip(string.ascii_lowercase, (d for d in self.disks if d.scsi == scsi)):
                if disk.mountpoint:
                    yield f"mount=/dev/{prefix}{letter}:{disk.mountpoint}"

    def kernel_command_line(self):
        words = []
        if self.network and not any(w.startswith("ip=") for w in self.append.split()):
            words.append(STATIC_IP)
        words += map(quoted, self.mounts())
        if self.append:
            words.append(self.append)
        if self.arguments:
            words += ["--", *map(quoted, self.arguments)]
        return " ".join(words)


def accelerator(counted=False):
    if counted:
        return ["-accel", "tcg", "-cpu", "max", "-icount", "shift=0,sleep=on"]
    kvm = os.access("/dev/kvm", os.R_OK | os.W_OK)
    return ["-accel", "kvm" if kvm else "tcg", "-cpu", "max"]


def comma_safe(path):
    return path.replace(",", ",,")


def quoted(word):
    """One word for the kernel, which reads quotes as a shell does (kernel/param.c); QEMU hands the bytes on as they are."""
    if word and not any(c in "\"'" or c.isspace() for c in word):
        return word
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
