/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QEMU whose processor halts at once and whose RAM is this process's too, at the same addresses: so the drivers under
 * test, which take an address for what a device can be told, need no other for QEMU's devices.
 *
 * First come the arguments, then qemu_start(). QEMU ends when the test does, however that ends.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * RAM lies where AddressSanitizer has nothing of its own and no program is loaded. The first megabyte, which is not all
 * RAM in a PC, is left alone.
 */
#define QEMU_RAM_START 0x100000ul
#define QEMU_RAM_END   0x8000000ul

/* Arguments, with spaces between. */
void qemu_add(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A socket whose other end QEMU has, as a character device of this name. */
int qemu_chardev(const char *id);
int qemu_socket(int *fd); /* the other end is this one in QEMU; arguments that name it are the caller's */

/* A file of the test's own, removed with QEMU; its name is written to path. */
#define QEMU_PATH_MAX 200
int qemu_file(char *path);

void qemu_make_ram(void); /* first of all */
void qemu_start(const char *machine);

/* Who has an ordinary stack waits here for qemu_start() and does its fork; QEMU lives no longer than that thread. */
void qemu_launch(void);
void qemu_stop(void);

/* Bytes of RAM that take memory of the host's. */
uint64_t qemu_ram_used(void);

/* Runs a command of QMP, written without its outer braces; returns QEMU's answer, until the next one. */
const char *qemu_qmp(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* What QEMU had to say against what was done to it, in its own words: "" is nothing. */
const char *qemu_complaints(void);
