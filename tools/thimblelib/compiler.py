# SPDX-License-Identifier: BSD-2-Clause
"""From the user's sources to objects, compiling only what changed."""
import concurrent.futures
import fcntl
import hashlib
import os
import pathlib
import subprocess

from .status import BUILD_FAILED, Refusal

SUFFIXES = (".c", ".S")


def find_sources(arguments):
    """The source files named, and those in the folders named (not in their root/)."""
    found = []
    for argument in arguments:
        path = pathlib.Path(argument)
        if path.is_dir():
            inside = sorted(p for suffix in SUFFIXES for p in path.rglob("*" + suffix)
                            if "root" not in p.relative_to(path).parts[:-1])
            if not inside:
                raise Refusal(f"{path}: no .c file in this folder")
            found += inside
        elif not path.exists():
            raise Refusal(f"{path}: no such file")
        elif path.suffix not in SUFFIXES:
            raise Refusal(f"{path}: not a C source (a .c or .S file, or a folder of them)")
        else:
            found.append(path)
    return found


class Compiler:
    """Compiles with one set of flags; objects are kept in the folder cache."""

    def __init__(self, flags, cache, command="gcc"):
        self.flags = flags
        self.cache = cache
        self.command = command

    def compile_all(self, sources):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            return list(pool.map(self.compile, sources))

    def compile(self, source):
        obj = self.object_for(source)
        obj.parent.mkdir(parents=True, exist_ok=True)
        # Tests build side by side, and share sources: the first to come compiles, the others wait for it.
        with open(obj.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not up_to_date(obj):
                self.run(source, obj)
        return obj

    def run(self, source, obj):
        scratch = obj.with_suffix(".new.o")
        argv = [self.command, *self.flags, "-MD", "-MF", str(obj.with_suffix(".d")), "-MT", "object",
                "-c", str(source), "-o", str(scratch)]
        if subprocess.run(argv, check=False).returncode:
            raise Refusal(f"{source} does not compile (see above)", BUILD_FAILED)
        scratch.rename(obj)

    def object_for(self, source):
        """Named by everything but the text: another flag or another place is another object."""
        key = "\0".join([str(source.resolve()), self.command, *self.flags])
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        return self.cache / digest / (source.stem + ".o")


def up_to_date(obj):
    try:
        made = obj.stat().st_mtime_ns
        rule = obj.with_suffix(".d").read_text()
        needs = rule.split(":", 1)[1].replace("\\\n", " ").split()
        return all(os.stat(need).st_mtime_ns < made for need in needs)
    except (OSError, IndexError):
        return False
