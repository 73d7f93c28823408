/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expression: [-]term { (+|-) term }; term: number | name | *term | (expression). Numbers as in C. A
 * name begins with a letter, _ or $, and goes on with digits and dots too.
 */
#include "debug/monitor/expression.h"
#include <stddef.h>
#include <string.h>

#define NAME_MAX_LENGTH 64u
#define DEPTH_MAX       16u  /* of brackets and stars: they recurse */

struct parser {
	const struct expression_world *world;
	const char *at;
	const char *error;
	unsigned depth;
};

static uint64_t sum(struct parser *);

static uint64_t fail(struct parser *p, const char *why)
{
	if (!p->error)
		p->error = why;
	return 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool begins_name(char c)
{
	return c == '_' || c == '$' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool goes_on_name(char c)
{
	return begins_name(c) || (c >= '0' && c <= '9') || c == '.';
}

static uint64_t number(struct parser *p)
{
	bool hex = p->at[0] == '0' && (p->at[1] | 0x20) == 'x';
	uint64_t v = 0;
	int d, base = hex ? 16 : 10;

	p->at += hex ? 2 : 0;
	if (digit(*p->at) < 0)
		return fail(p, "a number has no digits");
	for (; (d = digit(*p->at)) >= 0 && d < base; p->at++)
		v = v * (uint64_t)base + (uint64_t)d;
	return goes_on_name(*p->at) ? fail(p, "a number has a wrong digit; hexadecimal ones begin with 0x") : v;
}

static uint64_t name(struct parser *p)
{
	char text[NAME_MAX_LENGTH + 1];
	size_t n = 0;
	uint64_t v;

	for (; goes_on_name(*p->at); p->at++) {
		if (n == NAME_MAX_LENGTH)
			return fail(p, "a name is too long");
		text[n++] = *p->at;
	}
	text[n] = '\0';
	return p->world->name(text, &v) ? v : fail(p, text[0] == '$' ? "no such register" : "no such function");
}

static uint64_t term(struct parser *p)
{
	uint64_t v, inner;
	char c = *p->at;

	if (p->depth == DEPTH_MAX)
		return fail(p, "too many brackets");
	if (c == '*' || c == '(') {
		p->at++;
		p->depth++;
		inner = c == '*' ? term(p) : sum(p);
		p->depth--;
		if (c == '*')
			return !p->error && p->world->memory(inner, &v) ? v : fail(p, "nothing is mapped there");
		return *p->at == ')' ? (p->at++, inner) : fail(p, "a bracket is not closed");
	}
	if (c >= '0' && c <= '9')
		return number(p);
	return begins_name(c) ? name(p) : fail(p, "a number, a function or a $register is missing");
}

static uint64_t sum(struct parser *p)
{
	uint64_t v;

	if (*p->at == '-') {
		p->at++;
		v = -term(p);
	} else {
		v = term(p);
	}
	while (!p->error && (*p->at == '+' || *p->at == '-')) {
		char op = *p->at++;
		uint64_t right = term(p);

		v = op == '+' ? v + right : v - right;
	}
	return v;
}

const char *expression_value(const struct expression_world *world, const char *text, uint64_t *value)
{
	struct parser p = { .world = world, .at = text };

	*value = sum(&p);
	if (!p.error && *p.at)
		fail(&p, "something follows that means nothing");
	return p.error;
}
