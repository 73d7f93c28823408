# SPDX-License-Identifier: BSD-2-Clause
# newlib and lwIP: fetched, checked and built once, whatever O is.

THIRD_PARTY := $(ROOT)/build/third_party
NEWLIB := $(THIRD_PARTY)/newlib
LWIP := $(THIRD_PARTY)/lwip
TARBALLS := $(ROOT)/third_party/dl

NEWLIB_READY := $(NEWLIB)/.ready
LWIP_READY := $(LWIP)/.ready

.PHONY: third-party
third-party: $(NEWLIB_READY) $(LWIP_READY)

$(NEWLIB_READY): third_party/pins third_party/build-newlib libc/include/machine/_types.h libc/include/sys/config.h
	@third_party/fetch $(TARBALLS) newlib
	@echo "building newlib (a minute or two)"
	@third_party/build-newlib $(TARBALLS)/newlib_*.orig.tar.* $(THIRD_PARTY)/obj/newlib $(NEWLIB) $(JOBS)
	@touch $@

$(LWIP_READY): third_party/pins
	@third_party/fetch $(TARBALLS) lwip
	@rm -rf $(LWIP) && mkdir -p $(LWIP)
	@tar -xf $(TARBALLS)/lwip_*.orig.tar.* -C $(LWIP) --strip-components=1
	@touch $@
