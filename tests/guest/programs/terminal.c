/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A terminal as programs use it: asks for a name and, without echo, a password; then says what its
 * window, its signals and raw input do, until it gets a q.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static void say_window(const char *why)
{
	struct winsize w = { 0 };

	ioctl(STDIN_FILENO, TIOCGWINSZ, &w);
	printf("%s %u columns %u rows\n", why, w.ws_col, w.ws_row);
	fflush(stdout);
}

static void on_resize(int sig)
{
	(void)sig;
	say_window("resized:");
}

static void on_interrupt(int sig)
{
	printf("signal %d\n", sig);
	fflush(stdout);
}

static void ask(const char *what, char *answer, int len)
{
	printf("%s: ", what);
	fflush(stdout);
	if (!fgets(answer, len, stdin))
		exit(3);
	answer[strcspn(answer, "\n")] = '\0';
}

static void ask_secretly(char *answer, int len)
{
	struct termios before, now;

	tcgetattr(STDIN_FILENO, &before);
	now = before;
	now.c_lflag &= ~ECHO;
	now.c_lflag |= ECHONL;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &now);
	ask("password", answer, len);
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* Three keys at once, or as many as come within half a second of each other. */
static void raw(void)
{
	struct termios before, now;
	char keys[4] = "";
	ssize_t n;

	tcgetattr(STDIN_FILENO, &before);
	now = before;
	cfmakeraw(&now);
	now.c_cc[VMIN] = 3;
	now.c_cc[VTIME] = 5;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
	printf("raw\r\n");
	fflush(stdout);
	do {
		n = read(STDIN_FILENO, keys, 3);
		printf("keys %zd:", n);
		for (ssize_t i = 0; i < n; i++)
			printf(" %02x", (unsigned char)keys[i]);
		printf("\r\n");
		fflush(stdout);
	} while (keys[0] != 'q');
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

int main(void)
{
	char name[300], password[100];

	signal(SIGWINCH, on_resize);
	say_window("window:");
	ask("login", name, sizeof name);
	ask_secretly(password, sizeof password);
	printf("hello <%s>, your password is <%s>\n", name, password);
	signal(SIGINT, on_interrupt);
	raw();
	printf("cooked\n");
	while (fgets(name, sizeof name, stdin))
		printf("line <%s>\n", strtok(name, "\n"));
	signal(SIGINT, SIG_DFL);
	printf("end of input\n"); /* whereupon the next Ctrl-C comes */
	for (;;)
		pause();
}
