# SPDX-License-Identifier: BSD-2-Clause
"""The libraries and flags an app is built with: made by the Makefile, used from here."""
import os
import pathlib
import shlex
import subprocess
import sys

from .status import BUILD_FAILED, Refusal

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINKER_SCRIPT = ROOT / "kernel/x86_64/image.ld"
NEWLIB_LIB = ROOT / "build/third_party/newlib/lib"


class Sdk:
    """Libraries in build/, brought up to date first.

    THIMBLE_SDK=DIR says that they are in DIR and up to date: the Makefile and the tests set it.
    """

    def __init__(self):
        ready = os.environ.get("THIMBLE_SDK")
        self.dir = pathlib.Path(ready).resolve() if ready else ROOT / "build"
        if not ready:
            self.make("lib")
        try:
            self.app_flags = shlex.split((self.dir / "flags/app").read_text())
        except OSError:
            raise Refusal(f"THIMBLE_SDK={ready}: no built libraries there; run `make`", BUILD_FAILED) from None
        self.libgcc = subprocess.run(["gcc", "-print-libgcc-file-name"], capture_output=True,
                                     text=True, check=True).stdout.strip()

    def make(self, target):
        jobs = f"-j{os.cpu_count() or 1}"
        argv = ["make", "-s", "--no-print-directory", "-C", str(ROOT), jobs, target]
        try:
            done = subprocess.run(argv, stdout=sys.stderr, check=False)
        except FileNotFoundError:
            raise Refusal("make is missing: run `apt-get install make gcc`", BUILD_FAILED) from None
        if done.returncode:
            raise Refusal("the system's own libraries did not build (see above); `make setup` installs what is missing",
                          BUILD_FAILED)

    def lib(self, name):
        return str(self.dir / "lib" / name)

    def kernel_libs(self):
        """All but the C library's."""
        return sorted(path for path in (self.dir / "lib").glob("*.a") if path.name != "libglue.a")
