# SPDX-License-Identifier: BSD-2-Clause
"""POSIX threads: programs that judge themselves, and that pass on Linux as well."""
from harness import Boot

MACHINES = ('q35', 'microvm')
CPUS = (1, 2, 4)
PROGRAMS = ('basic', 'mutex', 'sync', 'semaphore', 'c11', 'libc', 'cancel', 'timer')

TESTS = [Boot(f'guest/pthread/{name}/{cpus}/{machine}', f'pthread_{name}', machine=machine, cpus=cpus,
              shows=('^all checks passed$',), weight=min(cpus, 2))
         for name in PROGRAMS for machine in MACHINES for cpus in CPUS]
