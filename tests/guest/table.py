# SPDX-License-Identifier: BSD-2-Clause
"""The table of guest tests: what cases/ has, in the order in which it makes sense to read a list of failures."""
from cases import boot, cost, disk, faults, files, http, libc, network, smp, system

TESTS = boot.TESTS + cost.TESTS + faults.TESTS + system.TESTS + smp.TESTS + libc.TESTS + disk.TESTS + files.TESTS + network.TESTS + http.TESTS
