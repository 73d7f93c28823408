# SPDX-License-Identifier: BSD-2-Clause
# Every compiler flag of the project. tools/thimble reads what apps get from build/flags/app, written from here.

GCC_INCLUDE := $(shell $(CC) -print-file-name=include 2>/dev/null)

# Aligned functions and loops are a tenth of the image, and no emulator and hardly a processor is faster for them.
PACKED := -falign-functions=1 -falign-jumps=1 -falign-loops=1 -falign-labels=1

# DEBUG=1: spinlocks that watch their users (kernel/spinlock_check.h).
CODE := $(if $(DEBUG),-DTHIMBLE_DEBUG) -std=gnu11 -O2 $(PACKED) -g -fno-pic -fno-pie -mno-red-zone \
	-mcmodel=small -ftls-model=local-exec \
	-fno-omit-frame-pointer -fno-asynchronous-unwind-tables -fno-common \
	-fstack-protector-strong -ffunction-sections -fdata-sections -ffile-prefix-map=$(ROOT)/=

# newlib decides by the first macro whether errno is thread-local. The host's compiler believes it compiles for Linux.
HEADERS := -D_WANT_REENT_THREAD_LOCAL=1 -D__thimble__=1 \
	-U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix__ -U__unix -Uunix \
	-nostdinc -isystem $(ROOT)/libc/include -isystem $(GCC_INCLUDE) -isystem $(NEWLIB)/include

WARNINGS := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes

# Without SSE in the kernel an interrupt never touches the FPU state of the thread it interrupts.
NO_FPU := -mgeneral-regs-only

LWIP_HEADERS := -I $(ROOT)/net/lwip/include -isystem $(LWIP)/src/include

# For size gcc clears and copies with rep stosb and movsb, byte by byte where a processor is emulated.
NO_REP := -mstringop-strategy=libcall

FLAGS_app    := $(CODE) $(HEADERS)
FLAGS_libc   := $(FLAGS_app) $(WARNINGS) -I $(ROOT)
FLAGS_hot    := $(FLAGS_libc) $(NO_FPU)
FLAGS_kernel := $(subst -O2,-Oz $(NO_REP),$(FLAGS_hot))
FLAGS_net    := $(FLAGS_hot) $(LWIP_HEADERS)

# What others wrote is compiled as it is: its warnings are theirs.
FLAGS_lwip   := $(FLAGS_app) $(NO_FPU) -w -I $(ROOT) $(LWIP_HEADERS)
FLAGS_posix  := $(FLAGS_app) -w -D_GNU_SOURCE -D_POSIX2_RE_DUP_MAX=255
