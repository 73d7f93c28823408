/* SPDX-License-Identifier: BSD-2-Clause */
/* Words that stand for values: expressions, thread numbers. And how values are shown. */
#include "debug/monitor/expression.h"
#include "debug/monitor/monitor.h"
#include "debug/symbols.h"
#include "kernel/list.h"
#include "kernel/printf.h"
#include "kernel/thread.h"
#include <string.h>

#define REGISTER(name) { #name, offsetof(struct target_registers, name) }
static const struct { const char *name; size_t offset; } registers[] = {
	REGISTER(rax), REGISTER(rbx), REGISTER(rcx), REGISTER(rdx), REGISTER(rsi), REGISTER(rdi),
	REGISTER(rbp), REGISTER(rsp), REGISTER(r8), REGISTER(r9), REGISTER(r10), REGISTER(r11),
	REGISTER(r12), REGISTER(r13), REGISTER(r14), REGISTER(r15), REGISTER(rip), REGISTER(rflags),
	REGISTER(fs_base), REGISTER(gs_base),
};

static bool register_value(const char *name, uint64_t *value)
{
	struct target_registers r;

	if (!monitor.selected || !target_registers(monitor.selected, &r, NULL))
		return false;
	for (unsigned i = 0; i < sizeof registers / sizeof registers[0]; i++) {
		if (strcmp(registers[i].name, name) != 0)
			continue;
		memcpy(value, (const char *)&r + registers[i].offset, sizeof *value);
		return true;
	}
	return false;
}

/* Static functions of different files may have one name. */
static void tell_of_namesakes(const char *name)
{
	const char *other;
	uint64_t address;
	unsigned n = 0;

	for (unsigned i = 0; (other = symbol_at(i, &address)); i++)
		n += strcmp(other, name) == 0;
	if (n < 2)
		return;
	monitor_print("several functions are called %s:", name);
	for (unsigned i = 0; (other = symbol_at(i, &address)); i++)
		if (strcmp(other, name) == 0)
			monitor_print(" 0x%lx", address);
	monitor_print(", the first of which is meant\n");
}

static bool name_value(const char *name, uint64_t *value)
{
	if (*name == '$')
		return register_value(name + 1, value);
	*value = symbol_address(name);
	if (*value)
		tell_of_namesakes(name);
	return *value;
}

static bool memory_value(uint64_t address, uint64_t *value)
{
	return target_read(address, value, sizeof *value) == sizeof *value;
}

bool monitor_value(const char *text, uint64_t *value)
{
	static const struct expression_world world = { name_value, memory_value };
	const char *error;

	if (!text) {
		monitor_print("a value is missing; see `help`\n");
		return false;
	}
	error = expression_value(&world, text, value);
	if (error)
		monitor_print("%s: %s\n", text, error);
	return !error;
}

const struct thread *monitor_thread(const char *word)
{
	const struct thread *t = monitor.selected;
	uint64_t id;

	if (word) {
		if (!monitor_value(word, &id))
			return NULL;
		t = target_thread((unsigned)id);
	}
	if (!t)
		monitor_print("there is no such thread; `ps` lists them\n");
	return t;
}

const char *monitor_symbol(uint64_t address)
{
	static char text[96];
	uint64_t offset;
	const char *name = symbol_name(address, &offset);

	text[0] = '\0';
	if (name)
		ksnprintf(text, sizeof text, offset ? " <%s+0x%lx>" : " <%s>", name, offset);
	return text;
}

bool monitor_copy(void *to, const void *from, size_t size)
{
	if (target_read((uintptr_t)from, to, size) == size)
		return true;
	monitor_print("%p: nothing is mapped there, so this ends here\n", from);
	return false;
}

#define LIST_LENGTH_MAX 100000u

bool monitor_list_next(const struct list *head, const struct list **node)
{
	static unsigned passed;
	struct list at;

	passed = *node ? passed + 1 : 0;
	if (!monitor_copy(&at, *node ? *node : head, sizeof at) || at.next == head)
		return false;
	if (passed == LIST_LENGTH_MAX) {
		monitor_print("the list has no end\n");
		return false;
	}
	*node = at.next;
	return monitor_copy(&at, *node, sizeof at);
}
