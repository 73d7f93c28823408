/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Range field (RFC 9110, 14.1.2 and 14.2). One range is honoured. Several ranges, other units
 * and malformed ones are ignored, which the RFC leaves to the server: the client gets the whole
 * file with status 200.
 */
#include "httpd.h"

/*
 * "-N": the last N bytes. Of an empty file that is all of it, for which a Content-Range has no
 * words.
 */
static enum range parse_suffix(struct span digits, off_t size, off_t *first, off_t *last)
{
	int64_t n;

	if (!span_number(digits, &n))
		return RANGE_NONE;
	if (n == 0)
		return RANGE_UNSATISFIABLE;
	if (size == 0)
		return RANGE_NONE;
	*first = n < size ? size - n : 0;
	*last = size - 1;
	return RANGE_PART;
}

enum range range_parse(struct span range, off_t size, off_t *first, off_t *last)
{
	struct span unit = span_cut(&range, '=');
	struct span from, to;
	int64_t a, b = INT64_MAX;

	if (!span_is(unit, "bytes"))
		return RANGE_NONE;
	range = span_trim(range);
	to = range;
	from = span_cut(&to, '-');
	if (from.len == range.len)
		return RANGE_NONE;
	if (from.len == 0)
		return parse_suffix(to, size, first, last);
	if (!span_number(from, &a) || (to.len && !span_number(to, &b)) || b < a)
		return RANGE_NONE;
	if (a >= size)
		return RANGE_UNSATISFIABLE;
	*first = (off_t)a;
	*last = b < size ? (off_t)b : size - 1;
	return RANGE_PART;
}
