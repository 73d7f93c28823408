# SPDX-License-Identifier: BSD-2-Clause
"""From objects and libraries to one bootable ELF file."""
import os
import pathlib
import subprocess
import tempfile

from . import cpio, symbols
from .image import MIB, Image
from .sdk import LINKER_SCRIPT, NEWLIB_LIB
from .status import BUILD_FAILED, Refusal

LD_FLAGS = ("-static", "-nostdlib", "--gc-sections", "--build-id=none", "--fatal-warnings",
            "-z", "noexecstack", "-z", "max-page-size=4096", "-T", str(LINKER_SCRIPT))

# EDK II's firmware for virtual machines keeps memory from 8 MiB on. What would reach it is linked above: to where Linux
# is loaded as well, so firmware leaves it alone. The margin is for the symbol table, which the first link lacks.
LOW_END = 7 * MIB
HIGH_BASE = 16 * MIB

# Parts that an image carries on request: the symbols that pull them in, and the libraries that come whole.
PARTS = {
    "ext4": (("ext4_filesystem",), ()),                   # for the app that mounts by name only at run time
    "net": (("net_start",), ()),                          # for the app that is to be pinged, but calls no socket function
    "debug": ((), ("libdebugger.a", "libsysctl.a")),
}

# Drivers that an image has unless it is built without them.
DRIVERS = ("scsi", "console", "balloon")

# What comes whole with a part where the image has the symbol anyway: what nobody calls by name.
COMPANIONS = {"libkernel.a": [("netdev_take", "libnetdrivers.a"), ("sysctl_walk", "libsysctl.a")],
              "libsysctl.a": [("net_start", "libnetsysctl.a")],
              "libdebugger.a": [("net_start", "libnetdebugger.a")]}


class Linker:
    """One link of one image. The scratch folder holds what goes into it besides objects and libraries."""

    def __init__(self, sdk, objects, root=None, parts=(), without=()):
        self.sdk = sdk
        self.objects = [str(obj) for obj in objects]
        self.root = root
        self.wanted = [symbol for name in parts for symbol in PARTS[name][0]]
        self.whole = ["libkernel.a", *(f"lib{name}.a" for name in DRIVERS if name not in without),
                      *(library for name in parts for library in PARTS[name][1])]
        self.on_demand = [*(f"lib{name}.a" for name in without), "libglue.a", "libnet.a", "libext4.a", "libsysctl.a"]
        self.base = []  # before the script, which asks for it

    def link(self, output):
        with tempfile.TemporaryDirectory() as folder:
            scratch = pathlib.Path(folder)
            tree = self.tree_object(scratch)
            self.set_apart(scratch / "app.o")
            self.run_ld(scratch / "first.elf", tree)
            self.add_companions(scratch, tree)
            if Image(scratch / "first.elf").memory_end > LOW_END:
                self.base = [f"--defsym=image_base={HIGH_BASE}"]
                self.run_ld(scratch / "first.elf", tree)
            table = symbols.function_symbols(scratch / "first.elf")
            named = blob_object(scratch, "ksyms", 4, symbols.blob(table))
            self.run_ld(scratch / "second.elf", tree + named)
            if symbols.function_symbols(scratch / "second.elf") != table:
                raise Refusal("internal: adding the symbol table moved the code (kernel/x86_64/image.ld)", BUILD_FAILED)
            replace_if_changed(output, (scratch / "second.elf").read_bytes())

    def set_apart(self, output):
        """The app's objects as one, in which a name that the kernel has as well is the app's own. The C library's it shares."""
        run_linker(["ld", "-r", "-o", str(output), *self.objects])
        shared = symbols.global_names([output]) & symbols.global_names(self.sdk.kernel_libs())
        subprocess.run(["objcopy", *(f"--localize-symbol={name}" for name in sorted(shared)), str(output)], check=True)
        self.objects = [str(output)]

    def add_companions(self, scratch, tree):
        """Once more, if what the first link found in the image brings more along, which may bring more in turn."""
        names = {name for _, name in symbols.function_symbols(scratch / "first.elf")}
        before = len(self.whole)
        for part in self.whole:
            self.whole += [library for symbol, library in COMPANIONS.get(part, ())
                           if symbol in names and library not in self.whole]
        if len(self.whole) > before:
            self.run_ld(scratch / "first.elf", tree)

    def tree_object(self, scratch):
        return blob_object(scratch, "initrd", 4096, cpio.archive(self.root)) if self.root else []

    def run_ld(self, output, extra):
        sdk = self.sdk
        argv = ["ld", *self.base, *LD_FLAGS, "-o", str(output), *(f"-u{name}" for name in self.wanted),
                "--whole-archive", *map(sdk.lib, self.whole), "--no-whole-archive", *self.objects, *extra,
                "--start-group", *map(sdk.lib, self.on_demand),
                str(NEWLIB_LIB / "libc.a"), str(NEWLIB_LIB / "libm.a"), sdk.libgcc, "--end-group"]
        run_linker(argv)


def run_linker(argv):
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refusal(explain(done.stderr), BUILD_FAILED)


def explain(stderr):
    """The linker's complaints, shortened to what the user can act on."""
    missing = {line.split("undefined reference to ")[1].strip("`'")
               for line in stderr.splitlines() if "undefined reference to " in line}
    if missing:
        return f"undefined: {', '.join(sorted(missing))} (not in the app, and not in Thimble's libc)"
    return "the link failed: " + stderr.strip().replace("\n", "; ")


def blob_object(scratch, section, align, data):
    """An object file with data in a read-only section of its own."""
    (scratch / f"{section}.bin").write_bytes(data)
    (scratch / f"{section}.S").write_text(
        f'.section .{section}, "a", @progbits\n.balign {align}\n.incbin "{section}.bin"\n'
        '.section .note.GNU-stack, "", @progbits\n')
    subprocess.run(["gcc", "-c", f"{section}.S", "-o", f"{section}.o"], cwd=scratch, check=True)
    return [str(scratch / f"{section}.o")]


def replace_if_changed(path, data):
    """A relink that changes nothing leaves the file, and its time, alone."""
    try:
        if path.read_bytes() == data:
            return
    except FileNotFoundError:
        pass
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_bytes(data)
        scratch.chmod(0o755)
        scratch.replace(path)
    except OSError as error:
        raise Refusal(f"{path}: cannot write it: {error.strerror}") from None
