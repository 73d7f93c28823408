# SPDX-License-Identifier: BSD-2-Clause
"""Guest tests: those of tests/guest/table.py, each a program booted under QEMU."""
import importlib
import sys

from .test import Test


def tests(root, full):
    sys.path.insert(0, str(root / "tests/guest"))
    table = importlib.import_module("table")
    return [Test(test.name, test.run, test.weight, test.timeout_s)
            for test in table.TESTS if full or not getattr(test, "full_only", False)]
