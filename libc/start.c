/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the kernel to main(): the standard descriptors, the constructors, the environment; and back
 * by exit().
 */
#include "kernel/app.h"
#include "kernel/tracepoint.h"
#include "kernel/tty.h"
#include "libc/fd.h"
#include "libc/malloc/malloc_cache.h"
#include "libc/preferred.h"
#include "libc/program.h"
#include "libc/signal.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

typedef void constructor(void);

/* The linker script's. */
extern constructor *const __init_array_start[], *const __init_array_end[];
extern constructor *const __fini_array_start[], *const __fini_array_end[];

extern int main(int argc, char **argv, char **envp);

/* Another table to be dropped: it only brings in preferred.c. */
extern const libc_function *const start_preferred;
const libc_function *const start_preferred = libc_preferred;

/* C++ compilers pass it to __cxa_atexit() to name the module; there is only one. */
void *__dso_handle;

/* Out of memory here leaves the app without descriptors, and its first read or write says so. */
static void open_standard_files(void)
{
	struct file *tty = file_alloc(&tty_file_ops, O_RDWR, NULL);

	if (!tty)
		return;
	fd_install(file_get(tty), STDIN_FILENO, false);
	fd_install(file_get(tty), STDOUT_FILENO, false);
	fd_install(tty, STDERR_FILENO, false);
}

static void run_constructors(void)
{
	for (constructor *const *f = __init_array_start; f < __init_array_end; f++)
		(*f)();
}

static void run_destructors(void)
{
	for (constructor *const *f = __fini_array_end; f > __fini_array_start; f--)
		f[-1]();
}

int app_run(int argc, char **argv, char **envp)
{
	malloc_cache_wanted = true;
	signal_main_blocked = &signal_blocked;
	open_standard_files();
	environ = envp;
	program_name = argv[0];
	atexit(run_destructors);
	run_constructors();
	boot_phase(PHASE_MAIN);
	exit(main(argc, argv, envp));
}
