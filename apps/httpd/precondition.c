/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditional requests, in the order of RFC 9110, 13.2.2. This server gives out no entity tags, so
 * a tag a client names is never the current one; "*" stands for whatever exists, and is asked about
 * a file that does.
 */
#include "httpd.h"

static bool tag_matches(struct span tags)
{
	return span_is_exactly(tags, "*");
}

static bool changed_since(struct span date, time_t modified, time_t now, bool if_unreadable)
{
	time_t t;

	return date_parse(date, now, &t) ? modified > t : if_unreadable;
}

int precondition_check(const struct request *r, time_t modified, time_t now)
{
	if (r->if_match.at) {
		if (!tag_matches(r->if_match))
			return 412;
	} else if (r->if_unmodified_since.at && changed_since(r->if_unmodified_since, modified, now, false)) {
		return 412;
	}
	if (r->if_none_match.at)
		return tag_matches(r->if_none_match) ? 304 : 0;
	if (r->if_modified_since.at && !changed_since(r->if_modified_since, modified, now, true))
		return 304;
	return 0;
}

/*
 * A part is only of use to a client that holds another part of the very same file (RFC 9110,
 * 13.1.5).
 */
bool precondition_range(const struct request *r, time_t modified, time_t now)
{
	time_t t;

	return !r->if_range.at || (date_parse(r->if_range, now, &t) && t == modified);
}
