/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel that host tests stand on: weak stand-ins for what the code under test calls. See shim.h. */
#include "tests/host/shim.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/futex.h"
#include "kernel/heap.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "kernel/mutex.h"
#include "kernel/memgiver.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/param.h"
#include "kernel/port.h"
#include "kernel/power.h"
#include "kernel/printf.h"
#include "kernel/random.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "kernel/tracepoint.h"
#include "kernel/tty.h"
#include "kernel/vm.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/io.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEAK __attribute__((weak))

/* --- processor --- */

struct cpu shim_cpu = { .self = &shim_cpu };
unsigned long shim_flags = CPU_FLAG_IF;
void (*shim_on_irq_enable)(void);
void (*shim_on_halt)(void);

WEAK void timer_interrupt(void) { }

/*
 * Nobody can run: time passes until the next event, as in a machine whose only device is its clock.
 */
static void jump_to_next_event(void)
{
	uint64_t deadline = shim_event_ns;

	if (deadline == UINT64_MAX)
		panic("halted for ever: nothing is runnable and no timer is set");
	if (shim_now_ns < deadline)
		shim_now_ns = deadline;
	shim_event_ns = UINT64_MAX; /* one shot */
	shim_cpu.interrupt_depth++;
	timer_interrupt();
	shim_cpu.interrupt_depth--;
}

WEAK void cpu_idle(void)
{
	if (shim_on_halt)
		shim_on_halt();
	else
		jump_to_next_event();
}

WEAK unsigned trace_groups;
WEAK struct cpu *cpus[CPU_MAX + 1] = { &shim_cpu };
WEAK _Atomic uint64_t cpus_online = 1;
WEAK unsigned cpu_count(void) { return 1; }
WEAK void cpu_spin(void) { }
WEAK void cpu_kick(struct cpu *cpu) { (void)cpu; }
WEAK uint64_t cpus_stop(struct trap_frame *tf) { return (void)tf, 0; }
WEAK _Noreturn void cpus_halt(void) { abort(); }
WEAK _Noreturn void cpu_stop_here(struct trap_frame *tf) { (void)tf; abort(); }
WEAK struct trap_frame *cpu_stopped_at(const struct cpu *cpu) { return (void)cpu, NULL; }
struct thread *cpu_current_thread(void) { return shim_cpu.current; }
bool cpu_preempt_pending(void) { return shim_cpu.preempt_pending; }

struct shim_io shim_io;

uint32_t shim_port_read(uint16_t port, unsigned width)
{
	return shim_io.port_read ? shim_io.port_read(port, width) : 0xffffffffu;
}

void shim_port_write(uint16_t port, uint32_t value, unsigned width)
{
	if (shim_io.port_write)
		shim_io.port_write(port, value, width);
}

uint32_t shim_mmio_read(const volatile void *a, unsigned width)
{
	if (shim_io.mmio_read)
		return shim_io.mmio_read(a, width);
	switch (width) {
	case 1: return *(const volatile uint8_t *)a;
	case 2: return *(const volatile uint16_t *)a;
	default: return *(const volatile uint32_t *)a;
	}
}

void shim_mmio_write(volatile void *a, uint32_t value, unsigned width)
{
	if (shim_io.mmio_write) {
		shim_io.mmio_write(a, value, width);
		return;
	}
	switch (width) {
	case 1: *(volatile uint8_t *)a = (uint8_t)value; break;
	case 2: *(volatile uint16_t *)a = (uint16_t)value; break;
	default: *(volatile uint32_t *)a = value;
	}
}

WEAK uint64_t cpu_random_u64(unsigned *bits_vouched)
{
	static uint64_t state = 0x9e3779b97f4a7c15ull;

	*bits_vouched = 64;
	return state = state * 6364136223846793005ull + 1442695040888963407ull;
}

/* --- threads: context switches over ucontext, announced to AddressSanitizer --- */

#if defined(__SANITIZE_ADDRESS__)
#define SHIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHIM_ASAN 1
#endif
#endif

#ifdef SHIM_ASAN
void __sanitizer_start_switch_fiber(void **save, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *save, const void **old_bottom, size_t *old_size);
#else
static void __sanitizer_start_switch_fiber(void **save, const void *bottom, size_t size)
{
	(void)save, (void)bottom, (void)size;
}
static void __sanitizer_finish_switch_fiber(void *save, const void **bottom, size_t *size)
{
	(void)save, (void)bottom, (void)size;
}
#endif

static struct context *switched_from, *starting;

/* The stack we came from is known only now, the first time somebody leaves it. */
static void arrived(void *fake_stack)
{
	const void *low;
	size_t size;

	__sanitizer_finish_switch_fiber(fake_stack, &low, &size);
	if (!switched_from->stack_low) {
		switched_from->stack_low = low;
		switched_from->stack_size = size;
	}
}

static void trampoline(void)
{
	struct context *c = starting;

	arrived(NULL);
	c->entry(c->arg);
	abort();
}

/* A stack is so large, and aligned so; threads begin some way below its top. */
#define SHIM_STACK (256ul * 1024)

void context_init(struct context *c, void *stack_top, uint64_t fs_base, void (*entry)(void *),
		  void *arg)
{
	memset(c, 0, sizeof(*c));
	c->entry = entry;
	c->arg = arg;
	c->fs_base = fs_base;
	c->stack_low = (void *)(((uintptr_t)stack_top - 1) & -SHIM_STACK);
	c->stack_size = (size_t)((char *)stack_top - (char *)c->stack_low);
	getcontext(&c->uc);
	c->uc.uc_stack.ss_sp = (void *)c->stack_low;
	c->uc.uc_stack.ss_size = c->stack_size;
	makecontext(&c->uc, trampoline, 0);
}

void context_switch(struct context *save, const struct context *load)
{
	void *fake_stack = NULL;

	switched_from = save;
	starting = (struct context *)load;
	__sanitizer_start_switch_fiber(&fake_stack, load->stack_low, load->stack_size);
	swapcontext(&save->uc, &load->uc);
	arrived(fake_stack);
}

/*
 * Host code (printf, the sanitizers) needs more stack than a kernel thread asks for. The caller
 * finds the top by adding what it asked for, so the surplus lies below what it is given.
 */
WEAK void *vm_stack_alloc(size_t size, size_t guard)
{
	char *low = shim_fail_alloc && --shim_fail_alloc == 0 ? NULL : aligned_alloc(SHIM_STACK, SHIM_STACK);

	(void)guard;
	return low ? low + SHIM_STACK - size : NULL;
}

WEAK void *vm_stack_alloc_anywhere(size_t size, size_t guard) { return vm_stack_alloc(size, guard); }

WEAK void vm_stack_free(void *stack, size_t size, size_t guard)
{
	(void)guard;
	free((char *)stack + size - SHIM_STACK);
}

WEAK uint64_t tls_create(void **allocation)
{
	*allocation = kmalloc(64);
	return (uint64_t)(uintptr_t)*allocation;
}

WEAK void tls_set_current(uint64_t fs_base) { (void)fs_base; }
WEAK struct thread *thread_current(void) { return NULL; }
WEAK void thread_for_each(void (*visit)(const struct thread *, void *), void *arg) { (void)visit, (void)arg; }
WEAK void thread_yield(void) { }
WEAK void sched_preempt_voluntarily(void) { }
WEAK void thread_sleep_until(uint64_t deadline_ns) { shim_now_ns = deadline_ns; }

WEAK struct thread *thread_create(const char *name, enum thread_priority p, size_t stack_size,
				  void (*entry)(void *), void *arg)
{
	(void)name, (void)p, (void)stack_size, (void)entry, (void)arg;
	return NULL;
}

bool (*shim_idle)(void);

/* One flow of control: whoever would sleep lets the model device work until the word changes. */
WEAK int futex_wait(atomic_uint *word, unsigned expected, uint64_t deadline_ns)
{
	if (atomic_load(word) != expected)
		return -EAGAIN;
	while (atomic_load(word) == expected) {
		if (shim_now_ns < deadline_ns && shim_idle && shim_idle())
			continue;
		if (deadline_ns == DEADLINE_NEVER)
			panic("waits for ever: nothing will change the futex word");
		if (shim_now_ns < deadline_ns)
			shim_now_ns = deadline_ns;
		return -ETIMEDOUT;
	}
	return 0;
}

WEAK int futex_wait_interruptible(atomic_uint *word, unsigned expected, uint64_t deadline_ns)
{
	return futex_wait(word, expected, deadline_ns);
}

WEAK unsigned futex_wake(atomic_uint *word, unsigned n)
{
	(void)word, (void)n;
	return 0;
}

/* --- memory --- */

unsigned shim_fail_alloc;
static size_t allocated;

size_t shim_allocated(void)
{
	return allocated;
}

static bool fails(void)
{
	return shim_fail_alloc && --shim_fail_alloc == 0;
}

WEAK void *kmalloc(size_t size)
{
	if (fails())
		return NULL;
	allocated++;
	return malloc(size ? size : 1);
}

WEAK void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

WEAK void *kmalloc_aligned(size_t size, size_t align)
{
	void *p = NULL;

	if (fails() || posix_memalign(&p, align < 16 ? 16 : align, size ? size : 1) != 0)
		return NULL;
	allocated++;
	return p;
}

WEAK void kfree(void *p)
{
	allocated -= p != NULL;
	free(p);
}

static size_t pages_out;

WEAK void *page_alloc(size_t npages)
{
	size_t align = 1;
	void *p = NULL;

	while (align < npages)
		align *= 2;
	if (fails() || posix_memalign(&p, align * PAGE_SIZE, npages * PAGE_SIZE) != 0)
		return NULL;
	pages_out += npages;
	allocated++;
	return p;
}

WEAK void *page_alloc_zeroed(size_t npages)
{
	void *p = page_alloc(npages);

	return p ? memset(p, 0, npages * PAGE_SIZE) : NULL;
}

WEAK void page_free(void *p, size_t npages)
{
	pages_out -= npages;
	allocated--;
	free(p);
}

#define SHIM_PAGES (1u << 20)

WEAK size_t page_count_free(void) { return SHIM_PAGES - pages_out; }
WEAK size_t page_count_total(void) { return SHIM_PAGES; }
WEAK uint64_t vm_phys(const void *addr) { return (uint64_t)(uintptr_t)addr; }
WEAK uint64_t vm_phys_filled(const void *addr, unsigned access) { (void)access; return vm_phys(addr); }
WEAK size_t vm_count_filled(void) { return 0; }
WEAK void *page_borrow(size_t npages) { return page_alloc(npages); }
WEAK void *page_take_stale(void) { return NULL; }
WEAK void page_gather(void) { }
WEAK void page_free_blank(void *unit) { page_free(unit, PAGE_UNIT); }
WEAK void page_watch_stale(void (*found)(void)) { (void)found; }
WEAK size_t memory_givers_hold(void) { return 0; }
WEAK struct memory_giver_stats memory_giver_stats(void) { return (struct memory_giver_stats){ 0, 0 }; }
WEAK size_t memory_givers_ask(size_t npages) { (void)npages; return 0; }
WEAK void memory_giver_register(struct memory_giver *giver) { (void)giver; }

WEAK int vm_map_ram(uint64_t start, uint64_t end, uint64_t limit)
{
	(void)start, (void)end, (void)limit;
	return 0;
}

WEAK volatile void *vm_map_device(uint64_t phys, size_t len)
{
	(void)len;
	return (volatile void *)(uintptr_t)phys;
}

WEAK int vm_guard(void *addr) { (void)addr; return 0; }
WEAK int vm_unguard(void *addr) { (void)addr; return 0; }
WEAK bool vm_is_guard(uint64_t addr) { (void)addr; return false; }

/* --- time and chance --- */

uint64_t shim_now_ns;
uint64_t shim_event_ns = UINT64_MAX;

WEAK uint64_t clock_now_ns(void) { return shim_now_ns; }
WEAK uint64_t clock_ticks_to_ns(uint64_t ticks) { return ticks; }
WEAK uint64_t clock_wall_ns(void) { return 1700000000000000000ull + shim_now_ns; }
WEAK void clock_event_program(uint64_t deadline_ns) { shim_event_ns = deadline_ns; }

WEAK uint64_t random_u64(void)
{
	static uint64_t x = 88172645463325252ull;

	x ^= x << 13;
	x ^= x >> 7;
	return x ^= x << 17;
}

WEAK void random_bytes(void *buf, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = (uint8_t)random_u64();
}

WEAK int random_seeded(void) { return 1; }
WEAK int random_wait(bool may_sleep) { return (void)may_sleep, 0; }

WEAK void random_add(const void *buf, size_t len, unsigned bits)
{
	(void)buf, (void)len, (void)bits;
}

WEAK void random_source_register(struct random_source *s) { (void)s; }

/* --- log, console, parameters --- */

static char log_text[65536];
static size_t log_len;

WEAK void log_printf(enum log_level level, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (getenv("SHIM_LOG"))
		fprintf(stderr, "<%d> %s\n", level, line);
	if (log_len + sizeof(line) + 2 > sizeof(log_text))
		log_len = 0;
	n = snprintf(log_text + log_len, sizeof(log_text) - log_len, "%s\n", line);
	log_len += (size_t)n;
}

bool shim_log_has(const char *text)
{
	return strstr(log_text, text) != NULL;
}

void shim_log_clear(void)
{
	log_len = 0;
	log_text[0] = '\0';
}

WEAK int kvsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	return vsnprintf(buf, size, fmt, ap);
}

WEAK int ksnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n;
}

char shim_console[65536];
size_t shim_console_len;

WEAK void console_register(struct console *c) { (void)c; }

WEAK void console_write(const char *text, size_t len)
{
	for (size_t i = 0; i < len && shim_console_len < sizeof(shim_console) - 1; i++)
		shim_console[shim_console_len++] = text[i];
	shim_console[shim_console_len] = '\0';
}

WEAK bool console_frozen(void) { return false; }
WEAK void console_expect(void) { }
WEAK void console_drained(struct console *c) { (void)c; }
WEAK bool console_has_room(size_t len) { (void)len; return true; }
WEAK void console_wait_for_room(size_t len) { (void)len; }
WEAK void console_write_raw(const char *text, size_t len) { console_write(text, len); }
WEAK struct wait_queue console_writable = WAIT_QUEUE_INIT(console_writable);

WEAK void tty_input(struct console *c) { (void)c; }
WEAK void tty_set_window(unsigned short cols, unsigned short rows) { (void)cols, (void)rows; }

WEAK struct wait_queue port_changes = WAIT_QUEUE_INIT(port_changes);
WEAK void port_init(struct port *p)
{
	list_init(&p->readable.entries);
	list_init(&p->writable.entries);
}

WEAK void port_register(struct port *p) { (void)p; }
WEAK void port_arrived(struct port *p) { (void)p; }
WEAK void port_drained(struct port *p) { (void)p; }
WEAK void port_for_each(void (*visit)(struct port *, void *), void *arg) { (void)visit, (void)arg; }
WEAK int port_claim(struct port *p, void (*arrived)(struct port *, void *), void *arg)
{
	(void)p, (void)arrived, (void)arg;
	return -ENODEV;
}
WEAK void port_release(struct port *p) { (void)p; }

WEAK int param_set_uint(const struct param *p, const char *value, const char *suffix)
{
	(void)suffix;
	*(uint32_t *)p->target = (uint32_t)strtoul(value, NULL, 0);
	return 0;
}

WEAK int param_set_string(const struct param *p, const char *value, const char *suffix)
{
	(void)suffix;
	*(const char **)p->target = value;
	return 0;
}

/* --- interrupts --- */

static struct { irq_handler handler; void *arg; } irqs[256];
static int next_vector = 0x30;

WEAK int irq_alloc(irq_handler handler, void *arg, const char *name)
{
	(void)name;
	if (next_vector == 0xf0)
		return -ENOSPC;
	irqs[next_vector].handler = handler;
	irqs[next_vector].arg = arg;
	return next_vector++;
}

WEAK void irq_free(int vector)
{
	irqs[vector].handler = NULL;
}

WEAK void irq_disconnect(irq_handler handler, void *arg)
{
	for (int vector = 0; vector < next_vector; vector++)
		if (irqs[vector].handler == handler && irqs[vector].arg == arg)
			irqs[vector].handler = NULL;
}

WEAK struct msi_message irq_msi_message(int vector)
{
	return (struct msi_message){ .address = 0xfee00000, .data = (uint32_t)vector };
}

bool shim_no_wires;
static struct { int vector[8]; unsigned n; } wires[SHIM_WIRES]; /* who shares each */

WEAK int irq_connect_gsi(unsigned gsi, bool active_low, irq_handler handler, void *arg,
			 const char *name)
{
	(void)active_low;
	if (shim_no_wires || gsi >= SHIM_WIRES || wires[gsi].n == 8)
		return -ENODEV;
	wires[gsi].vector[wires[gsi].n++] = irq_alloc(handler, arg, name);
	return 0;
}

WEAK int irq_connect_isa(unsigned isa, irq_handler handler, void *arg, const char *name)
{
	return irq_connect_gsi(isa, false, handler, arg, name);
}

void shim_irq_raise(int vector)
{
	unsigned long flags = cpu_irq_save();

	shim_cpu.interrupt_depth++;
	if (vector >= 0 && vector < 256 && irqs[vector].handler)
		irqs[vector].handler(irqs[vector].arg);
	shim_cpu.interrupt_depth--;
	cpu_irq_restore(flags);
}

unsigned shim_wire_raise(unsigned gsi)
{
	for (unsigned i = 0; i < wires[gsi].n; i++)
		shim_irq_raise(wires[gsi].vector[i]);
	return wires[gsi].n;
}

/* --- ends --- */

jmp_buf *shim_panic_to;
char shim_panic_text[512];
int shim_power_status;

static _Noreturn void end(int status)
{
	shim_power_status = status;
	if (shim_panic_to)
		longjmp(*shim_panic_to, 1);
	fprintf(stderr, "the machine ended: %s (status %d)\n", shim_panic_text, status);
	abort();
}

WEAK _Noreturn void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shim_panic_text, sizeof(shim_panic_text), fmt, ap);
	va_end(ap);
	end(-1);
}

WEAK _Noreturn void panic_trap(struct trap_frame *tf, const char *fmt, ...)
{
	va_list ap;

	(void)tf;
	va_start(ap, fmt);
	vsnprintf(shim_panic_text, sizeof(shim_panic_text), fmt, ap);
	va_end(ap);
	end(-1);
}

WEAK _Noreturn void power_off(int status) { end(status); }
WEAK _Noreturn void power_off_panic(void) { end(-1); }
WEAK _Noreturn void power_reboot(void) { end(-2); }
WEAK _Noreturn void power_reset(void) { end(-2); }
WEAK void power_panic_handled(void) { }
