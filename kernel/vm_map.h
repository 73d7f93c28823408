/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What mmap(2) and its sisters do, for memory that is nobody's but the app's. Addresses and lengths
 * as the app gives them: errors are POSIX's. Beyond VM_AREA_BASE to VM_AREA_END nothing can be
 * mapped, unmapped or protected: that is the kernel's and the image's own (-EACCES).
 */
#pragma once

#include "kernel/vm.h"

enum vm_map_flags {
	VM_FIXED = 1,      /* at the address, instead of what is there */
	VM_NOREPLACE = 2,  /* at the address, -EEXIST if something is there */
	VM_FILLED = 4,     /* all pages at once */
	VM_FILE = 8,       /* will hold what cannot be read again: vm_discard() leaves it */
};

/* Zeroed memory. The address, or -EINVAL, -ENOMEM, -EEXIST, -EACCES. */
intptr_t vm_map(uint64_t addr, size_t len, unsigned prot, unsigned flags);
int vm_unmap(uint64_t addr, size_t len);
int vm_protect(uint64_t addr, size_t len, unsigned prot);

enum vm_remap_flags { VM_MAY_MOVE = 1, VM_MOVE_TO = 2 };

/* Resizes, and moves if it must and may, or to new_addr. The address or -errno. */
intptr_t vm_remap(uint64_t addr, size_t old_len, size_t new_len, unsigned flags, uint64_t new_addr);

/* These are -ENOMEM where something in the range is not mapped. */
int vm_check_mapped(uint64_t addr, size_t len);
int vm_fill(uint64_t addr, size_t len);    /* so that no access faults; not where none is allowed */
int vm_discard(uint64_t addr, size_t len); /* zeroed when it is touched again */
int vm_prefer_large(uint64_t addr, size_t len, bool large);
int vm_residence(uint64_t addr, size_t len, unsigned char *pages); /* 1: filled; else 0 */
