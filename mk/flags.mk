# SPDX-License-Identifier: BSD-2-Clause
# Every compiler flag of the project. tools/thimble reads what it needs from build/flags/, written from here.

GCC_INCLUDE := $(shell $(CC) -print-file-name=include 2>/dev/null)

TARGET_FLAGS := -std=gnu11 -O2 -g -fno-pic -fno-pie -mno-red-zone -mcmodel=small -ftls-model=local-exec \
	-fno-omit-frame-pointer -fno-asynchronous-unwind-tables -fno-common \
	-fstack-protector-strong -ffunction-sections -fdata-sections -ffile-prefix-map=$(ROOT)/=

# newlib decides whether errno is thread-local by this macro; the host's compiler believes it compiles for Linux.
LIBC_FLAGS := -D_WANT_REENT_THREAD_LOCAL=1 -D__thimble__=1 \
	-U__linux__ -U__linux -Ulinux -U__gnu_linux__ -U__unix__ -U__unix -Uunix \
	-nostdinc -isystem $(ROOT)/libc/include -isystem $(GCC_INCLUDE) -isystem $(NEWLIB)/include

OWN_WARNINGS := -Wall -Wextra -Werror -Wmissing-prototypes -Wstrict-prototypes

# Without SSE in the kernel an interrupt never touches the FPU state of the thread it interrupts.
NO_FPU := -mgeneral-regs-only

APP_FLAGS    := $(TARGET_FLAGS) $(LIBC_FLAGS)
LIBC_FLAGS_  := $(APP_FLAGS) $(OWN_WARNINGS) -I $(ROOT)
KERNEL_FLAGS := $(LIBC_FLAGS_) $(NO_FPU)
NET_FLAGS    := $(KERNEL_FLAGS) -I $(ROOT)/net/lwip/include -isystem $(LWIP)/src/include
LWIP_FLAGS   := $(APP_FLAGS) $(NO_FPU) -w -I $(ROOT) -I $(ROOT)/net/lwip/include -I $(LWIP)/src/include
POSIX_FLAGS  := $(APP_FLAGS) -w -D_GNU_SOURCE -D_POSIX2_RE_DUP_MAX=255
