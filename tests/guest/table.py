# SPDX-License-Identifier: BSD-2-Clause
"""The table of guest tests: what cases/ has, in the order in which it makes sense to read a list of failures."""
import importlib

CASES = (
    'boot',
    'cost',
    'faults',
    'system',
    'console',
    'smp',
    'debug',
    'monitor',
    'gdb',
    'trace',
    'sysctl',
    'stress',
    'mmap',
    'libc',
    'pthread',
    'disk',
    'scsi',
    'hotplug',
    'transports',
    'virtio',
    'entropy',
    'balloon',
    'vhost_user',
    'files',
    'network',
    'http',
)

TESTS = [row for case in CASES for row in importlib.import_module(f'cases.{case}').TESTS]
