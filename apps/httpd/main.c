/* SPDX-License-Identifier: BSD-2-Clause */
/* httpd [-v] [-t SECONDS] [ROOT [PORT]] */
#include "httpd.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool verbose;
int64_t timeout_ms = 30000;

static int usage(void)
{
	fputs("usage: httpd [-v] [-t SECONDS] [ROOT [PORT]]\n"
	      "Serves the files below ROOT over HTTP (default: /srv where that exists, else /; port 8080, 0 for any free one).\n"
	      "  -v          print one line per answer\n"
	      "  -t SECONDS  patience with a silent client (default 30)\n", stderr);
	return 2;
}

static bool parse_number(const char *text, int64_t max, int64_t *out)
{
	return span_number((struct span){ text, strlen(text) }, out) && *out <= max;
}

/* A disk is mounted on /srv; without one the image's own tree is all there is. */
static const char *default_root(void)
{
	struct stat st;

	return stat("/srv", &st) == 0 && S_ISDIR(st.st_mode) ? "/srv" : "/";
}

int main(int argc, char **argv)
{
	int64_t seconds = 30, port = 8080;
	const char *root;
	int option;

	setvbuf(stdout, NULL, _IOLBF, 0); /* whoever reads the log reads whole lines, in time */
	while ((option = getopt(argc, argv, "vt:")) != -1) {
		if (option == 'v')
			verbose = true;
		else if (option != 't' || !parse_number(optarg, 86400, &seconds) || seconds == 0)
			return usage();
	}
	timeout_ms = seconds * 1000;
	root = optind < argc ? argv[optind] : default_root();
	if (argc - optind > 2 || (argc - optind == 2 && !parse_number(argv[optind + 1], 65535, &port)))
		return usage();
	if (chdir(root) < 0) {
		fprintf(stderr, "httpd: %s: %s\n", root, strerror(errno));
		return 1;
	}
	server_run((uint16_t)port, root);
	fprintf(stderr, "httpd: port %lld: %s\n", (long long)port, strerror(errno));
	return 1;
}
