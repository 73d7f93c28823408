/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's qtest protocol: lines of text over a socket, with which a process outside does what the machine's processor would do to ports and memory.
 * One machine for each process. Widths are 1, 2 or 4 bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

void qtest_open(int fd); /* a stream socket, whose other end QEMU has */

uint32_t qtest_in(uint16_t port, unsigned width);
void qtest_out(uint16_t port, unsigned width, uint32_t value);
uint32_t qtest_read(uint64_t address, unsigned width);
void qtest_write(uint64_t address, unsigned width, uint32_t value);

/* From here on the I/O APIC's inputs come here and not to it. */
#define QTEST_LINES 24u
void qtest_take_lines(void);
bool qtest_line(unsigned input);

/* Notes what came without being asked for; waits for it no longer than this. */
void qtest_listen(int timeout_ms);
