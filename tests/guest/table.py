# SPDX-License-Identifier: BSD-2-Clause
"""The table of guest tests: what cases/ has, in the order in which it makes sense to read a list of failures."""
from cases import (boot, cost, debug, disk, faults, files, gdb, hotplug, http, libc, mmap, monitor, network, pthread, scsi, smp,
                   stress, system, transports, vhost_user, virtio)

TESTS = [row for module in (boot, cost, faults, system, smp, debug, monitor, gdb, stress, mmap, libc, pthread, disk, scsi, hotplug,
                            transports, virtio, vhost_user, files, network, http)
         for row in module.TESTS]
