# SPDX-License-Identifier: BSD-2-Clause
"""Host tests and fuzz targets: the shipping sources, compiled for this machine under the sanitizers.

A test is tests/host/**/X_test.c, a fuzz target tests/fuzz/X_fuzz.c. A comment in its first lines names
what it links besides itself and tests/host/shim.c: "Links: kernel/page.c fs/ext4/*.c". "@lwip" stands for the
whole network stack: lwIP, with its asserts on, and net/.
"""
import os
import pathlib
import re
import subprocess

from thimblelib.compiler import Compiler

from .test import Test

SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
FLAGS = ["-std=gnu11", "-g", "-O1", "-fno-omit-frame-pointer", "-Wall", "-Wextra", "-D_GNU_SOURCE",
         "-I", "tests/host/include", "-I", "."]
SHIM = pathlib.Path("tests/host/shim.c")
HEAD_LINES = 40
LINKS = re.compile(r"\b[Ll]inks:((?:\s+(?:@lwip|[\w./*-]+\.c)\b)+)")

LWIP = "build/third_party/lwip/src"
LWIP_SOURCES = ("net/*.c", f"{LWIP}/core/*.c", f"{LWIP}/core/ipv4/*.c", f"{LWIP}/netif/ethernet.c")
LWIP_NOT = f"{LWIP}/core/timeouts.c"  # net/timers.c takes its place
# lwIP lays its headers wherever they fall, which x86 allows.
LWIP_FLAGS = ("-DNET_LWIP_ASSERT", "-I", "net/lwip/include", "-isystem", f"{LWIP}/include", "-fno-sanitize=alignment")

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


def patterns(source):
	head = source.read_text().splitlines()[:HEAD_LINES]
	return [pattern for line in head for match in LINKS.findall(line) for pattern in match.split()]


def links(root, source):
	"""The sources that a test asks for."""
	asked = patterns(source)
	for pattern in [p for p in asked if p != "@lwip"] + (list(LWIP_SOURCES) if "@lwip" in asked else []):
		found = sorted(root.glob(pattern))
		if not found:
			raise AssertionError(f"{source}: links {pattern}, which does not exist")
		yield from (path.relative_to(root) for path in found if str(path.relative_to(root)) != LWIP_NOT)


def build(root, sdk, source, compiler, sanitizers):
	binary = sdk / "tests" / name_of(root, source)
	binary.parent.mkdir(parents=True, exist_ok=True)
	sources = dict.fromkeys([source.relative_to(root), SHIM, *links(root, source)])
	extra = LWIP_FLAGS if "@lwip" in patterns(source) else ()
	objects = Compiler([*FLAGS, *sanitizers, *extra], sdk / "tests/objects", compiler).compile_all(sources)
	scratch = binary.with_name(f"{binary.name}.{os.getpid()}")
	check([compiler, *sanitizers, *map(str, objects), "-o", str(scratch)], root)
	scratch.replace(binary)
	return str(binary)


def check(argv, folder):
	code = subprocess.run(argv, cwd=folder, check=False).returncode
	if code:
		raise AssertionError(f"{pathlib.Path(argv[0]).name} ended with status {code}")
