/* SPDX-License-Identifier: BSD-2-Clause */
/* Environment, limits, names, signals, random numbers, memory. */
#define _GNU_SOURCE 1
#include "check.h"
#include <limits.h>
#include <pwd.h>
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/utsname.h>
#include <unistd.h>

static void check_environment(void)
{
	CHECK(environ);
	CHECK(!getenv("NO_SUCH_NAME"));
	CHECK_EQ(setenv("NAME", "one", 1), 0);
	CHECK_EQ(setenv("NAME", "two", 0), 0);
	CHECK(strcmp(getenv("NAME"), "one") == 0);
	CHECK_EQ(putenv("NAME=three"), 0);
	CHECK(strcmp(getenv("NAME"), "three") == 0);
	CHECK_EQ(unsetenv("NAME"), 0);
	CHECK(!getenv("NAME"));
	CHECK_ERRNO(setenv("", "x", 1), EINVAL);
}

static void check_limits(void)
{
	long pages = sysconf(_SC_PHYS_PAGES);

	CHECK_EQ(sysconf(_SC_PAGESIZE), 4096);
	CHECK_EQ(getpagesize(), 4096);
	CHECK(pages > 256 && sysconf(_SC_AVPHYS_PAGES) <= pages);
	CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
	CHECK(sysconf(_SC_OPEN_MAX) >= 1024);
	CHECK_ERRNO(sysconf(12345), EINVAL);
	CHECK_EQ(pathconf("/", _PC_NAME_MAX), 255);
	CHECK(FD_SETSIZE >= 1024 && PATH_MAX == 4096 && NAME_MAX == 255 && MAXPATHLEN == PATH_MAX);
}

static void check_names(void)
{
	struct utsname name;
	char host[HOST_NAME_MAX + 1];

	CHECK_EQ(uname(&name), 0);
	CHECK(name.sysname[0] && strcmp(name.machine, "x86_64") == 0);
	CHECK_EQ(gethostname(host, sizeof host), 0);
	CHECK(strcmp(host, name.nodename) == 0);
	CHECK_ERRNO(gethostname(host, 1), ENAMETOOLONG);
	CHECK(getpid() > 0 && getppid() >= 0);
	CHECK_EQ(getuid(), geteuid());
	CHECK(getpwuid(0) && strcmp(getpwuid(0)->pw_name, "root") == 0);
}

static volatile sig_atomic_t caught;

static void catch(int sig)
{
	caught = caught * 100 + sig;
}

static void check_signals(void)
{
	struct sigaction action = { .sa_handler = catch }, old;
	sigset_t set;

	caught = 0;
	CHECK(signal(SIGUSR1, catch) == SIG_DFL);
	CHECK_EQ(raise(SIGUSR1), 0);
	CHECK_EQ(caught, SIGUSR1);
	CHECK_EQ(sigaction(SIGUSR1, NULL, &old), 0);
	CHECK(old.sa_handler == catch);
	CHECK_EQ(sigaction(SIGTERM, &action, NULL), 0);
	caught = 0;
	CHECK_EQ(kill(getpid(), SIGTERM), 0);
	CHECK_EQ(caught, SIGTERM);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	caught = 0;
	CHECK_EQ(raise(SIGTERM), 0);
	CHECK_EQ(caught, 0);
	CHECK_EQ(sigpending(&set), 0);
	CHECK(sigismember(&set, SIGTERM));
	CHECK_EQ(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	CHECK_EQ(caught, SIGTERM);
	CHECK(signal(SIGTERM, SIG_IGN) == catch);
	CHECK_EQ(raise(SIGTERM), 0);
	CHECK_EQ(caught, SIGTERM);
	CHECK_EQ(raise(SIGCHLD), 0);
	CHECK_ERRNO(sigaction(SIGKILL, &action, NULL), EINVAL);
	CHECK_ERRNO(kill(getpid(), 999), EINVAL);
	CHECK_EQ(kill(getpid(), 0), 0);
}

static void check_random(void)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };
	int below = 0;

	CHECK_EQ(getrandom(a, sizeof a, 0), sizeof a);
	CHECK_EQ(getentropy(b, sizeof b), 0);
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK_ERRNO(getentropy(a, 257), EIO);
	CHECK_ERRNO(getrandom(a, 1, 0x1000), EINVAL);
	for (int i = 0; i < 1000; i++)
		below += arc4random_uniform(10) < 10;
	CHECK_EQ(below, 1000);
	srand(1);
	CHECK(rand() >= 0);
}

static void check_memory(void)
{
	enum { N = 1000 };
	static unsigned char *p[N];
	void *aligned = NULL;

	for (int i = 0; i < N; i++) {
		p[i] = malloc(i * 37 % 5000 + 1);
		CHECK(p[i] && (uintptr_t)p[i] % 16 == 0);
		p[i][0] = i;
	}
	for (int i = 0; i < N; i += 2) {
		p[i] = realloc(p[i], 3 * (i * 37 % 5000 + 1));
		CHECK(p[i] && p[i][0] == (unsigned char)i);
	}
	for (int i = 0; i < N; i++)
		free(p[i]);
	CHECK((aligned = aligned_alloc(4096, 8192)));
	CHECK((uintptr_t)aligned % 4096 == 0);
	free(aligned);
	CHECK((aligned = calloc(100, 100)));
	free(aligned);
	errno = 0;
	CHECK(!malloc((size_t)1 << 50));
	CHECK_EQ(errno, ENOMEM);
	CHECK((aligned = malloc(1000000)));
	memset(aligned, 1, 1000000);
	free(aligned);
}

static jmp_buf out;

static void jump(void)
{
	longjmp(out, 7);
}

static void check_others(void)
{
	regmatch_t match[2];
	volatile int back = 0;
	regex_t re;

	back = setjmp(out);
	if (!back)
		jump();
	CHECK_EQ(back, 7);
	CHECK_EQ(regcomp(&re, "a(b+)c", REG_EXTENDED), 0);
	CHECK_EQ(regexec(&re, "xxabbbc", 2, match, 0), 0);
	CHECK(match[1].rm_so == 3 && match[1].rm_eo == 6);
	CHECK_EQ(regexec(&re, "ac", 0, NULL, 0), REG_NOMATCH);
	regfree(&re);
	CHECK(strcmp(strerror(ENOENT), "No such file or directory") == 0);
}

static int order;

static void __attribute__((constructor)) before_main(void)
{
	order = 1;
}

int main(void)
{
	CHECK_EQ(order, 1);
	check_environment();
	check_limits();
	check_names();
	check_signals();
	check_random();
	check_memory();
	check_others();
	return verdict();
}
