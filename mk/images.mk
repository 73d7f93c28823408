# SPDX-License-Identifier: BSD-2-Clause
# Bootable images, linked by the same tool that users have.

APPS := hello httpd
THIMBLE := THIMBLE_SDK=$(O) tools/thimble

.PHONY: all run FORCE
all: $(APPS:%=$(O)/%.elf)

$(APPS:%=$(O)/%.elf): $(O)/%.elf: lib FORCE
	@$(THIMBLE) build apps/$* -o $@

run: setup
	@$(MAKE) --no-print-directory $(O)/httpd.elf
	@$(THIMBLE) run $(O)/httpd.elf -p 8080:8080 $(RUN)
