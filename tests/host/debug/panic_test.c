/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Panics: what is said, the symbol table's lookups, call chains that lie.
 *
 * Links: debug/panic.c debug/others.c debug/where.c debug/say.c debug/backtrace.c debug/symbols.c kernel/printf.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "debug/backtrace.h"
#include "debug/symbols.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/panic.h"
#include "kernel/power.h"
#include "kernel/thread.h"
#include "kernel/vm.h"
#include "kernel/cpu.h"
#include "kernel/x86_64/trap.h"
#include <sys/wait.h>
#include <unistd.h>

/* The blob as the builder makes it; ksyms_end is where the image's would be. */
asm(".section .rodata\n.balign 4\n.globl ksyms_start, ksyms_end\n"
    "ksyms_start: .long 4\n.long 0x1000, 0x1040, 0x2000, 0x3000\n"
    ".long 36, 42, 47, 53\n"
    ".asciz \"first\"\n.asciz \"next\"\n.asciz \"third\"\n.asciz \"\"\nksyms_end:\n.previous\n");

const char image_text_end[1];

void log_freeze(void) { }
void log_flush(void) { }
void console_freeze(void) { }

void log_replay_hidden(unsigned max, void (*emit)(const char *text, unsigned len))
{
	(void)max;
	emit("hidden line\n", 12);
}

/* The host's own memory, except that low addresses are no stack. */
uint64_t vm_phys(const void *addr)
{
	return (uint64_t)addr < 0x100000 ? 0 : (uint64_t)addr;
}

static const char *name_at(uint64_t address)
{
	uint64_t offset = 999;
	static char text[64];
	const char *name = symbol_name(address, &offset);

	if (!name)
		return NULL;
	snprintf(text, sizeof(text), "%s+%lu", name, offset);
	return text;
}

TEST(symbols_are_found)
{
	CHECK(name_at(0xfff) == NULL);
	CHECK_STR(name_at(0x1000), "first+0");
	CHECK_STR(name_at(0x103f), "first+63");
	CHECK_STR(name_at(0x1040), "next+0");
	CHECK_STR(name_at(0x1fff), "next+4031");
	CHECK_STR(name_at(0x2123), "third+291");
	CHECK(name_at(0x3000) == NULL);
	CHECK(name_at(0xffffffffffffffff) == NULL);
}

static uint64_t visited[64];
static unsigned nvisited;

static bool visit(unsigned depth, uint64_t address)
{
	CHECK_EQ(depth, nvisited + 1);
	visited[nvisited++] = address;
	return nvisited < 32;
}

struct frame {
	struct frame *rbp;
	uint64_t return_address;
};

TEST(backtrace_stops_where_it_makes_no_sense)
{
	struct frame f[40];

	nvisited = 0;
	backtrace(0, NULL, visit);
	backtrace(8, NULL, visit);
	backtrace((uint64_t)f + 1, NULL, visit);
	backtrace(UINT64_MAX - 7, NULL, visit);
	CHECK_EQ(nvisited, 0);
	for (int i = 0; i < 40; i++)
		f[i] = (struct frame){ &f[i + 1], 0x1000u + (unsigned)i };
	backtrace((uint64_t)f, NULL, visit);
	CHECK_EQ(nvisited, 32); /* as long as it is told to go on */
	nvisited = 0;
	f[2].rbp = &f[1]; /* a loop */
	backtrace((uint64_t)f, NULL, visit);
	CHECK_EQ(nvisited, 3);
	nvisited = 0;
	f[1].return_address = 0;
	backtrace((uint64_t)f, NULL, visit);
	CHECK_EQ(nvisited, 1);
}

/* From an interrupt's stack, above, down into the thread's; but never down within it. */
TEST(backtrace_crosses_into_the_interrupted_thread)
{
	struct frame f[4]; /* 0 and 1: the thread's stack; 2 and 3: the interrupt's */
	struct thread t = { .stack = f, .stack_size = 2 * sizeof(f[0]) };

	f[2] = (struct frame){ &f[3], 0x1001 };
	f[3] = (struct frame){ &f[0], 0x1002 };
	f[0] = (struct frame){ &f[1], 0x1003 };
	f[1] = (struct frame){ &f[0], 0x1004 };
	nvisited = 0;
	backtrace((uint64_t)&f[2], NULL, visit);
	CHECK_EQ(nvisited, 2); /* there is no thread */
	nvisited = 0;
	backtrace((uint64_t)&f[2], &t, visit);
	CHECK_EQ(nvisited, 4);
}

TEST(backtrace_of_real_frames)
{
	nvisited = 0;
	backtrace(backtrace_here(), NULL, visit);
	CHECK(nvisited >= 2);
	CHECK_EQ(visited[0], (uint64_t)__builtin_return_address(0));
}

/* Panics once per machine: each in a child, whose console comes back through a file. */
static const char *last_words(void (*end_it)(void))
{
	static char text[8192];
	FILE *f = tmpfile();
	int status;
	size_t n;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		bool caught = SHIM_CATCH(end_it());

		fwrite(shim_console, 1, shim_console_len, f);
		fflush(f);
		_exit(caught && shim_power_status == -1 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 0);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static struct thread somebody = { .id = 7, .name = "httpd" };

static void plain(void)
{
	shim_cpu.current = &somebody;
	panic("number %d", 42);
}

static void trapped(void)
{
	struct frame caller = { NULL, 0x1041 };
	struct trap_frame tf = {
		.rip = 0x2123, .rbp = (uint64_t)&caller, .rax = 0xabc, .error_code = 2
	};

	panic_trap(&tf, "page fault at %#x", 0x10);
}


/* The same function over and over, called by another. */
static void recursed(void)
{
	static struct frame f[52];
	struct trap_frame tf = { .rip = 0x1010, .rbp = (uint64_t)f };

	for (int i = 0; i < 50; i++)
		f[i] = (struct frame){ &f[i + 1], 0x1020 };
	f[50] = (struct frame){ &f[51], 0x1050 };
	panic_trap(&tf, "stack overflow");
}

void __stack_chk_fail(void);

TEST(panic_says_it_all)
{
	const char *text = last_words(plain);

	CHECK(strstr(text, "\nkernel panic: number 42\ncpu 0, thread 7 \"httpd\"\n#1 ") != NULL);
	CHECK(strstr(text, "hidden line\n") != NULL);
}

TEST(panic_trap_shows_the_interrupted)
{
	const char *text = last_words(trapped);

	CHECK(strstr(text, "kernel panic: page fault at 0x10\nbefore the first thread\n"
			   "rax 0000000000000abc") != NULL);
	CHECK(strstr(text, "error 2\n#0  0x0000000000002123 third+0x123\n"
			   "#1  0x0000000000001041 next+0x1\n") != NULL);
}

TEST(panic_folds_recursion)
{
	const char *text = last_words(recursed);

	CHECK(strstr(text, "#1  0x0000000000001020 first+0x20\n    the same 49 times more\n"
			   "#51 0x0000000000001050 next+0x10\nhidden") != NULL);
}

TEST(panic_of_a_smashed_stack)
{
	const char *text = last_words(__stack_chk_fail);

	CHECK(strstr(text, "kernel panic: stack smashing detected in an unknown function (0x"));
}

static void in_the_panic(void)
{
	shim_cpu.current = (struct thread *)0x10; /* not to be followed */
	panic("bad thread");
}

TEST(panic_survives_a_bad_thread)
{
	CHECK(strstr(last_words(in_the_panic), "before the first thread") != NULL);
}

TEST_MAIN
