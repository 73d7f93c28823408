# SPDX-License-Identifier: BSD-2-Clause
# Thimble's build. `make help` lists the targets; O=DIR builds elsewhere, V=1 shows the commands,
# DEBUG=1 checks more at run time and builds in build/debug.

ROOT := $(CURDIR)
O ?= $(if $(DEBUG),build/debug,build)
JOBS ?= $(shell nproc)
CC := gcc

ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

ifndef V
CC_V = @echo "  CC   $(@:$(O)/obj/%=%)";
AR_V = @echo "  AR   $@";
endif

include mk/third-party.mk
include mk/flags.mk
include mk/compile.mk
include mk/images.mk
include mk/media.mk
include mk/test.mk
include mk/bench.mk
include mk/setup.mk

.PHONY: help clean distclean
help:
	@cat mk/help.txt

clean:
	rm -rf $(filter-out $(O)/third_party,$(wildcard $(O)/*))

distclean:
	rm -rf build third_party/dl
