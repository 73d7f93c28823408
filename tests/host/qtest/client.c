/* SPDX-License-Identifier: BSD-2-Clause */
/* See client.h. */
#include "tests/host/qtest/client.h"
#include "tests/host/qtest/qemu.h"
#include "tests/host/test.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <unistd.h>

static int connection = -1;
static char buffer[4096];
static size_t buffered;
static bool lines[QTEST_LINES];

void qtest_open(int fd)
{
	connection = fd;
}

static _Noreturn void lost(const char *what)
{
	test_fail("qtest", 0, what);
	printf("%s\n", qemu_complaints());
	fflush(NULL);
	_exit(1);
}

/* Waits for more of what QEMU says. */
static void receive(void)
{
	ssize_t n;

	do
		n = read(connection, buffer + buffered, sizeof buffer - buffered);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		lost("QEMU is gone");
	buffered += (size_t)n;
}

/* The first line of what was received, without its end. False: there is no whole one. */
static bool take_line(char *line, size_t size)
{
	char *end = memchr(buffer, '\n', buffered);
	size_t len = end ? (size_t)(end - buffer) : 0;

	if (!end)
		return false;
	if (len >= size)
		lost("a line too long to be one of qtest's");
	memcpy(line, buffer, len);
	line[len] = '\0';
	buffered -= len + 1;
	memmove(buffer, end + 1, buffered);
	return true;
}

/* "IRQ raise 10". False: it is the answer to a command. */
static bool is_event(const char *line)
{
	char what[8];
	unsigned input;

	if (sscanf(line, "IRQ %7s %u", what, &input) != 2)
		return false;
	if (input < QTEST_LINES)
		lines[input] = strcmp(what, "raise") == 0;
	return true;
}

static void next_answer(char *line, size_t size)
{
	do
		while (!take_line(line, size))
			receive();
	while (is_event(line));
}

/* "OK", or "OK 0x12": the value. */
static uint32_t command(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static uint32_t command(const char *fmt, ...)
{
	char text[80];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (write(connection, text, (size_t)len) != len)
		lost("QEMU does not listen");
	next_answer(text, sizeof text);
	if (strncmp(text, "OK", 2) != 0)
		lost(text);
	return text[2] ? (uint32_t)strtoull(text + 3, NULL, 0) : 0;
}

static char letter(unsigned width)
{
	return width == 1 ? 'b' : width == 2 ? 'w' : 'l';
}

uint32_t qtest_in(uint16_t port, unsigned width)
{
	return command("in%c 0x%x\n", letter(width), port);
}

void qtest_out(uint16_t port, unsigned width, uint32_t value)
{
	command("out%c 0x%x 0x%x\n", letter(width), port, value);
}

uint32_t qtest_read(uint64_t address, unsigned width)
{
	return command("read%c 0x%llx\n", letter(width), (unsigned long long)address);
}

void qtest_write(uint64_t address, unsigned width, uint32_t value)
{
	command("write%c 0x%llx 0x%x\n", letter(width), (unsigned long long)address, value);
}

void qtest_take_lines(void)
{
	command("irq_intercept_in ioapic\n");
}

bool qtest_line(unsigned input)
{
	return input < QTEST_LINES && lines[input];
}

void qtest_listen(int timeout_ms)
{
	struct pollfd p = { .fd = connection, .events = POLLIN };
	char line[80];

	if (poll(&p, 1, timeout_ms) > 0)
		receive();
	while (take_line(line, sizeof line))
		if (!is_event(line))
			lost("an answer that nobody asked for");
}
