# SPDX-License-Identifier: BSD-2-Clause
"""Host tests and fuzz targets: the shipping sources, compiled for this machine under the sanitizers.

A test is tests/host/**/X_test.c, a fuzz target tests/fuzz/X_fuzz.c; what else they link is in links.py.
"""
import os
import pathlib
import subprocess

from thimblelib.compiler import Compiler

from . import links
from .test import Test

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ["-std=gnu11", "-g", "-O1", "-fno-omit-frame-pointer", "-Wall", "-Wextra", "-D_GNU_SOURCE",
         "-I", "tests/host/include", "-I", "."]
SHIM = pathlib.Path("tests/host/shim.c")
TIMEOUT_S = 300  # compiling the first time included

FUZZ_RUNS = {False: 5000, True: 1000000}


def tests(root, sdk, full):
    found = [host_test(root, sdk, source) for source in sorted(root.glob("tests/host/**/*_test.c"))]
    return found + [fuzz_test(root, sdk, source, full) for source in sorted(root.glob("tests/fuzz/*_fuzz.c"))]


def name_of(root, source):
    return source.relative_to(root / "tests").with_suffix("").as_posix()


def host_test(root, sdk, source):
    def run(context):
        binary = build(root, sdk, source, "gcc", SANITIZERS)
        check([binary], context.root)
    return Test(name_of(root, source), run, timeout_s=TIMEOUT_S)


def fuzz_test(root, sdk, source, full):
    def run(context):
        binary = build(root, sdk, source, "clang", ("-fsanitize=fuzzer", *SANITIZERS))
        seeds = root / "tests/fuzz/seeds" / source.stem.removesuffix("_fuzz")
        corpus = context.tmp / "corpus"
        corpus.mkdir()
        check([binary, "-seed=1", f"-runs={FUZZ_RUNS[full]}", f"-artifact_prefix={context.tmp}/", str(corpus),
               *([str(seeds)] if seeds.is_dir() else [])], context.root)
    return Test(name_of(root, source), run, timeout_s=3600 if full else TIMEOUT_S)


def build(root, sdk, source, compiler, sanitizers):
    binary = sdk / "tests" / name_of(root, source)
    binary.parent.mkdir(parents=True, exist_ok=True)
    linked, extra_flags = links.read(root, source)
    sources = dict.fromkeys([source.relative_to(root), SHIM, *linked])
    objects = Compiler([*FLAGS, *sanitizers, *extra_flags], sdk / "tests/objects", compiler).compile_all(sources)
    scratch = binary.with_name(f"{binary.name}.{os.getpid()}")
    check([compiler, *sanitizers, *map(str, objects), "-o", str(scratch)], root)
    scratch.replace(binary)
    return str(binary)


def check(argv, folder):
    code = subprocess.run(argv, cwd=folder, check=False).returncode
    if code:
        raise AssertionError(f"{pathlib.Path(argv[0]).name} ended with status {code}")
