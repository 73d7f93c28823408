# SPDX-License-Identifier: BSD-2-Clause
"""The C library: programs that judge themselves, and that pass on Linux as well (libc_threads aside)."""
from harness import Boot

TESTS = [Boot(f'guest/libc/{name}', f'libc_{name}', shows=('^all checks passed$',))
         for name in ('descriptors', 'files', 'stdio', 'system', 'threads', 'time')]
