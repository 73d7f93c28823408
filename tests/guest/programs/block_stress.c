/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many small reads of a raw disk from six threads, each compared: what goes wrong between the ring, its interrupt and the CPU is a read that never ends, or
 * another's data. The disk is block.c's: each 8-byte word holds its own offset times STEP. First argument: for how many seconds, second: reads at most,
 * third: another disk than /dev/vda.
 */
#include "smp.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP    0x9e3779b97f4a7c15ull
#define SECTOR  512
#define THREADS 6

static int fd;
static unsigned sectors, reads_each;
static uint64_t deadline;
static atomic_uint reads, wrong;

static bool as_written(const uint64_t *words, off_t at)
{
	for (unsigned i = 0; i < SECTOR / 8; i++)
		if (words[i] != ((uint64_t)at / 8 + i) * STEP)
			return false;
	return true;
}

static void read_and_compare(void *arg)
{
	uint64_t words[SECTOR / 8];
	unsigned from = (unsigned)(uintptr_t)arg * 1000, n;

	for (n = 0; n < reads_each && clock_now_ns() < deadline && !atomic_load(&wrong); n++) {
		off_t at = (off_t)((n + from) * 7919u % sectors) * SECTOR;

		if (pread(fd, words, SECTOR, at) != SECTOR || !as_written(words, at)) {
			printf("FAIL read %u at %lld\n", n, (long long)at);
			atomic_fetch_add(&wrong, 1);
		}
	}
	atomic_fetch_add(&reads, n);
}

int main(int argc, char **argv)
{
	struct thread *thread[THREADS];
	struct stat st;

	fd = open(argc > 3 ? argv[3] : "/dev/vda", O_RDONLY);
	CHECK(fd >= 0 && argc >= 3);
	CHECK_EQ(fstat(fd, &st), 0);
	if (failed)
		return verdict();
	sectors = (unsigned)(st.st_size / SECTOR);
	reads_each = (unsigned)atoi(argv[2]) / THREADS;
	deadline = clock_now_ns() + (uint64_t)atoi(argv[1]) * 1000 * MS;
	for (uintptr_t i = 0; i < THREADS; i++)
		thread[i] = start("reader", PRIO_APP, ANYWHERE, read_and_compare, i);
	for (unsigned i = 0; i < THREADS; i++)
		thread_join(thread[i]);
	CHECK_EQ(wrong, 0);
	CHECK(reads > THREADS);
	printf("%u reads\n", reads);
	return verdict();
}
