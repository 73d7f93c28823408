#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run fuzz targets one after the other, long. What they learn stays in BUILD/fuzz/NAME, where the next run goes on.

  tests/fuzz.py build                            a minute each
  tests/fuzz.py build -k virtio --seconds 600    those whose name contains "virtio", ten minutes each
  tests/fuzz.py build --runs 10000000            so many executions each
  tests/fuzz.py build --max-len 64               inputs of at most so many bytes: several times as many in the same time

The first crash, leak or hang ends it; the input is left beside the corpus and named.
"""
import argparse
import os
import pathlib
import resource
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from tests.runner import host  # noqa: E402  (the path comes first)

HANG_S = 20
MEMORY_MB = 4096
# An input's memory is soon seen to be used again; to keep more of it back takes longer than the run itself.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=8"}


def main(argv):
    options = parse(argv)
    os.chdir(ROOT)
    sources = [s for s in sorted(ROOT.glob("tests/fuzz/*_fuzz.c")) if options.keyword in host.fuzz_name(s)]
    for source in sources:
        found = run(source, options)
        if found:
            print(f"{host.fuzz_name(source)}: {found}", flush=True)
            return 1
    return 0 if sources else 1


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="the build folder")
    parser.add_argument("-k", dest="keyword", default="", metavar="PATTERN", help="only names that contain PATTERN")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="for each target (60)")
    parser.add_argument("--runs", type=int, metavar="N", help="executions of each target instead")
    parser.add_argument("--max-len", type=int, default=0, metavar="N", help="bytes of an input at most (4096)")
    return parser.parse_args(argv)


def run(source, options):
    """None, or what was found. The log says the rest."""
    name = host.fuzz_name(source)
    folder = options.build.resolve() / "fuzz" / name
    corpus, log = folder / "corpus", folder / "log"
    corpus.mkdir(parents=True, exist_ok=True)
    binary = host.build_fuzzer(ROOT, options.build.resolve(), source)
    limit = f"-runs={options.runs}" if options.runs else f"-max_total_time={options.seconds}"
    began = cpu_seconds()
    with open(log, "w", encoding="utf-8") as out:
        code = subprocess.run([binary, limit, f"-timeout={HANG_S}", f"-max_len={options.max_len}", f"-rss_limit_mb={MEMORY_MB}", "-print_final_stats=1",
                               f"-artifact_prefix={folder}/", str(corpus), *host.seeds(ROOT, source)],
                              stdout=out, stderr=subprocess.STDOUT, env=ENVIRONMENT, check=False).returncode
    report(name, log, cpu_seconds() - began)
    return finding(log) if code else None


def cpu_seconds():
    """Of what has ended: other work on this machine does not count."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def last_word(log, label):
    lines = [line for line in log.read_text(errors="replace").splitlines() if label in line]
    return lines[-1].split()[-1] if lines else ""


def report(name, log, seconds):
    runs = int(last_word(log, "stat::number_of_executed_units") or 0)
    print(f"{name:20} {runs:>10} executions in {seconds:6.0f} s of CPU, {runs / seconds:>8.0f} a second", flush=True)


def finding(log):
    return f"{last_word(log, 'Test unit written to') or 'no input'}: see {log}"


sys.exit(main(sys.argv[1:]))
