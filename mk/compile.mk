# SPDX-License-Identifier: BSD-2-Clause
# Sources are found by folder, so a new file needs no line here. Each folder's objects get that floor's flags.

sources = $(wildcard $(foreach d,$1,$d/*.c $d/*.S))
objects = $(patsubst %,$(O)/obj/%.o,$(basename $1))

# What runs for every switch, page, packet or block is compiled for speed, the rest of the kernel for size.
HOT_SRC := $(wildcard $(addprefix kernel/,spinlock.c sched*.c futex.c wait.c mutex.c vm_map.c vm_area.c sg.c chacha20.c blkdev.c) \
	$(addprefix kernel/x86_64/,fpu.c fault.c tlb.c vm_pages.c *.S) \
	virtio/virtqueue*.c virtio/virtio_blk.c virtio/virtio_net.c fs/ext4/*.c)

DEBUG_ONLY := debug/locks.c
# What only the network asks for: the list of its devices, and their drivers.
NETDEV_SRC := kernel/netdev.c
NET_DRIVER_SRC := virtio/virtio_net.c
# Drivers that an image may be built without.
DRIVERS := scsi console balloon
SRC_scsi := $(wildcard kernel/scsi*.c virtio/virtio_scsi*.c)
SRC_console := $(wildcard virtio/virtio_console*.c)
SRC_balloon := $(wildcard virtio/virtio_balloon*.c)
DRIVER_SRC := $(foreach d,$(DRIVERS),$(SRC_$d))
KERNEL_SRC := $(filter-out $(NETDEV_SRC) $(NET_DRIVER_SRC) $(DRIVER_SRC),$(call sources,boot kernel kernel/x86_64 virtio debug fs))
# Each floor's part of the debugger is in a folder of that name; net's is of use where the network is.
DEBUGGER_SRC := $(call sources,debug/* kernel/x86_64/debugger kernel/debugger virtio/debugger fs/debugger)
NET_DEBUGGER_SRC := $(call sources,net/debugger)
# The sources of the sysctl tree, of use where somebody asks for it; net's where the network is.
SYSCTL_SRC := $(call sources,kernel/sysctl virtio/sysctl fs/sysctl)
NET_SYSCTL_SRC := $(call sources,net/sysctl)
KERNEL_OBJ := $(call objects,$(if $(DEBUG),$(KERNEL_SRC),$(filter-out $(DEBUG_ONLY),$(KERNEL_SRC))))
HOT_OBJ    := $(call objects,$(HOT_SRC))
EXT4_OBJ   := $(call objects,$(call sources,fs/ext4))
NETDEV_OBJ := $(call objects,$(NETDEV_SRC))
NET_DRIVER_OBJ := $(call objects,$(NET_DRIVER_SRC))
NET_OBJ    := $(call objects,$(call sources,net net/lwip))
LIBC_OBJ   := $(call objects,$(call sources,libc libc/*))
LWIP_SRC   := $(addprefix core/,def dns inet_chksum init ip mem memp netif pbuf raw stats sys tcp tcp_in tcp_out udp) \
	$(addprefix core/ipv4/,acd autoip dhcp etharp icmp igmp ip4 ip4_addr ip4_frag) api/err netif/ethernet
LWIP_OBJ   := $(LWIP_SRC:%=$(O)/obj/lwip/%.o)
# POSIX functions that newlib has the source of but does not build for this target.
POSIX_SRC  := regcomp regexec regerror regfree fnmatch glob collate collcmp
POSIX_OBJ  := $(POSIX_SRC:%=$(O)/obj/newlib/%.o)
DEBUGGER_OBJ := $(call objects,$(DEBUGGER_SRC))
NET_DEBUGGER_OBJ := $(call objects,$(NET_DEBUGGER_SRC))
SYSCTL_OBJ := $(call objects,$(SYSCTL_SRC))
NET_SYSCTL_OBJ := $(call objects,$(NET_SYSCTL_SRC))
DRIVER_OBJ := $(call objects,$(DRIVER_SRC))
ALL_OBJ    := $(KERNEL_OBJ) $(DRIVER_OBJ) $(NETDEV_OBJ) $(NET_DRIVER_OBJ) $(DEBUGGER_OBJ) $(NET_DEBUGGER_OBJ) $(SYSCTL_OBJ) $(NET_SYSCTL_OBJ) \
	$(EXT4_OBJ) $(NET_OBJ) $(LIBC_OBJ) $(LWIP_OBJ) $(POSIX_OBJ)

# $(call remember,FILE,TEXT): writes FILE only when TEXT has changed, so that what depends on FILE is rebuilt then.
# Read by cat: in GNU make 4.3 $(file <) inside a call may give something else, depending on the lengths.
differ = $(subst x$1x,,x$2x)$(subst x$2x,,x$1x)
remember = $(if $(call differ,$(shell cat $1 2>/dev/null),$2),$(file >$1,$2))

$(shell mkdir -p $(O)/flags)
$(call remember,$(O)/flags/app,$(FLAGS_app))

# $(call compiled,NAME,OBJECTS,CHOICE): OBJECTS are compiled with FLAGS_NAME, and again when those change, or the CHOICE of
# which sources get them.
define compiled
$(call remember,$(O)/flags/$1,$(strip $(FLAGS_$1) $3))
$2: FLAGS := $(FLAGS_$1)
$2: $(O)/flags/$1
endef

$(eval $(call compiled,kernel,$(filter-out $(HOT_OBJ),$(KERNEL_OBJ) $(DRIVER_OBJ) $(NETDEV_OBJ) $(DEBUGGER_OBJ) $(SYSCTL_OBJ)),$(HOT_SRC)))
$(eval $(call compiled,hot,$(HOT_OBJ),$(HOT_SRC)))
$(eval $(call compiled,net,$(NET_OBJ) $(NET_DEBUGGER_OBJ) $(NET_SYSCTL_OBJ)))
$(eval $(call compiled,lwip,$(LWIP_OBJ)))
$(eval $(call compiled,libc,$(LIBC_OBJ)))
$(eval $(call compiled,posix,$(POSIX_OBJ)))
$(NET_OBJ) $(NET_DEBUGGER_OBJ) $(NET_SYSCTL_OBJ): | $(LWIP_READY)
$(ALL_OBJ): | $(NEWLIB_READY)

# -MD, not -MMD: the C library's headers are ours too.
$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC_V)$(CC) $(FLAGS) -MD -MP -c $< -o $@

$(O)/obj/%.o: %.S
	@mkdir -p $(@D)
	$(CC_V)$(CC) $(FLAGS) -MD -MP -c $< -o $@

$(O)/obj/lwip/%.o: $(LWIP_READY)
	@mkdir -p $(@D)
	$(CC_V)$(CC) $(FLAGS) -MD -MP -c $(LWIP)/src/$*.c -o $@

$(O)/obj/newlib/%.o: $(NEWLIB_READY)
	@mkdir -p $(@D)
	$(CC_V)$(CC) $(FLAGS) -MD -MP -c $(NEWLIB)/posix/$*.c -o $@

-include $(ALL_OBJ:.o=.d)

# $(call archive,NAME,OBJECTS): a removed source leaves its archive too.
define archive
$(call remember,$(O)/flags/$1.objects,$1: $2)
$(O)/lib/$1.a: $2 $(O)/flags/$1.objects
	@mkdir -p $(O)/lib && rm -f $$@
	$$(AR_V)$(AR) rcsD $$@ $2
endef

LIBS := libkernel $(DRIVERS:%=lib%) libext4 libnet libnetdrivers libglue libdebugger libnetdebugger libsysctl libnetsysctl
$(eval $(call archive,libkernel,$(KERNEL_OBJ)))
$(foreach d,$(DRIVERS),$(eval $(call archive,lib$d,$(call objects,$(SRC_$d)))))
$(eval $(call archive,libdebugger,$(DEBUGGER_OBJ)))
$(eval $(call archive,libnetdebugger,$(NET_DEBUGGER_OBJ)))
$(eval $(call archive,libsysctl,$(SYSCTL_OBJ)))
$(eval $(call archive,libnetsysctl,$(NET_SYSCTL_OBJ)))
$(eval $(call archive,libext4,$(EXT4_OBJ)))
$(eval $(call archive,libnet,$(NET_OBJ) $(NETDEV_OBJ) $(LWIP_OBJ)))
$(eval $(call archive,libnetdrivers,$(NET_DRIVER_OBJ)))
$(eval $(call archive,libglue,$(LIBC_OBJ) $(POSIX_OBJ)))

.PHONY: lib
lib: $(LIBS:%=$(O)/lib/%.a)
