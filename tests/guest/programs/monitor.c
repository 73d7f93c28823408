/* SPDX-License-Identifier: BSD-2-Clause */
/* What the monitor's tests look at: a program for each thing to be found. */
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/kdb.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

volatile int watched;
static volatile unsigned long turns;
static volatile int over;

/* --- commands --- */

static __attribute__((noipa)) int add_one(int a)
{
	return a + 1;
}

static __attribute__((noipa)) void change(int to)
{
	watched = to;
}

/* Whoever first touches a page has it filled by the kernel. */
static __attribute__((noipa)) void fill_page(volatile char *page)
{
	*page = 7;
}

static void *spinner(void *arg)
{
	while (!over)
		turns++;
	return arg;
}

static int listen_somewhere(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(7777) };
	int s = socket(AF_INET, SOCK_STREAM, 0);

	return bind(s, (struct sockaddr *)&here, sizeof here) || listen(s, 3);
}

/* `show disks` counts it. */
static void read_a_block(void)
{
	static char block[512];
	int disk = open("/dev/vda", O_RDONLY);

	if (disk >= 0 && read(disk, block, sizeof block) == sizeof block)
		close(disk);
}

static int commands(void)
{
	pthread_t spinning;
	unsigned long before;
	char *page;

	if (!kdb_enter || listen_somewhere())
		return 9;
	read_a_block();
	printf("watched is at %p\n", (void *)&watched);
	pthread_create(&spinning, NULL, spinner, NULL);
	usleep(20000);
	kdb_enter("from the program");
	printf("one and one is %d\n", add_one(1));
	change(5);
	printf("watched is %d\n", watched);
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fill_page(page);
	printf("the page holds %d\n", *page);
	before = turns;
	while (turns == before)
		usleep(1000);
	puts("the other thread runs");
	over = 1;
	pthread_join(spinning, NULL);
	return 0;
}

/* --- ways in --- */

static int echo(void)
{
	char line[80];

	puts("ready");
	while (fgets(line, sizeof line, stdin) && strcmp(line, "end\n") != 0)
		printf("heard %s", line);
	return 0;
}

static int spin_for_ever(void)
{
	__asm__ volatile("cli"); /* only an NMI comes through */
	puts("ready");
	while (!over)
		turns++;
	return 0;
}

/* --- things to be found --- */

static pthread_mutex_t fork_a = PTHREAD_MUTEX_INITIALIZER, fork_b = PTHREAD_MUTEX_INITIALIZER;

static void *takes_a_then_b(void *arg)
{
	pthread_mutex_lock(&fork_a);
	usleep(20000);
	pthread_mutex_lock(&fork_b);
	return arg;
}

static void *takes_b_then_a(void *arg)
{
	pthread_mutex_lock(&fork_b);
	usleep(20000);
	pthread_mutex_lock(&fork_a);
	return arg;
}

static int deadlock(void)
{
	pthread_t a, b;

	pthread_create(&a, NULL, takes_a_then_b, NULL);
	pthread_create(&b, NULL, takes_b_then_a, NULL);
	usleep(100000);
	puts("ready");
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	return 0;
}

static int stuck(void)
{
	static char block[512];
	int disk = open("/dev/vda", O_RDONLY);

	puts("ready");
	getchar();
	return read(disk, block, sizeof block) == sizeof block ? 0 : 8;
}

int main(int argc, char **argv)
{
	static const struct { const char *name; int (*run)(void); } ways[] = {
		{ "commands", commands }, { "echo", echo }, { "spin", spin_for_ever }, { "deadlock", deadlock },
		{ "stuck", stuck },
	};

	for (unsigned i = 0; i < sizeof ways / sizeof ways[0]; i++)
		if (argc > 1 && strcmp(ways[i].name, argv[1]) == 0)
			return ways[i].run();
	return 7;
}
