# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the tools: tests/tools/test_*.py (unittest), and the floors of the sources."""
import subprocess
import unittest

from .test import Test


def tests(root):
    suite = unittest.defaultTestLoader.discover(str(root / "tests/tools"))
    return [Test("floors", floors), *(Test(name_of(case), runner(case)) for case in flatten(suite))]


def floors(context):
    if subprocess.run([context.root / "tools/floors"], check=False).returncode:
        raise AssertionError("an #include goes up or sideways")


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def name_of(case):
    module, _, method = case.id().split(".")
    return f"tools/{module.removeprefix('test_')}/{method.removeprefix('test_')}"


def runner(case):
    def run(_):
        result = unittest.TestResult()
        unittest.TestSuite([case]).run(result)  # a suite also sets the class up
        for _, text in result.failures + result.errors:
            print(text)
        if not result.wasSuccessful():
            raise AssertionError(case.id())
    return run
