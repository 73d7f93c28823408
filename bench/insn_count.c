/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QEMU TCG plugin that counts guest instructions of a kernel image: from the first instruction that runs inside it (addresses
 * `lo` to `hi`; firmware and boot loader lie outside) to the first time the instruction at `to` runs; or, given skip=S and
 * times=N, from the Sth time it runs over N more. It writes "total N" and one line "ADDRESS COUNT" per translated block to the
 * file `out`, then ends QEMU. A string instruction with a REP prefix counts once per iteration.
 * Arguments: lo=ADDR,hi=ADDR,to=ADDR,out=FILE[,skip=S][,times=N][,limit=N] (limit: give up after so many, default 1e9).
 *
 * Debian's QEMU has the plugin interface but packages no header, so the few declarations used here are stated again (version 1 of the API).
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { PLUGIN_API_VERSION = 1, CB_NO_REGS = 0, INLINE_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int, void *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int, void *, uint64_t);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);

__attribute__((visibility("default"))) int qemu_plugin_version = PLUGIN_API_VERSION;

/* One translated block: where it starts and how many of its instructions ran. Blocks are never freed: the emulator may still add to them. */
struct block {
	struct block *next;
	uint64_t address, count;
};

static struct block *blocks;
static uint64_t lo, hi, to, limit = 1000000000;
static uint64_t skip, times = 1;
static const char *out;
static bool counting;

static uint64_t total(void)
{
	uint64_t sum = 0;

	for (struct block *b = blocks; b; b = b->next)
		sum += b->count;
	return sum;
}

static void from_zero(void)
{
	for (struct block *b = blocks; b; b = b->next)
		b->count = 0;
}

static void start(unsigned cpu, void *unused)
{
	(void)cpu, (void)unused;
	if (!counting)
		from_zero();
	counting = true;
}

static void write_counts(void)
{
	FILE *f;

	f = fopen(out, "w");
	if (!f)
		_exit(1);
	fprintf(f, "total %" PRIu64 "\n", total());
	for (struct block *b = blocks; b; b = b->next)
		if (b->count)
			fprintf(f, "%" PRIx64 " %" PRIu64 "\n", b->address, b->count);
	fclose(f);
	_exit(0);
}

static void arrive(unsigned cpu, void *unused)
{
	static uint64_t arrivals;

	(void)cpu, (void)unused;
	arrivals++;
	if (arrivals == skip)
		from_zero();
	if (arrivals == skip + times)
		write_counts();
}

static void check_limit(unsigned cpu, void *unused)
{
	static unsigned blocks_run;

	(void)cpu, (void)unused;
	if (++blocks_run % 65536 == 0 && total() > limit)
		_exit(2);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *b = calloc(1, sizeof(*b));
	size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	b->address = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
	b->next = blocks;
	blocks = b;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, check_limit, CB_NO_REGS, NULL);
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t address = qemu_plugin_insn_vaddr(insn);

		if (!counting && address >= lo && address < hi)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, start, CB_NO_REGS, NULL);
		if (address == to)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, arrive, CB_NO_REGS, NULL);
		qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &b->count, 1);
	}
}

__attribute__((visibility("default")))
int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			return -1;
		*value++ = '\0';
		if (!strcmp(argv[i], "lo"))
			lo = strtoull(value, NULL, 0);
		else if (!strcmp(argv[i], "hi"))
			hi = strtoull(value, NULL, 0);
		else if (!strcmp(argv[i], "to"))
			to = strtoull(value, NULL, 0);
		else if (!strcmp(argv[i], "skip"))
			skip = strtoull(value, NULL, 0);
		else if (!strcmp(argv[i], "times"))
			times = strtoull(value, NULL, 0);
		else if (!strcmp(argv[i], "limit"))
			limit = strtoull(value, NULL, 0);
		else if (!strcmp(argv[i], "out"))
			out = strdup(value);
	}
	if (!hi || !to || !out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	return 0;
}
