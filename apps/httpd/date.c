/* SPDX-License-Identifier: BSD-2-Clause */
/* HTTP's dates (RFC 9110, 5.6.7): one format is written, three are read. */
#include "httpd.h"
#include <string.h>
#include <strings.h>

static const char days[7][10] = {
	"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};
static const char months[12][4] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

static void put_number(char *out, unsigned value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		out[i] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* Two of these are in every answer. */
void date_format(time_t t, char out[DATE_SIZE])
{
	static const char form[DATE_SIZE] = "Thu, 01 Jan 1970 00:00:00 GMT";
	struct tm tm;

	memcpy(out, form, sizeof form);
	if (!gmtime_r(&t, &tm))
		return;
	memcpy(out, days[tm.tm_wday], 3);
	put_number(out + 5, (unsigned)tm.tm_mday, 2);
	memcpy(out + 8, months[tm.tm_mon], 3);
	put_number(out + 12, (unsigned)tm.tm_year + 1900, 4);
	put_number(out + 17, (unsigned)tm.tm_hour, 2);
	put_number(out + 20, (unsigned)tm.tm_min, 2);
	put_number(out + 23, (unsigned)tm.tm_sec, 2);
}

struct fields {
	int year, month, day, hour, minute, second;
};

/* Takes up to width digits, the first of which may be a blank where pad allows it. */
static bool take_number(struct span *s, unsigned width, bool pad, int *out)
{
	int value = 0;

	if (s->len < width)
		return false;
	for (unsigned i = 0; i < width; i++) {
		char c = s->at[i];

		if (i == 0 && pad && c == ' ')
			continue;
		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	s->at += width;
	s->len -= width;
	*out = value;
	return true;
}

static bool take_text(struct span *s, const char *text, size_t len)
{
	if (s->len < len || strncasecmp(s->at, text, len) != 0)
		return false;
	s->at += len;
	s->len -= len;
	return true;
}

static bool take_day_name(struct span *s, bool full)
{
	for (int i = 0; i < 7; i++)
		if (take_text(s, days[i], full ? strlen(days[i]) : 3))
			return true;
	return false;
}

static bool take_month(struct span *s, int *out)
{
	for (*out = 0; *out < 12; ++*out)
		if (take_text(s, months[*out], 3))
			return true;
	return false;
}

static bool take_time(struct span *s, struct fields *f)
{
	return take_number(s, 2, false, &f->hour) && take_text(s, ":", 1) &&
	       take_number(s, 2, false, &f->minute) && take_text(s, ":", 1) &&
	       take_number(s, 2, false, &f->second);
}

/*
 * A pattern's letters stand for what strftime() would write for them; everything else for itself.
 */
static bool take_item(struct span *s, const char *item, struct fields *f)
{
	switch (*item) {
	case 'a': return take_day_name(s, false);
	case 'A': return take_day_name(s, true);
	case 'b': return take_month(s, &f->month);
	case 'd': return take_number(s, 2, false, &f->day);
	case 'e': return take_number(s, 2, true, &f->day);
	case 'y': return take_number(s, 2, false, &f->year);
	case 'Y': return take_number(s, 4, false, &f->year);
	case 'T': return take_time(s, f);
	case 'Z': return take_text(s, "GMT", 3);
	default:  return take_text(s, item, 1);
	}
}

static bool match(struct span s, const char *pattern, struct fields *f)
{
	*f = (struct fields){ 0 };
	for (; *pattern; pattern++)
		if (!take_item(&s, pattern, f))
			return false;
	return s.len == 0 && f->day >= 1 && f->day <= 31 && f->hour < 24 && f->minute < 60 &&
	       f->second <= 60;
}

/*
 * Days from 1970-01-01 in the Gregorian calendar. The year is taken to begin with March: then the
 * leap day is its last, and the days before month m are (153 m + 2) / 5, the 31, 30, 31, 30, 31
 * pattern of five months.
 */
static int64_t days_since_epoch(int year, int month, int day)
{
	int64_t y = month < 2 ? year - 1 : year;
	int m = month < 2 ? month + 10 : month - 2;
	int64_t leap_days = y / 4 - y / 100 + y / 400;

	return 365 * y + leap_days + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* A two-digit year that seems more than 50 years ahead lies in the past. */
static int full_year(int two_digits, time_t now)
{
	struct tm tm;
	int this_year = gmtime_r(&now, &tm) ? tm.tm_year + 1900 : 1970;
	int year = this_year - this_year % 100 + two_digits;

	return year > this_year + 50 ? year - 100 : year;
}

bool date_parse(struct span s, time_t now, time_t *out)
{
	struct fields f;

	if (match(s, "A, d-b-y T Z", &f))
		f.year = full_year(f.year, now);
	else if (!match(s, "a, d b Y T Z", &f) && !match(s, "a b e T Y", &f))
		return false;
	*out = (time_t)(days_since_epoch(f.year, f.month, f.day) * 86400 + f.hour * 3600 + f.minute * 60 +
			f.second);
	return true;
}
