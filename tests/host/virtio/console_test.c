/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console driver against a strict model device: one console, several ports, the control queue, emergency writing,
 * and a device that fails, lies or does not listen.
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/console*.c tests/host/model/transports.c kernel/port.c
 */
#include "tests/host/model/transports.h"
#include "kernel/console.h"
#include "kernel/pci.h"
#include "kernel/port.h"
#include "kernel/shutdown.h"
#include "kernel/tty.h"
#include "virtio/virtio_console.h"
#include <errno.h>

#define BIT(n)    (1ull << (n))
#define SIZE      BIT(VIRTIO_CONSOLE_F_SIZE)
#define MULTIPORT BIT(VIRTIO_CONSOLE_F_MULTIPORT)
#define EMERGENCY BIT(VIRTIO_CONSOLE_F_EMERG_WRITE)

static struct console *consoles[8];
static unsigned nconsoles;
static char typed[3000];
static size_t ntyped;
static unsigned cols, rows, resizes, full;
static bool frozen;

void console_register(struct console *c)
{
	consoles[nconsoles++] = c;
}

bool console_frozen(void)
{
	return frozen;
}

void tty_input(struct console *c)
{
	int byte;

	while (!full && (byte = c->poll(c)) >= 0)
		typed[ntyped++] = (char)byte;
}

void tty_set_window(unsigned short new_cols, unsigned short new_rows)
{
	cols = new_cols;
	rows = new_rows;
	resizes++;
}

/* Who looks at the clock polls: time passes, and the device works. */
static bool device_works;

uint64_t clock_now_ns(void)
{
	static bool inside;

	shim_now_ns += 1000;
	if (device_works && !inside) {
		inside = true;
		model_run();
		inside = false;
	}
	return shim_now_ns;
}

static void freeze(void)
{
	frozen = device_works = true;
}

static void say(struct console *c, const char *text)
{
	c->write(c, text, strlen(text));
}

static struct model_console *boot(uint64_t features)
{
	struct model_console *c = model_console_new(features);

	model_bus_use_ecam();
	model_pci_plug(&c->v);
	pci_init();
	model_run();
	return c;
}

/* Port 0 is a console, port 1 is called "log", port 2 comes later. */
static struct model_console *make_multiport(uint64_t features)
{
	struct model_console *c = model_console_new(MULTIPORT | features);

	c->present[0] = c->is_console[0] = c->present[1] = c->connected[1] = true;
	c->name[1] = "log";
	return c;
}

static struct model_console *boot_multiport(void)
{
	struct model_console *c = make_multiport(SIZE | EMERGENCY);

	model_bus_use_ecam();
	model_pci_plug(&c->v);
	pci_init();
	model_run();
	return c;
}

static bool has_sent(const struct model_console *c, unsigned port, const char *text)
{
	return c->nsent[port] == strlen(text) && memcmp(c->sent[port], text, c->nsent[port]) == 0;
}

/* --- one console --- */

RING_TEST(single)
{
	struct model_console *c = boot(SIZE);

	CHECK_EQ(nconsoles, 1);
	CHECK_STR(consoles[0]->name, "hvc0");
	CHECK_EQ(cols, 80);
	CHECK_EQ(rows, 25);
	say(consoles[0], "hello");
	model_run();
	CHECK(has_sent(c, 0, "hello"));
	CHECK_EQ(model_console_deliver(c, 0, "typed", 5), 5);
	model_run();
	CHECK_EQ(ntyped, 5);
	CHECK(memcmp(typed, "typed", 5) == 0);
	((struct virtio_console_config *)c->v.config)->cols = 132;
	model_config_changed(&c->v);
	model_run();
	CHECK_EQ(cols, 132);
	CHECK_EQ(resizes, 2);
	model_shows("FACT-26");
}

/* Ten times what its buffers hold, while the terminal takes it a piece at a time: the device waits, nothing is lost. */
RING_TEST(input_that_has_to_wait)
{
	struct model_console *c = boot(0);
	char text[2560];
	size_t given = 0;

	for (unsigned i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 7 + i / 256);
	full = 1;
	while (given < sizeof(text)) {
		size_t n = model_console_deliver(c, 0, text + given, sizeof(text) - given);

		given += n;
		model_run();
		if (n == 0) {
			full = 0;
			tty_input(consoles[0]);
			full = 1;
			model_run();
		}
	}
	full = 0;
	tty_input(consoles[0]);
	CHECK_EQ(ntyped, sizeof(text));
	CHECK(memcmp(typed, text, sizeof(text)) == 0);
}

/* What the host does not take waits in a bounded ring; further output is dropped, counted, and holds nobody up for long. */
RING_TEST(host_that_does_not_read)
{
	struct model_console *c = boot(0);
	uint64_t start = shim_now_ns;
	size_t room;

	c->hold = true;
	for (unsigned i = 0; i < 1000; i++)
		say(consoles[0], "0123456789abcdef0123456789abcdef");
	room = 32000 - consoles[0]->dropped;
	CHECK(room >= 16384 && room < 20000);
	CHECK(shim_now_ns - start < 1000000000ull);
	CHECK(consoles[0]->room(consoles[0]) < 32);
	model_console_release(c);
	model_run();
	CHECK_EQ(c->nsent[0], room);
	for (unsigned i = 0; i < room; i++)
		CHECK(c->sent[0][i] == "0123456789abcdef"[i % 16]);
	say(consoles[0], "!");
	model_run();
	CHECK_EQ(c->nsent[0], room + 1);
}

/* --- emergency writing --- */

/* As long as the device takes from the ring, that is the way, as it loses nothing. */
MACHINE_TEST(emergency_when_the_device_hangs)
{
	struct model_console *c = boot(EMERGENCY);

	say(consoles[0], "queued ");
	freeze();
	say(consoles[0], "panic");
	CHECK_EQ(c->nemergency, 0);
	CHECK(has_sent(c, 0, "queued panic"));
	device_works = false;
	say(consoles[0], "first");
	say(consoles[0], "then");
	CHECK_EQ(c->nemergency, 9);
	CHECK(memcmp(c->emergency, "firstthen", 9) == 0);
	model_shows("FACT-25");
}

/* A CPU was stopped in the middle of the queue's work: nobody waits for it, and what there is to say is said. */
MACHINE_TEST(emergency_with_a_lock_held)
{
	struct model_console *c = boot(EMERGENCY);
	struct vtcon_channel *ch = container_of(consoles[0], struct vtcon_port, console)->channel;

	freeze();
	spin_lock(&ch->tx->lock);
	say(consoles[0], "panic");
	CHECK_EQ(c->nemergency, 5);
	CHECK_EQ(consoles[0]->poll(consoles[0]), -1);
}

/* Its queues cannot be set up: the console is there all the same. */
MACHINE_TEST(emergency_without_queues)
{
	struct model_console *c = model_console_new(EMERGENCY);

	c->v.queue[1].max = 0;
	model_bus_use_ecam();
	model_pci_plug(&c->v);
	pci_init();
	model_run();
	CHECK_EQ(nconsoles, 1);
	CHECK(c->v.status & VIRTIO_STATUS_FAILED);
}

/* Without it the frozen system polls the queue, both ways. */
RING_TEST(frozen)
{
	struct model_console *c = boot(0);

	freeze();
	say(consoles[0], "panic");
	CHECK(has_sent(c, 0, "panic"));
	CHECK_EQ(model_console_deliver(c, 0, "?", 1), 1);
	CHECK_EQ(consoles[0]->poll(consoles[0]), '?');
	CHECK_EQ(consoles[0]->poll(consoles[0]), -1);
	CHECK_EQ(ntyped, 0);
}

/* --- several ports --- */

static struct port *find(const char *name)
{
	struct port *p = port_find(name);

	if (!p)
		test_fail(__FILE__, __LINE__, "no port of that name");
	return p;
}

static ssize_t port_read(struct port *p, char *buf, size_t len)
{
	return p->ops->read(p, buf, len);
}

static ssize_t port_write(struct port *p, const char *text)
{
	return p->ops->write(p, text, strlen(text));
}

RING_TEST(ports)
{
	struct model_console *c = boot_multiport();
	char buf[100];
	struct port *p = find("log");

	CHECK_EQ(c->said[0].event, VIRTIO_CONSOLE_DEVICE_READY);
	CHECK_EQ(c->said[0].value, 1);
	CHECK_STR(p->name, "vport0p1");
	CHECK(find("vport0p1") == p);
	CHECK(!port_find("vport0p2"));
	CHECK_STR(consoles[nconsoles - 1]->name, "hvc0");
	CHECK(c->open[0] && !c->open[1]);
	say(consoles[nconsoles - 1], "console");
	CHECK_EQ(port_claim(p, NULL, NULL), 0);
	CHECK_EQ(port_claim(p, NULL, NULL), -EBUSY);
	CHECK_EQ(port_claim(find("vport0p0"), NULL, NULL), -EBUSY); /* the console's */
	CHECK_EQ(port_read(p, buf, 100), -EAGAIN);
	CHECK_EQ(port_write(p, "to the log"), 10);
	model_run();
	CHECK(c->open[1]);
	CHECK(has_sent(c, 0, "console"));
	CHECK(has_sent(c, 1, "to the log"));
	CHECK_EQ(model_console_deliver(c, 1, "answer", 6), 6);
	model_run();
	CHECK_EQ(port_read(p, buf, 3), 3);
	CHECK_EQ(port_read(p, NULL, 0), 0);
	CHECK_EQ(port_read(p, buf + 3, 97), 3);
	CHECK(memcmp(buf, "answer", 6) == 0);
	port_release(p);
	model_run();
	CHECK(!c->open[1]);
	model_shows("CON-03");
	model_shows("CON-05");
	model_shows("CON-06");
}

RING_TEST(a_console_port_is_a_text_console)
{
	struct model_console *c = boot_multiport();
	const uint16_t size[2] = { 100, 40 };

	CHECK_EQ(model_console_deliver(c, 0, "keys", 4), 4);
	model_run();
	CHECK_EQ(ntyped, 4);
	model_console_say(c, 0, VIRTIO_CONSOLE_RESIZE, 0, size, sizeof(size));
	model_run();
	CHECK_EQ(cols, 100);
	CHECK_EQ(rows, 40);
	model_shows("CON-04");
	model_shows("FACT-27");
}

RING_TEST(the_host_leaves_and_comes_back)
{
	struct model_console *c = boot_multiport();
	struct port *p = find("log");
	char buf[10];

	port_claim(p, NULL, NULL);
	model_run();
	model_console_deliver(c, 1, "rest", 4);
	model_console_say(c, 1, VIRTIO_CONSOLE_PORT_OPEN, 0, "", 0);
	model_run();
	CHECK_EQ(port_read(p, buf, 10), 4); /* what was left, then the end */
	CHECK_EQ(port_read(p, buf, 10), 0);
	CHECK_EQ(port_write(p, "x"), -EAGAIN);
	model_console_say(c, 1, VIRTIO_CONSOLE_PORT_OPEN, 1, "", 0);
	model_run();
	CHECK_EQ(port_read(p, buf, 10), -EAGAIN);
	CHECK_EQ(port_write(p, "x"), 1);
	model_run();
	CHECK(has_sent(c, 1, "x"));
}

RING_TEST(ports_that_come_and_go)
{
	struct model_console *c = boot_multiport();
	struct port *first, *second;
	char buf[10];

	c->name[2] = "late/one";
	model_console_plug(c, 2, true);
	model_run();
	first = find("late_one"); /* it is to be a file's name */
	port_claim(first, NULL, NULL);
	model_run();
	model_console_deliver(c, 2, "unread", 6);
	model_console_plug(c, 2, false);
	model_run();
	CHECK(!port_find("late_one"));
	CHECK_EQ(port_read(first, buf, 10), -ENODEV);
	CHECK_EQ(port_write(first, "x"), -ENODEV);
	model_console_plug(c, 2, true);
	model_run();
	second = find("vport0p2");
	CHECK(second != first); /* whose user does not speak to the new one */
	CHECK_EQ(port_claim(second, NULL, NULL), 0);
	model_run();
	CHECK_EQ(port_read(second, buf, 10), 0); /* nobody is connected, and nothing of before */
	port_release(first);
	CHECK(c->open[2]);
	for (unsigned i = 0; i < 100; i++) {
		model_console_plug(c, 2, i % 2);
		model_run();
	}
	CHECK(port_find("vport0p2"));
}

RING_TEST(a_console_that_comes_and_goes)
{
	struct model_console *c = boot_multiport();
	struct console *hvc = consoles[nconsoles - 1];
	unsigned n = nconsoles;

	model_console_plug(c, 0, false);
	model_run();
	say(hvc, "lost");
	model_run();
	CHECK_EQ(c->nsent[0], 0);
	model_console_plug(c, 0, true);
	model_run();
	CHECK_EQ(nconsoles, n);
	say(hvc, "back");
	model_run();
	CHECK(has_sent(c, 0, "back"));
}

/* --- over all transports --- */

TRANSPORT_TEST(everywhere)
{
	struct model_console *c = make_multiport(EMERGENCY | SIZE);
	struct port *p;
	char big[40000], buf[40000];
	size_t sent = 0, got = 0;

	model_plug(&c->v);
	model_settle();
	p = find("log");
	port_claim(p, NULL, NULL);
	model_settle();
	for (unsigned i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * i + i / 256);
	while (sent < sizeof(big)) {
		ssize_t n = p->ops->write(p, big + sent, sizeof(big) - sent);

		sent += n > 0 ? (size_t)n : 0;
		model_settle();
	}
	CHECK_EQ(c->nsent[1], sizeof(big));
	CHECK(memcmp(c->sent[1], big, sizeof(big)) == 0);
	for (sent = 0; got < sizeof(buf);) {
		ssize_t n;

		sent += model_console_deliver(c, 1, big + sent, sizeof(big) - sent);
		model_settle();
		n = port_read(p, buf + got, 3000);
		got += n > 0 ? (size_t)n : 0;
		model_settle();
	}
	CHECK(memcmp(buf, big, sizeof(big)) == 0);
	if (!c->v.legacy)
		return;
	CHECK_EQ(cols, 80);
	model_shows("CONL-01");
	model_shows("CONL-03");
}

/* --- failures --- */

/* What the device had not taken is sent again, what it had filled is still read, and the ports are as open as before. */
RING_TEST(recovery)
{
	struct model_console *c = boot_multiport();
	struct port *p = find("log");
	char buf[10];

	port_claim(p, NULL, NULL);
	model_run();
	model_console_deliver(c, 1, "kept", 4);
	c->hold = true;
	port_write(p, "one ");
	port_write(p, "two");
	model_run();
	c->hold = false;
	model_needs_reset(&c->v);
	model_run();
	CHECK(has_sent(c, 1, "one two"));
	CHECK_EQ(port_read(p, buf, 10), 4);
	CHECK(c->open[0] && c->open[1]);
	CHECK(find("log") == p);
	say(consoles[nconsoles - 1], "on");
	model_console_deliver(c, 0, "in", 2);
	model_run();
	CHECK(has_sent(c, 0, "on"));
	CHECK_EQ(ntyped, 2);
}

RING_TEST(gone)
{
	struct model_console *c = boot_multiport();
	struct port *p = find("log");

	port_claim(p, NULL, NULL);
	model_run();
	c->v.fault.never_resets = true;
	model_needs_reset(&c->v);
	model_run();
	CHECK_EQ(port_write(p, "x"), -ENODEV);
	CHECK(!port_find("log"));
	say(consoles[nconsoles - 1], "nobody hears it");
	port_release(p);
}

/* One of each; the fuzzer does the rest. */
RING_TEST(lies)
{
	struct model_console *c = boot_multiport();
	unsigned resets = c->v.resets;

	c->v.fault.used = USED_LEN_TOO_LONG;
	model_console_deliver(c, 0, "x", 1);
	model_run();
	CHECK_EQ(c->v.resets, resets + 2);
	CHECK_EQ(ntyped, 0);
	say(consoles[nconsoles - 1], "alive");
	model_console_deliver(c, 0, "y", 1);
	model_run();
	CHECK(has_sent(c, 0, "alive"));
	CHECK_EQ(ntyped, 1);
}

RING_TEST(control_messages_that_make_no_sense)
{
	struct model_console *c = boot_multiport();
	char name[200];
	struct port *p;

	memset(name, 'n', sizeof(name));
	model_console_say(c, 7, VIRTIO_CONSOLE_DEVICE_ADD, 1, "", 0);
	model_console_say(c, 0xffffffff, VIRTIO_CONSOLE_PORT_OPEN, 1, "", 0);
	model_console_say(c, 2, VIRTIO_CONSOLE_PORT_NAME, 1, "absent", 6);
	model_console_say(c, 2, VIRTIO_CONSOLE_DEVICE_REMOVE, 1, "", 0);
	model_console_say(c, 1, 99, 1, "", 0);
	model_run();
	model_console_say(c, 0, VIRTIO_CONSOLE_RESIZE, 1, "xy", 2);
	model_console_say(c, 1, VIRTIO_CONSOLE_DEVICE_ADD, 1, "", 0);
	model_run();
	CHECK(!port_find("absent"));
	CHECK_EQ(resizes, 1);
	p = find("log");
	model_console_say(c, 1, VIRTIO_CONSOLE_PORT_NAME, 1, name, sizeof(name));
	model_run();
	CHECK_EQ(strlen(p->alias), sizeof(p->alias) - 1);
	model_console_say(c, 1, VIRTIO_CONSOLE_PORT_NAME, 1, "..", 2);
	model_run();
	CHECK_STR(p->alias, "_.");
}

RING_TEST(output_before_the_end)
{
	struct model_console *c = boot_multiport();

	say(consoles[nconsoles - 1], "last words");
	device_works = true;
	shutdown_run();
	CHECK(has_sent(c, 0, "last words"));
	CHECK_EQ(c->v.status, 0);
}

TEST_MAIN
