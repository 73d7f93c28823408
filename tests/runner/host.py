# SPDX-License-Identifier: BSD-2-Clause
"""Host tests and fuzz targets: the shipping sources, compiled for this machine under the sanitizers.

A test is tests/host/**/X_test.c, a fuzz target tests/fuzz/X_fuzz.c. A comment in its first lines names
what it links besides itself and tests/host/shim.c: "Links: kernel/page.c kernel/heap.c".
"""
import os
import pathlib
import re
import subprocess

from thimblelib.compiler import Compiler

from .test import Test

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ["-std=gnu11", "-g", "-O1", "-fno-omit-frame-pointer", "-Wall", "-Wextra",
         "-I", "tests/host/include", "-I", "."]
SHIM = "tests/host/shim.c"
HEAD_LINES = 40
LINKS = re.compile(r"[Ll]inks:((?:[\s*]+[\w./-]+\.[cS]\b)+)")

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
	return Test(name_of(root, source), run)


def fuzz_test(root, sdk, source, full):
	def run(context):
		binary = build(root, sdk, source, "clang", ("-fsanitize=fuzzer", *SANITIZERS))
		seeds = root / "tests/fuzz/seeds" / source.stem.removesuffix("_fuzz")
		corpus = context.tmp / "corpus"
		corpus.mkdir()
		check([binary, "-seed=1", f"-runs={FUZZ_RUNS[full]}", f"-artifact_prefix={context.tmp}/", str(corpus),
		       *([str(seeds)] if seeds.is_dir() else [])], context.root)
	return Test(name_of(root, source), run, timeout_s=3600 if full else 120)


def links(source):
	"""The project's own sources that a test asks for."""
	head = "\n".join(source.read_text().splitlines()[:HEAD_LINES])
	match = LINKS.search(head)
	return re.findall(r"[\w./-]+\.[cS]\b", match.group(1)) if match else []


def build(root, sdk, source, compiler, sanitizers):
	binary = sdk / "tests" / name_of(root, source)
	binary.parent.mkdir(parents=True, exist_ok=True)
	sources = [source.relative_to(root), *(pathlib.Path(s) for s in [SHIM, *links(source)])]
	objects = Compiler([*FLAGS, *sanitizers], sdk / "tests/objects", compiler).compile_all(sources)
	scratch = binary.with_name(f"{binary.name}.{os.getpid()}")
	check([compiler, *sanitizers, *map(str, objects), "-o", str(scratch)], root)
	scratch.replace(binary)
	return str(binary)


def check(argv, folder):
	code = subprocess.run(argv, cwd=folder, check=False).returncode
	if code:
		raise AssertionError(f"{pathlib.Path(argv[0]).name} ended with status {code}")
