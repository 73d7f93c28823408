# SPDX-License-Identifier: BSD-2-Clause
"""Host tests and fuzz targets: the shipping sources, compiled for this machine under the sanitizers.

A test is tests/host/**/X_test.c, a fuzz target tests/fuzz/X_fuzz.c; what else they link is in links.py. Those in
tests/host/smp/ run on several processors, which are pthreads, and under ThreadSanitizer too.
"""
import os
import pathlib
import subprocess

from thimblelib.compiler import Compiler

from . import links
from .test import Test

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
THREAD_SANITIZER = ("-fsanitize=thread",)
FUZZER = "-fsanitize=fuzzer"
FLAGS = ["-std=gnu11", "-g", "-O1", "-fno-omit-frame-pointer", "-Wall", "-Wextra", "-D_GNU_SOURCE"]
FRAME = pathlib.Path("tests/host/frame.c")
SHIM = pathlib.Path("tests/host/shim.c")
MACHINE = pathlib.Path("tests/host/smp/machine.c")
TIMEOUT_S = 300  # compiling the first time included

FUZZ_RUNS = {False: 5000, True: 1000000}


def tests(root, sdk, full):
    found = [host_test(root, sdk, source) for source in sorted(root.glob("tests/host/**/*_test.c"))]
    found += [host_test(root, sdk, source, THREAD_SANITIZER, "/tsan") for source in sorted(root.glob("tests/host/smp/*_test.c"))]
    return found + [fuzz_test(root, sdk, source, full) for source in sorted(root.glob("tests/fuzz/*_fuzz.c"))]


def name_of(root, source):
    return source.relative_to(root / "tests").with_suffix("").as_posix()


def host_test(root, sdk, source, sanitizers=SANITIZERS, suffix=""):
    def run(context):
        binary = build(root, sdk, source, "gcc", sanitizers, suffix.replace("/", "-"))
        run_in(context, [binary])
    return Test(name_of(root, source) + suffix, run, weight=2 if on_machine(source) else 1, timeout_s=TIMEOUT_S)


def on_machine(source):
    return source.parent.name == MACHINE.parent.name


def fuzz_test(root, sdk, source, full):
    def run(context):
        binary = build_fuzzer(root, sdk, source)
        corpus = context.tmp / "corpus"
        corpus.mkdir()
        run_in(context, [binary, "-seed=1", f"-runs={FUZZ_RUNS[full]}", f"-artifact_prefix={context.tmp}/", str(corpus),
                         *seeds(root, source)])
    return Test(name_of(root, source), run, timeout_s=3600 if full else TIMEOUT_S)


def build_fuzzer(root, sdk, source):
    return build(root, sdk, source, "clang", SANITIZERS, guided=(FUZZER,))


def fuzz_name(source):
    return source.stem.removesuffix("_fuzz")


def seeds(root, source):
    """The folders of inputs to begin with: one, or none."""
    folder = root / "tests/fuzz/seeds" / fuzz_name(source)
    return [str(folder)] if folder.is_dir() else []


def stand_in(source):
    """(what the code under test finds in place of the hardware and the rest of the kernel, where its headers are)"""
    if on_machine(source):
        return MACHINE, ["-I", "tests/host/smp/include", "-I", "tests/host/include", "-I", "."]
    return SHIM, ["-I", "tests/host/include", "-I", "."]


def build(root, sdk, source, compiler, sanitizers, suffix="", guided=()):
    """guided: more flags, but not for the models: what happens in those tells a fuzzer little, and takes half its time."""
    binary = sdk / "tests" / (name_of(root, source) + suffix)
    binary.parent.mkdir(parents=True, exist_ok=True)
    linked, extra_flags = links.read(root, source)
    kernel, includes = stand_in(source)
    sources = dict.fromkeys([source.relative_to(root), FRAME, kernel, *linked])
    models = [s for s in sources if guided and pathlib.Path(s).is_relative_to("tests/host")]
    flags = [*FLAGS, *includes, *sanitizers, *extra_flags]
    objects = Compiler(flags, sdk / "tests/objects", compiler).compile_all(models)
    objects += Compiler([*flags, *guided], sdk / "tests/objects", compiler).compile_all([s for s in sources if s not in models])
    scratch = binary.with_name(f"{binary.name}.{os.getpid()}")
    check([compiler, *sanitizers, *([FUZZER] if guided else []), *map(str, objects), "-o", str(scratch)], root)
    scratch.replace(binary)
    return str(binary)


def run_in(context, argv):
    """Where a test leaves files is its own, and gone afterwards, however it ends."""
    check(argv, context.root, TMPDIR=str(context.tmp))


def check(argv, folder, **environment):
    code = subprocess.run(argv, cwd=folder, env={**os.environ, **environment}, check=False).returncode
    if code:
        raise AssertionError(f"{pathlib.Path(argv[0]).name} ended with status {code}")
