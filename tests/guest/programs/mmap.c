/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory mapped, filled late, protected, moved and given back; nothing is missing at the end. */
#include "smp.h"
#include "kernel/page.h"
#include "kernel/spinlock.h"
#include "kernel/x86_64/page_table.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE  4096ul
#define LARGE (2ul << 20)
#define RW    (PROT_READ | PROT_WRITE)

static char *map(size_t len, int prot)
{
	char *p = mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static unsigned resident(char *p, size_t pages)
{
	unsigned char vec[1024];
	unsigned n = 0;

	CHECK_EQ(mincore(p, pages * PAGE, vec), 0);
	for (size_t i = 0; i < pages; i++)
		n += vec[i];
	return n;
}

static uint64_t page_size_at(const void *p)
{
	uint64_t size;

	return page_table_find((uintptr_t)p, &size) & PTE_PRESENT ? size : 0;
}

static void lazily(void)
{
	char *p = map(64 * PAGE, RW);

	CHECK_EQ(resident(p, 64), 0);
	CHECK_EQ(p[5 * PAGE + 7], 0);
	p[9 * PAGE] = 1;
	CHECK_EQ(resident(p, 64), 2);
	CHECK_EQ(mlock(p + 20 * PAGE + 1, PAGE), 0);
	CHECK_EQ(resident(p, 64), 4);
	CHECK_EQ(madvise(p, 16 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(resident(p, 64), 2);
	CHECK_EQ(p[9 * PAGE], 0);
	CHECK_EQ(munmap(p + 8 * PAGE, 4 * PAGE), 0);
	CHECK_ERRNO(madvise(p, 16 * PAGE, MADV_NORMAL), ENOMEM);
	CHECK_ERRNO(msync(p, 16 * PAGE, MS_SYNC), ENOMEM);
	CHECK_EQ(posix_madvise(p, 16 * PAGE, POSIX_MADV_WILLNEED), ENOMEM);
	CHECK_EQ(posix_madvise(p, 8 * PAGE, POSIX_MADV_DONTNEED), 0);
	CHECK_EQ(munmap(p, 64 * PAGE), 0);
	CHECK_EQ(munmap(p, 64 * PAGE), 0);
}

static void protection(void)
{
	char *p = map(4 * PAGE, RW);

	strcpy(p + PAGE, "kept");
	CHECK_EQ(mprotect(p + PAGE, PAGE, PROT_READ), 0);
	CHECK(strcmp(p + PAGE, "kept") == 0);
	CHECK_EQ(mprotect(p, 4 * PAGE, PROT_NONE), 0);
	CHECK_EQ(page_size_at(p + PAGE), 0);
	CHECK_ERRNO(mlock(p, PAGE), ENOMEM);
	CHECK_EQ(mprotect(p, 4 * PAGE, RW), 0);
	CHECK(strcmp(p + PAGE, "kept") == 0);
	p[PAGE] = 'K';
	p[0] = (char)0xc3; /* ret */
	CHECK_EQ(mprotect(p, PAGE, PROT_READ | PROT_EXEC), 0);
	((void (*)(void))p)();
	CHECK_EQ(munmap(p, 4 * PAGE), 0);
}

static void refused(void)
{
	char *p = map(2 * PAGE, RW);
	int private = MAP_PRIVATE | MAP_ANONYMOUS, fixed = private | MAP_FIXED;
	void *text = (void *)((uintptr_t)refused & -PAGE);

	CHECK_ERRNO((long)mmap(NULL, 0, RW, private, -1, 0), EINVAL);
	CHECK_ERRNO((long)mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERRNO((long)mmap(NULL, PAGE, RW, private, -1, 12), EINVAL);
	CHECK_ERRNO((long)mmap(NULL, SIZE_MAX, RW, private, -1, 0), ENOMEM);
	CHECK_ERRNO((long)mmap(NULL, 1ul << 46, PROT_NONE, private, -1, 0), ENOMEM);
	CHECK_ERRNO((long)mmap(NULL, 1ul << 40, RW, private, -1, 0), ENOMEM);
	CHECK_ERRNO((long)mmap(p + 1, PAGE, RW, fixed, -1, 0), EINVAL);
	CHECK_ERRNO((long)mmap(text, PAGE, RW, fixed, -1, 0), EACCES);
	CHECK_ERRNO((long)mmap(p, PAGE, RW, private | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	CHECK_ERRNO((long)mmap(NULL, PAGE, RW, MAP_PRIVATE, 77, 0), EBADF);
	CHECK_ERRNO(mprotect(text, PAGE, RW), EACCES);
	CHECK_ERRNO(mprotect(NULL, PAGE, RW), EACCES);
	CHECK_ERRNO(mprotect(p, 3 * PAGE, 0x40), EINVAL);
	CHECK_ERRNO(mprotect(p - 64 * PAGE, 66 * PAGE, PROT_READ), ENOMEM);
	CHECK_ERRNO(munmap(text, PAGE), EINVAL);
	CHECK_ERRNO(munmap(p + 1, PAGE), EINVAL);
	CHECK_ERRNO(munmap(p, 0), EINVAL);
	CHECK_ERRNO(madvise(p, PAGE, 99), EINVAL);
	CHECK_ERRNO((long)mremap(p, PAGE, 0, 0), EINVAL);
	CHECK_EQ(munmap(p, 2 * PAGE), 0);
}

static void fixed(void)
{
	char *p = map(64 * PAGE, RW), *q;

	memset(p, 1, 64 * PAGE);
	q = mmap(p + 8 * PAGE, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(q == p + 8 * PAGE);
	CHECK(q[0] == 0 && q[-1] == 1 && q[4 * PAGE] == 1);
	CHECK_EQ(munmap(p, 64 * PAGE), 0);
	q = mmap(p, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); /* a wish that can be granted */
	CHECK(q == p);
	CHECK_EQ(munmap(q, PAGE), 0);
}

/* Each page of a large one keeps its contents, whatever becomes of its neighbours. */
static void large(void)
{
	char *p = map(3 * LARGE, RW);

	p[LARGE] = 1;
	CHECK_EQ(page_size_at(p + LARGE), LARGE);
	CHECK_EQ(page_size_at(p), 0);
	for (unsigned i = 0; i < 512; i++)
		p[LARGE + i * PAGE] = (char)i;
	CHECK_EQ(mprotect(p + LARGE + 7 * PAGE, PAGE, PROT_READ), 0);
	CHECK_EQ(page_size_at(p + LARGE), PAGE);
	CHECK_EQ(munmap(p + LARGE + 100 * PAGE, PAGE), 0);
	CHECK_EQ(munmap(p + PAGE, PAGE), 0);
	for (unsigned i = 0; i < 512; i++)
		if (i != 100)
			CHECK_EQ(p[LARGE + i * PAGE], (char)i);
	CHECK_EQ(madvise(p + 2 * LARGE, LARGE, MADV_NOHUGEPAGE), 0);
	p[2 * LARGE] = 1;
	CHECK_EQ(page_size_at(p + 2 * LARGE), PAGE);
	CHECK_EQ(munmap(p, 3 * LARGE), 0);
	p = map(2 * LARGE, RW);
	p[0] = p[LARGE + PAGE] = 3;
	CHECK_EQ(madvise(p + PAGE, LARGE, MADV_DONTNEED), 0);
	CHECK(p[0] == 3 && p[LARGE + PAGE] == 3 && page_size_at(p) == PAGE);
	CHECK_EQ(munmap(p, 2 * LARGE), 0);
}

static void fill(char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i += 3)
		p[i * PAGE] = (char)(i * 7 + 1);
}

static void check_filled(const char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		CHECK_EQ(p[i * PAGE], i % 3 ? 0 : (char)(i * 7 + 1));
}

static void remap(size_t pages)
{
	char *p = map((pages + 8) * PAGE, RW), *q, *guard = p + pages * PAGE;

	fill(p, pages);
	CHECK_EQ(mprotect(guard, 8 * PAGE, PROT_NONE), 0);
	CHECK_ERRNO((long)mremap(p, pages * PAGE, (pages + 1) * PAGE, 0), ENOMEM);
	q = mremap(p, pages * PAGE, (pages + 600) * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	check_filled(q, pages);
	CHECK_EQ(q[(pages + 599) * PAGE], 0);
	CHECK_ERRNO(madvise(p, PAGE, MADV_NORMAL), ENOMEM);
	CHECK(mremap(q, (pages + 600) * PAGE, pages * PAGE, 0) == q);
	CHECK(mremap(q, pages * PAGE, (pages + 2) * PAGE, 0) == q); /* where it was */
	p = mremap(q, (pages + 2) * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, guard + 3 * PAGE);
	CHECK(p == guard + 3 * PAGE);
	check_filled(p, pages);
	CHECK_EQ(munmap(p, pages * PAGE), 0);
	CHECK_EQ(munmap(guard, 3 * PAGE), 0);
}

/* Address space is free; memory is not. */
static void reserve(void)
{
	size_t before = page_count_free();
	char *p = map(1ul << 40, PROT_NONE);

	CHECK(before - page_count_free() < 4);
	CHECK_EQ(mprotect(p + (1ul << 39) + PAGE, LARGE, RW), 0);
	memset(p + (1ul << 39) + PAGE, 1, LARGE);
	CHECK_EQ(mprotect(p + (1ul << 39), LARGE, PROT_READ), 0);
	CHECK_EQ(p[1ul << 39], 0);
	CHECK_ERRNO(mprotect(p, 1ul << 40, RW), ENOMEM);
	CHECK_EQ(munmap(p, 1ul << 40), 0);
}

/* What mmap() gave is there, to the last page, and then it says so. */
static void all_there_is(void)
{
	static char *maps[4096];
	unsigned n = 0;
	size_t step = 37 * PAGE;

	while (n < 4096) {
		maps[n] = mmap(NULL, step, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (maps[n] == MAP_FAILED)
			break;
		n++;
	}
	CHECK_EQ(errno, ENOMEM);
	CHECK(n > 10);
	for (unsigned i = 0; i < n; i++)
		memset(maps[i], (int)i, step);
	for (unsigned i = 0; i < n; i += 2)
		CHECK_EQ(munmap(maps[i], step), 0);
	for (unsigned i = 1; i < n; i += 2) {
		CHECK_EQ(maps[i][step - 1], (char)i);
		CHECK_EQ(munmap(maps[i], step), 0);
	}
}

static void file(void)
{
	int fd = open("/mapped", O_CREAT | O_RDWR, 0600);
	char *p;

	CHECK_EQ(write(fd, "some text", 9), 9);
	CHECK_EQ(lseek(fd, 8191, SEEK_SET), 8191);
	CHECK_EQ(write(fd, "end", 3), 3);
	p = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED && memcmp(p, "some text", 10) == 0 && memcmp(p + 8191, "end", 4) == 0);
	CHECK_EQ(madvise(p, PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(p[0], 's');
	CHECK_EQ(munmap(p, 3 * PAGE), 0);
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, PAGE);
	CHECK_EQ(p[PAGE - 1], 'e');
	p[0] = 'x';
	CHECK_EQ(munmap(p, PAGE), 0);
	CHECK_ERRNO((long)mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0), ENODEV);
	close(fd);
	CHECK_EQ(unlink("/mapped"), 0);
}

static void heap(void)
{
	char *old = sbrk(0), *p = sbrk(20 * PAGE);

	CHECK(p == old);
	p = (char *)(((uintptr_t)p + PAGE) & -PAGE);
	CHECK_EQ(mprotect(p + 4 * PAGE, PAGE, PROT_READ), 0);
	p[3 * PAGE] = p[5 * PAGE] = 1;
	CHECK_EQ(p[4 * PAGE], 0);
	CHECK(sbrk(-20 * (long)PAGE) == old + 20 * PAGE);
}

/* Once only: malloc() keeps what is freed. */
static void aligned_memory(void)
{
	void *aligned = NULL;

	CHECK_EQ(posix_memalign(&aligned, 1 << 16, 100), 0);
	CHECK_EQ((uintptr_t)aligned % (1 << 16), 0);
	free(aligned);
	CHECK_EQ(posix_memalign(&aligned, 24, 1), EINVAL);
	aligned = aligned_alloc(4096, 8192);
	CHECK_EQ((uintptr_t)aligned % 4096, 0);
	free(aligned);
}

static struct spinlock spinlock = SPINLOCK_INIT;

static void anywhere(void)
{
	char *p = map(8 * PAGE, RW);
	irq_state s = spin_lock(&spinlock);

	p[0] = 1;
	memset(p + PAGE, 2, 7 * PAGE);
	spin_unlock(&spinlock, s);
	CHECK_EQ(p[8 * PAGE - 1], 2);
	CHECK_EQ(munmap(p, 8 * PAGE), 0);
}

/* On a stack that is filled late, with calls that hold the very locks a page fault takes. */
static __attribute__((noinline)) void descend(unsigned depth)
{
	char more[700];
	char *p = map(PAGE, RW);

	p[0] = more[depth % 700] = 1;
	CHECK_EQ(munmap(p, PAGE), 0);
	if (depth > 0)
		descend(depth - 1);
	__asm__ volatile("" : : "r"(more) : "memory");
}

static void on_lazy_stack(void *unused)
{
	(void)unused;
	descend(60);
}

static void lazy_stack(void)
{
	char *stack = map(64 * PAGE, RW);
	struct thread *t = thread_prepare("lazy", PRIO_APP, (struct thread_stack){ .base = stack, .size = 64 * PAGE }, on_lazy_stack, NULL);

	thread_start(t);
	thread_join(t);
	CHECK(resident(stack, 64) < 64);
	CHECK_EQ(munmap(stack, 64 * PAGE), 0);
}

static void everything(void)
{
	lazily();
	protection();
	refused();
	fixed();
	large();
	remap(100);
	remap(1500);
	reserve();
	all_there_is();
	file();
	heap();
	anywhere();
	lazy_stack();
}

static bool all_comes_back(void)
{
	size_t before = page_count_free();

	everything();
	return page_count_free() == before;
}

/* Slabs and tables stay, and stacks that an interrupt found at their deepest: a few times, while a leak goes on. */
int main(int argc, char **argv)
{
	unsigned rounds = 0;

	count_cpus(argc, argv);
	aligned_memory();
	everything();
	while (rounds < 5 && !all_comes_back())
		rounds++;
	CHECK(rounds < 5);
	return verdict();
}
