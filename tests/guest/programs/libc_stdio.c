/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams: formatting, buffering, positions, errors. */
#include "check.h"
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_text(const char *got, const char *want)
{
	if (strcmp(got, want) == 0)
		return;
	printf("FAIL \"%s\", not \"%s\"\n", got, want);
	failed++;
}

#define FORMATS(want, ...) do {			\
	char text_[128];			\
	snprintf(text_, sizeof text_, __VA_ARGS__); \
	check_text(text_, want);		\
} while (0)

static void check_formats(void)
{
	FORMATS("-1 4294967295 ff 0X1F 017", "%d %u %x %#X %#o", -1, UINT_MAX, 255, 31, 15);
	FORMATS("  42|42  |0042|+42", "%4d|%-4d|%04d|%+d", 42, 42, 42, 42);
	FORMATS("-9223372036854775808 18446744073709551615", "%lld %llu", LLONG_MIN, ULLONG_MAX);
	FORMATS("12 -1 65535 7 8", "%zu %td %hu %hhd %jd", (size_t)12, (ptrdiff_t)-1, (unsigned short)-1, (char)7, (intmax_t)8);
	FORMATS("abc|  ab|ab  |(x)", "%s|%4.2s|%-4.2s|(%c)", "abc", "abc", "abc", 'x');
	FORMATS("3.142 1e+10 1.5 0.000100 inf nan", "%.3f %g %g %f %f %f", 3.14159, 1e10, 1.5, 1e-4, 1.0 / 0.0, __builtin_nan(""));
	FORMATS("1.7976931348623157e+308 4.94066e-324", "%.17g %g", 1.7976931348623157e308, 5e-324);
	FORMATS("0x1p-2 3.25", "%a %Lg", 0.25, 3.25L);
	FORMATS("%", "%%");
	CHECK_EQ(snprintf(NULL, 0, "%d", 12345), 5);
}

static void check_scans(void)
{
	int i = 0, n = 0;
	unsigned x = 0;
	double d = 0;
	char word[8] = "", set[8] = "";

	CHECK_EQ(sscanf("  42 ff 2.5e3 word abcZ%", "%d %x %lf %7s %7[a-c]%*c%n", &i, &x, &d, word, set, &n), 5);
	CHECK(i == 42 && x == 255 && d == 2500 && strcmp(word, "word") == 0 && strcmp(set, "abc") == 0);
	CHECK_EQ(n, 23);
	CHECK_EQ(sscanf("x", "%d", &i), 0);
	CHECK_EQ(sscanf("", "%d", &i), EOF);
	CHECK(strtod("0.1", NULL) == 0.1 && strtod("1e-310", NULL) > 0);
	CHECK_EQ(strtol("0x7f", NULL, 0), 127);
	errno = 0;
	CHECK_EQ(strtol("99999999999999999999", NULL, 10), LONG_MAX);
	CHECK_EQ(errno, ERANGE);
}

static void check_stream_positions(void)
{
	char line[32];
	FILE *f = fopen("/stream", "w+");

	CHECK(f);
	CHECK(fputs("one\ntwo\nthree", f) >= 0);
	CHECK_EQ(ftell(f), 13);
	CHECK_EQ(fseek(f, 4, SEEK_SET), 0);
	CHECK(fgets(line, sizeof line, f));
	check_text(line, "two\n");
	CHECK_EQ(ungetc('X', f), 'X');
	CHECK_EQ(getc(f), 'X');
	CHECK_EQ(fseek(f, -5, SEEK_END), 0);
	CHECK_EQ(fread(line, 1, sizeof line, f), 5);
	CHECK(feof(f) && !ferror(f));
	clearerr(f);
	rewind(f);
	CHECK_EQ(fseek(f, 0, SEEK_SET), 0);
	CHECK_EQ(fwrite("ONE", 1, 3, f), 3);
	rewind(f);
	CHECK(fgets(line, sizeof line, f));
	check_text(line, "ONE\n");
	CHECK_EQ(fclose(f), 0);
}

static off_t size_of(const char *path)
{
	struct stat st = { 0 };

	stat(path, &st);
	return st.st_size;
}

static void check_buffering(void)
{
	FILE *f = fopen("/buffered", "w");

	CHECK(f);
	fputs("waits", f);
	CHECK_EQ(size_of("/buffered"), 0);
	CHECK_EQ(fflush(f), 0);
	CHECK_EQ(size_of("/buffered"), 5);
	CHECK_EQ(setvbuf(f, NULL, _IOLBF, 256), 0);
	fputs("line\nrest", f);
	CHECK(size_of("/buffered") >= 10);
	fclose(f);
	CHECK_EQ(size_of("/buffered"), 14);
	f = fopen("/buffered", "a");
	CHECK_EQ(setvbuf(f, NULL, _IONBF, 0), 0);
	fputc('!', f);
	CHECK_EQ(size_of("/buffered"), 15);
	fclose(f);
}

static void check_errors(void)
{
	FILE *f;

	CHECK(!fopen("/none/none", "r"));
	CHECK_EQ(errno, ENOENT);
	CHECK(!fopen("/buffered", "z"));
	f = fopen("/buffered", "r");
	CHECK_EQ(fputc('x', f), EOF);
	CHECK(ferror(f));
	fclose(f);
	f = fopen("/dev/full", "w");
	CHECK(f);
	if (f) {
		fputs("x", f);
		CHECK_EQ(fflush(f), EOF);
		CHECK_EQ(errno, ENOSPC);
		fclose(f);
	}
}

static void check_descriptors(void)
{
	int fd = open("/buffered", O_RDWR);
	FILE *f = fdopen(fd, "r+");

	CHECK(f);
	CHECK_EQ(fileno(f), fd);
	CHECK_EQ(fclose(f), 0);
	CHECK_ERRNO(close(fd), EBADF);
	CHECK(!fdopen(fd, "r"));
	CHECK(!fdopen(open("/buffered", O_RDONLY), "w"));
	f = freopen("/stream", "r", fopen("/buffered", "r"));
	CHECK(f && getc(f) == 'O');
	fclose(f);
	f = tmpfile();
	CHECK(f && fputc('t', f) == 't');
	fclose(f);
}

static void check_memory_streams(void)
{
	char *text = NULL, *line = NULL;
	size_t size = 0, room = 0;
	FILE *f = open_memstream(&text, &size);

	CHECK(fprintf(f, "%d bottles", 99) > 0);
	fclose(f);
	check_text(text, "99 bottles");
	f = fmemopen(text, size, "r");
	CHECK_EQ(getline(&line, &room, f), 10);
	fclose(f);
	free(text);
	free(line);
	CHECK_EQ(asprintf(&text, "%s", "allocated"), 9);
	free(text);
	CHECK_EQ(dprintf(open("/stream", O_WRONLY | O_TRUNC), "%s", "direct"), 6);
	CHECK_EQ(size_of("/stream"), 6);
}

/* A file bigger than any buffer, through a stream. */
static void check_bulk(void)
{
	static unsigned data[100000], back[100000];
	FILE *f = fopen("/bulk", "w+");

	for (unsigned i = 0; i < 100000; i++)
		data[i] = i * 2654435761u;
	for (unsigned i = 0; i < 100000; i += 1000)
		CHECK_EQ(fwrite(data + i, sizeof *data, 1000, f), 1000);
	rewind(f);
	CHECK_EQ(fread(back, sizeof *back, 100000, f), 100000);
	CHECK(memcmp(data, back, sizeof data) == 0);
	fclose(f);
	CHECK_EQ(size_of("/bulk"), sizeof data);
}

int main(void)
{
	check_formats();
	check_scans();
	check_stream_positions();
	check_buffering();
	check_errors();
	check_descriptors();
	check_memory_streams();
	check_bulk();
	return verdict();
}
