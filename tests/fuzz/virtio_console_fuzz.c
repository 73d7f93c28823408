/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console driver, and a device that does whatever the input says, on its control queue too. No byte is read that the
 * device did not say it wrote, and when it is honest again, every port there is carries bytes.
 *
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/port.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/fuzz/virtio_steer.c
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/console*.c
 */
#include "tests/fuzz/virtio_steer.h"
#include "kernel/console.h"
#include "kernel/pci.h"
#include "kernel/tty.h"
#include "virtio/virtio_console.h"

static struct model_console *models[16];
static struct console *consoles[256];
static unsigned nconsoles;
static struct port *claimed;
static size_t typed, seen;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

void console_register(struct console *c)
{
	if (!c->last_resort && nconsoles < 256)
		consoles[nconsoles++] = c;
}

uint64_t clock_now_ns(void)
{
	return shim_now_ns += 1000;
}

void tty_input(struct console *c)
{
	while (c->poll(c) >= 0)
		typed++;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	model_power_on();
	model_bus_use_ecam();
	for (unsigned i = 0; i < steer_variant_count; i++) {
		struct model_console *c = model_console_new(1ull << VIRTIO_CONSOLE_F_MULTIPORT |
							    1ull << VIRTIO_CONSOLE_F_SIZE);

		c->present[0] = c->is_console[0] = c->present[1] = c->connected[1] = true;
		c->name[1] = "log";
		models[i] = c;
		steer_plug(&c->v, i);
	}
	pci_init();
	model_run();
	steer_check(nconsoles == steer_variant_count, "a console is missing");
	return 0;
}

/* Any message, of any length. */
static void say(struct steer *s, struct model_console *c)
{
	uint8_t payload[200];
	size_t n = steer_byte(s) % sizeof payload;
	uint32_t id = steer_byte(s) % 5u;

	for (size_t i = 0; i < n; i++)
		payload[i] = steer_byte(s);
	model_console_say(c, id == 4 ? 0x80000001 : id, steer_byte(s) % 10u, steer_byte(s) % 3u, payload, n);
}

static void release(void)
{
	if (claimed)
		port_release(claimed);
	claimed = NULL;
}

static void use_port(struct steer *s)
{
	char buf[300];
	ssize_t n;

	switch (steer_byte(s) % 4) {
	case 0:
		release();
		claimed = port_find("log");
		if (claimed && port_claim(claimed, NULL, NULL) != 0)
			claimed = NULL;
		break;
	case 1:
		n = claimed ? claimed->ops->read(claimed, buf, sizeof buf) : 0;
		for (ssize_t i = 0; i < n; i++)
			seen += (unsigned char)buf[i]; /* has to be there */
		break;
	case 2:
		memset(buf, 'w', sizeof buf);
		if (claimed)
			(void)claimed->ops->write(claimed, buf, steer_byte(s));
		break;
	default:
		release();
	}
}

static void use_console(struct steer *s, struct model_console *c)
{
	const char text[] = "some text for whoever looks at consoles";

	consoles[steer_byte(s) % nconsoles]->write(consoles[0], text, steer_byte(s) % sizeof text);
	model_console_deliver(c, steer_byte(s) % MODEL_PORTS, text, steer_byte(s) % sizeof text);
}

/* The console of that device: it stays whatever happened to its port. */
static struct console *console_of(unsigned which)
{
	for (unsigned i = 0; i < nconsoles; i++) {
		struct vtcon_channel *ch = container_of(consoles[i], struct vtcon_port, console)->channel;

		if (ch->con->index == which && ch->id == 0)
			return consoles[i];
	}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct steer s = { data, data + len };
	unsigned which = steer_byte(&s) % steer_variant_count;
	struct model_console *c = models[which];
	struct console *console = console_of(which);
	size_t before;

	while (steer_more(&s)) {
		switch (steer_byte(&s) % 6) {
		case 0: say(&s, c); break;
		case 1: use_port(&s); break;
		case 2: use_console(&s, c); break;
		case 3: c->hold = steer_byte(&s) % 2; break;
		case 4: model_console_plug(c, steer_byte(&s) % MODEL_PORTS, steer_byte(&s) % 2); break;
		default: steer_device(&s, &c->v);
		}
	}
	release();
	c->hold = false;
	c->present[0] = c->present[1] = true;
	steer_to_rest(&c->v);
	model_console_plug(c, 0, true);
	model_run();
	memset(c->nsent, 0, sizeof c->nsent);
	console->write(console, "alive", 5);
	model_run();
	steer_check(c->nsent[0] >= 5 && !memcmp(c->sent[0] + c->nsent[0] - 5, "alive", 5), "a console is mute");
	before = typed;
	model_console_deliver(c, 0, "key", 3);
	model_run();
	steer_check(typed == before + 3, "what is typed does not come");
	memset(c->nsent, 0, sizeof c->nsent);
	return 0;
}
