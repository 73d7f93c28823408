# SPDX-License-Identifier: BSD-2-Clause
# Bootable images, linked by the same tool that users have.

APPS := hello httpd
OPTIONS_httpd := --with ext4 --with debug # the tree to serve may come from a disk; people look into the demo
THIMBLE := THIMBLE_SDK=$(O) tools/thimble

.PHONY: all run FORCE
all: $(APPS:%=$(O)/%.elf)

$(APPS:%=$(O)/%.elf): $(O)/%.elf: lib FORCE
	@$(THIMBLE) build apps/$* -o $@ $(OPTIONS_$*)

run: setup
	@$(MAKE) --no-print-directory $(O)/httpd.elf
	@$(THIMBLE) run $(O)/httpd.elf -p 8080:8080 $(RUN)
