/* SPDX-License-Identifier: BSD-2-Clause */
/* The fake system behind debug/target/target.h. */
#include "tests/host/debug/gdb_target.h"
#include "debug/line/line.h"
#include "debug/monitor.h"
#include "kernel/cpu.h"
#include "kernel/param.h"
#include "kernel/port.h"
#include "kernel/thread.h"
#include "kernel/x86_64/trap.h"
#include <errno.h>
#include <string.h>

extern const struct target_front *const __start_target_fronts[];
extern const struct param *const __start_params[]; /* the stub's alone */

void gdb_start(void);

uint8_t fake_memory[MEMORY_SIZE];
struct target_registers fake_registers[THREADS + 1];
struct target_fpu fake_fpu;
struct target_point_info fake_points[8];
unsigned fake_npoints, fake_breaks, fake_stepped;
char fake_output[1 << 20];
size_t fake_output_len;

static struct thread threads[THREADS] = {
	{ .id = 1, .name = "main", .state = THREAD_RUNNING },
	{ .id = 2, .name = "a<&>\"b", .state = THREAD_RUNNING },
	{ .id = 3, .name = "fifteen letters", .state = THREAD_BLOCKED },
};

static const char *input;
static size_t input_len;
static int input_end;
static struct port port;
static const struct line *claimed;

/* In pieces, as from a line. */
static ssize_t frozen_read(struct port *p, void *buf, size_t len)
{
	size_t n = input_len < 7 ? input_len : 7;

	(void)p;
	if (n == 0)
		return input_end;
	n = n < len ? n : len;
	memcpy(buf, input, n);
	input += n;
	input_len -= n;
	return (ssize_t)n;
}

static ssize_t frozen_write(struct port *p, const void *buf, size_t len)
{
	size_t room = sizeof(fake_output) - fake_output_len;

	(void)p;
	len = len < 100 ? len : 100;
	len = len < room ? len : room;
	memcpy(fake_output + fake_output_len, buf, len);
	fake_output_len += len;
	return room ? (ssize_t)len : -EPIPE;
}

static const struct port_ops ops = { .frozen_read = frozen_read, .frozen_write = frozen_write };

bool debugger_line_open(struct line *l)
{
	port.ops = &ops;
	port.connected = true;
	l->port = &port;
	claimed = l;
	return true;
}

void debugger_line_open_later(struct line *l)
{
	debugger_line_open(l);
}

void fake_start(const char *value)
{
	*(const char **)__start_params[0]->target = value;
	gdb_start();
}

void fake_arrives(void)
{
	claimed->arrived(&port, (void *)claimed);
}

int fake_talk(struct fake_stop f, const char *text, long len, int end, enum target_resume *how)
{
	struct trap_frame frame = { .rip = f.rip, .vector = (uint64_t)f.vector };
	struct target_stop stop = {
		.cause = f.cause, .why = "a test", .frame = &frame, .thread = &threads[0],
		.watched = f.watched,
	};

	stop.trap = (__typeof__(stop.trap))f.trap;
	input = text;
	input_len = len < 0 ? strlen(text) : (size_t)len;
	input_end = end;
	fake_output_len = 0;
	return __start_target_fronts[0]->stopped(&stop, how);
}

struct thread *target_thread_next(const struct thread *t)
{
	if (!t)
		return &threads[0];
	return t == &threads[THREADS - 1] ? NULL : &threads[t - threads + 1];
}

struct thread *target_thread(unsigned id)
{
	return id && id <= THREADS ? &threads[id - 1] : NULL;
}

struct cpu *target_cpu_of(const struct thread *t)
{
	static struct cpu cpu;

	return t->state == THREAD_RUNNING ? &cpu : NULL;
}

bool target_try(void (*f)(void *arg), void *arg)
{
	f(arg);
	return true;
}

bool target_registers(const struct thread *t, struct target_registers *r, bool *all)
{
	*r = fake_registers[t->id];
	*all = t->state == THREAD_RUNNING;
	return true;
}

bool target_set_registers(struct thread *t, const struct target_registers *r)
{
	if (t->state == THREAD_RUNNING)
		fake_registers[t->id] = *r;
	return t->state == THREAD_RUNNING;
}

bool target_step_on(const struct thread *t)
{
	fake_stepped = t->id;
	return t->state == THREAD_RUNNING;
}

enum target_known target_fpu(const struct thread *t, struct target_fpu *f)
{
	*f = fake_fpu;
	return t->state == THREAD_RUNNING ? TARGET_ALL : TARGET_MODES;
}

bool target_set_fpu(const struct thread *t, const struct target_fpu *f)
{
	fake_fpu = *f;
	return t->state == THREAD_RUNNING;
}

bool target_has_ymm(void)
{
	return true;
}

static size_t there(uint64_t address, size_t len)
{
	uint64_t room = MEMORY_SIZE - (address - MEMORY);

	if (address - MEMORY >= MEMORY_SIZE)
		return 0;
	return len < room ? len : room;
}

size_t target_read(uint64_t address, void *buf, size_t len)
{
	size_t n = there(address, len);

	if (n)
		memcpy(buf, fake_memory + (address - MEMORY), n);
	return n;
}

size_t target_write(uint64_t address, const void *buf, size_t len)
{
	size_t n = there(address, len);

	if (n)
		memcpy(fake_memory + (address - MEMORY), buf, n);
	return n;
}

int target_point_set(enum target_point kind, uint64_t address, unsigned len)
{
	if (kind >= TARGET_WATCH_WRITE && (!len || len > 8 || (len & (len - 1)) || address % len))
		return -EINVAL;
	if (!there(address, 1))
		return -EFAULT;
	if (fake_npoints == sizeof(fake_points) / sizeof(fake_points[0]))
		return -ENOSPC;
	fake_points[fake_npoints++] = (struct target_point_info){ kind, address, len };
	return 0;
}

int target_point_clear(enum target_point kind, uint64_t address, unsigned len)
{
	for (unsigned i = 0; i < fake_npoints; i++) {
		const struct target_point_info *p = &fake_points[i];

		if (p->kind != kind || p->address != address || p->len != len)
			continue;
		fake_points[i] = fake_points[--fake_npoints];
		return 0;
	}
	return -ENOENT;
}

bool target_point_at(unsigned index, struct target_point_info *p)
{
	if (index < fake_npoints)
		*p = fake_points[index];
	return index < fake_npoints;
}

void debugger_break(void)
{
	fake_breaks++;
}

void kdb_enter(const char *why)
{
	(void)why;
	fake_breaks++;
}

int monitor_run(const char *line, void (*emit)(const char *text, size_t len))
{
	emit("you said ", 9);
	emit(line, strlen(line));
	return 0;
}
