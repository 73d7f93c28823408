#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Run the tests: host tests, fuzz targets, the tools' own tests, the floors, and the guests under QEMU.

  tests/run.py                 everything
  tests/run.py -k ext4         only tests whose name contains "ext4"
  tests/run.py -k ext4 -k cpio --times 20    those of either name, each 20 times: does one fail now and then?
  tests/run.py --full          with the long ones
  tests/run.py --list          names only
"""
import argparse
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT)]

from tests.runner import conformance, guest, host, schedule, tools  # noqa: E402  (the path comes first)


def main(argv):
    options = parse(argv)
    os.chdir(ROOT)
    sdk = ready_sdk(options.list)
    tests = [*tools.tests(ROOT), *host.tests(ROOT, sdk, options.full), *conformance.tests(sdk),
             *guest.tests(ROOT, options.full)]
    tests = [test for test in tests if any(keyword in test.name for keyword in options.keywords or [""])]
    if options.list:
        print("\n".join(test.name for test in tests))
        return 0
    passed, failed = schedule.run(tests * options.times, ROOT, sdk, options.jobs)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed or not tests else 0


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-k", dest="keywords", action="append", metavar="PATTERN", help="only names that contain PATTERN")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="each test N times")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="tests at a time (the number of CPUs)")
    parser.add_argument("--full", action="store_true", help="the long tests too")
    parser.add_argument("--list", action="store_true", help="print the names, run nothing")
    return parser.parse_args(argv)


def ready_sdk(listing):
    """The build folder. The Makefile says where it is and that it is up to date; by hand we ask make."""
    if "THIMBLE_SDK" not in os.environ:
        if not listing and subprocess.run(["make", "-s", "--no-print-directory", "all", "debug-lib"], check=False).returncode:
            sys.exit("tests/run.py: the build failed (see above)")
        os.environ["THIMBLE_SDK"] = "build"
    sdk = pathlib.Path(os.environ["THIMBLE_SDK"]).resolve()
    os.environ["THIMBLE_SDK"] = str(sdk)
    return sdk


sys.exit(main(sys.argv[1:]))
