# SPDX-License-Identifier: BSD-2-Clause
# Media that firmware boots: a disk image with a UEFI application, and a GRUB CD. IMAGE=NAME takes another app than httpd.

IMAGE ?= httpd
CMDLINE ?= ip=dhcp
export CMDLINE # to the recipes' shell as it is, quotes included

EFI_FLAGS := -std=gnu11 -O2 -g -fpic -fshort-wchar -ffreestanding -mno-red-zone -mgeneral-regs-only -fno-stack-protector \
	-fno-asynchronous-unwind-tables -Wall -Wextra -Werror -DGNU_EFI_USE_MS_ABI \
	-I $(ROOT) -isystem /usr/include/efi -isystem /usr/include/efi/x86_64
EFI_LD_FLAGS := -shared -Bsymbolic -nostdlib -z nocombreloc -z defs -z noexecstack --no-warn-rwx-segments --build-id=none \
	-T /usr/lib/elf_x86_64_efi.lds
EFI_SECTIONS := .text .sdata .data .rodata .dynamic .dynsym .rel .rela .rel.* .rela.* .reloc
EFI_OBJ := $(patsubst %,$(O)/obj/loader/%.o,$(basename $(wildcard boot/efi/*.c) boot/efi/jump.S boot/memory.c))

$(call remember,$(O)/flags/efi,$(EFI_FLAGS))
$(call remember,$(O)/flags/cmdline,$(CMDLINE))
-include $(EFI_OBJ:.o=.d)

$(O)/obj/loader/%.o: %.c $(O)/flags/efi
	@mkdir -p $(@D)
	$(CC_V)$(CC) $(EFI_FLAGS) -MMD -MP -c $< -o $@

$(O)/obj/loader/%.o: %.S $(O)/flags/efi
	@mkdir -p $(@D)
	$(CC_V)$(CC) $(EFI_FLAGS) -MMD -MP -c $< -o $@

$(O)/%.payload.o: $(O)/%.stripped boot/efi/payload.S
	@$(CC) $(EFI_FLAGS) -DPAYLOAD='"$<"' -c boot/efi/payload.S -o $@

$(O)/%.stripped: $(O)/%.elf
	@strip -o $@ $<

# GNU-EFI's way: a shared object with the application's layout, turned into PE by objcopy.
$(O)/%.efi: $(EFI_OBJ) $(O)/%.payload.o
	@ld $(EFI_LD_FLAGS) /usr/lib/crt0-efi-x86_64.o $^ /usr/lib/libefi.a /usr/lib/libgnuefi.a -o $(@:.efi=.so)
	@objcopy $(EFI_SECTIONS:%=-j %) --target efi-app-x86_64 --subsystem=10 $(@:.efi=.so) $@

# A FAT file system without partitions: firmware takes it as removable media.
$(O)/%.img: $(O)/%.efi $(O)/flags/cmdline
	@tools/mkesp $@ $< "$$CMDLINE"

$(O)/%.iso: $(O)/%.stripped $(O)/flags/cmdline
	@tools/mkiso $@ $< "$$CMDLINE"

.PHONY: efi iso
efi: $(O)/$(IMAGE).img
iso: $(O)/$(IMAGE).iso
.SECONDARY: $(EFI_OBJ)
.PRECIOUS: $(O)/%.efi $(O)/%.stripped $(O)/%.payload.o
