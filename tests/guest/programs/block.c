/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A raw disk, /dev/vda or what the argument says: each 8-byte word holds its own offset times STEP. Reads all of it in requests of many sizes, from several
 * threads at once; then turns every word of the odd MiBs around. The host looks at what is left on the disk.
 */
#include "check.h"
#include "kernel/thread.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP    0x9e3779b97f4a7c15ull
#define MIB     (1u << 20)
#define THREADS 4

static int fd;
static off_t size;

static void check_words(const uint64_t *words, size_t len, off_t at, uint64_t turn)
{
	for (size_t i = 0; i < len / 8; i++) {
		if (words[i] == (((uint64_t)at / 8 + i) * STEP ^ turn))
			continue;
		printf("FAIL at %lld: %llx\n", (long long)at + (long long)i * 8, (unsigned long long)words[i]);
		failed++;
		return;
	}
}

static void read_in_steps_of(size_t len)
{
	uint64_t *words = malloc(len);

	for (off_t at = 0; at + (off_t)len <= size && !failed; at += (off_t)len) {
		memset(words, 0xee, len);
		CHECK_EQ(pread(fd, words, len, at), len);
		check_words(words, len, at, 0);
	}
	free(words);
}

/* Each thread reads its own pseudo-random places. */
static void read_here_and_there(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	uint64_t *words = malloc(64 * 1024);

	for (unsigned i = 0; i < 200 && !failed; i++) {
		size_t len = ((seed = seed * 1103515245u + 12345u) >> 16) % 128 * 512 + 512;
		off_t at = (off_t)((seed = seed * 1103515245u + 12345u) >> 8) * 512 % (size - (off_t)len);

		CHECK_EQ(pread(fd, words, len, at / 512 * 512), len);
		check_words(words, len, at / 512 * 512, 0);
	}
	free(words);
}

static void read_from_threads(void)
{
	struct thread *thread[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		thread[i] = thread_create("reader", PRIO_APP, 0, read_here_and_there, (void *)(i + 1));
	for (unsigned i = 0; i < THREADS; i++)
		thread_join(thread[i]);
}

static void turn_odd_mibs(void)
{
	uint64_t *words = malloc(MIB);

	for (off_t at = MIB; at + MIB <= size; at += 2 * MIB) {
		CHECK_EQ(pread(fd, words, MIB, at), MIB);
		for (size_t i = 0; i < MIB / 8; i++)
			words[i] = ~words[i];
		CHECK_EQ(pwrite(fd, words, MIB, at), MIB);
		memset(words, 0, MIB);
		CHECK_EQ(pread(fd, words, MIB, at), MIB);
		check_words(words, MIB, at, ~0ull);
	}
	CHECK_EQ(fsync(fd), 0);
	free(words);
}

int main(int argc, char **argv)
{
	struct stat st;

	fd = open(argc > 1 ? argv[1] : "/dev/vda", O_RDWR);
	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISBLK(st.st_mode));
	size = st.st_size;
	read_in_steps_of(4096);
	read_in_steps_of(512 * 125);
	read_in_steps_of(3 * MIB);
	read_from_threads();
	turn_odd_mibs();
	return verdict();
}
