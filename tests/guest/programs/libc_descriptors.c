/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors: duplicates, flags, pipes, and the terminal behind the first three. */
#define _GNU_SOURCE 1
#include "check.h"
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

static void check_duplicates(void)
{
	int fd = open("/dup", O_RDWR | O_CREAT | O_TRUNC, 0644), copy = dup(fd);

	CHECK(copy > fd);
	CHECK_EQ(write(fd, "abc", 3), 3);
	CHECK_EQ(lseek(copy, 0, SEEK_CUR), 3);
	CHECK_EQ(dup2(fd, 50), 50);
	CHECK_EQ(dup2(fd, fd), fd);
	CHECK_EQ(dup2(copy, 50), 50);
	CHECK_EQ(fcntl(fd, F_DUPFD, 60), 60);
	CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 60), 61);
	CHECK_EQ(fcntl(61, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(60, F_GETFD), 0);
	CHECK_EQ(dup3(fd, 62, O_CLOEXEC), 62);
	CHECK_ERRNO(dup3(fd, fd, 0), EINVAL);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(dup(copy), fd);
	CHECK_ERRNO(dup(77), EBADF);
	CHECK_ERRNO(dup2(77, 78), EBADF);
	CHECK_ERRNO(dup2(fd, -1), EBADF);
	CHECK_ERRNO(fcntl(fd, F_DUPFD, -1), EINVAL);
	for (int i = 50; i <= 62; i++)
		close(i);
	close(copy);
	close(fd);
}

static void check_flags(void)
{
	int fd = open("/dup", O_RDWR | O_APPEND);
	struct flock lock = { .l_type = F_WRLCK };

	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_APPEND);
	CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_NONBLOCK);
	CHECK_EQ(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_SETLK, &lock), 0);
	CHECK_EQ(fcntl(fd, F_GETLK, &lock), 0);
	CHECK_EQ(lock.l_type, F_UNLCK);
	CHECK_ERRNO(fcntl(fd, 12345), EINVAL);
	CHECK_ERRNO(fcntl(77, F_GETFL), EBADF);
	close(fd);
}

static short events_of(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	poll(&p, 1, 0);
	return p.revents;
}

/* What is there is taken, whatever room the vector has left. */
static void check_pipe_vectors(const int fds[2])
{
	struct iovec out[2] = { { "ab", 2 }, { "cd", 2 } }, in[3];
	char a[2], b[2], c[2];

	in[0] = (struct iovec){ a, 2 };
	in[1] = (struct iovec){ b, 2 };
	in[2] = (struct iovec){ c, 2 };
	CHECK_EQ(fcntl(fds[0], F_SETFL, 0), 0);
	CHECK_EQ(writev(fds[1], out, 2), 4);
	CHECK_EQ(readv(fds[0], in, 3), 4);
	CHECK(memcmp(a, "ab", 2) == 0 && memcmp(b, "cd", 2) == 0);
	CHECK_EQ(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
}

static void check_pipe(void)
{
	char buf[PIPE_BUF] = "";
	struct stat st;
	int fds[2], n = 0;

	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	CHECK_EQ(fstat(fds[0], &st), 0);
	CHECK(S_ISFIFO(st.st_mode));
	CHECK_ERRNO(read(fds[0], buf, 1), EAGAIN);
	CHECK_EQ(events_of(fds[0], POLLIN), 0);
	CHECK_EQ(events_of(fds[1], POLLOUT), POLLOUT);
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	CHECK_EQ(events_of(fds[0], POLLIN), POLLIN);
	CHECK_EQ(read(fds[0], buf, sizeof buf), 3);
	CHECK(memcmp(buf, "abc", 3) == 0);
	check_pipe_vectors(fds);
	while (write(fds[1], buf, sizeof buf) > 0)
		n++;
	CHECK_EQ(errno, EAGAIN);
	CHECK(n >= 1);
	CHECK_EQ(events_of(fds[1], POLLOUT), 0);
	CHECK_ERRNO(lseek(fds[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERRNO(pread(fds[0], buf, 1, 0), ESPIPE);
	CHECK_ERRNO(write(fds[0], buf, 1), EBADF);
	CHECK_ERRNO(read(fds[1], buf, 1), EBADF);
	close(fds[1]);
	while (n-- > 0)
		CHECK_EQ(read(fds[0], buf, sizeof buf), sizeof buf);
	CHECK_EQ(read(fds[0], buf, 1), 0);
	CHECK_EQ(events_of(fds[0], POLLIN), POLLHUP);
	close(fds[0]);
	CHECK_ERRNO(pipe2(fds, O_TRUNC), EINVAL);
}

static void check_terminal(void)
{
	struct termios before, raw;
	struct winsize size;
	int null = open("/dev/null", O_RDWR);

	CHECK_EQ(isatty(null), 0);
	CHECK_EQ(errno, ENOTTY);
	CHECK_EQ(isatty(77), 0);
	CHECK_EQ(errno, EBADF);
	close(null);
	if (!isatty(STDIN_FILENO))
		return; /* on another system, without a terminal */
	CHECK(ttyname(STDIN_FILENO));
	CHECK_EQ(tcgetattr(STDIN_FILENO, &before), 0);
	CHECK(before.c_lflag & ICANON);
	raw = before;
	cfmakeraw(&raw);
	CHECK_EQ(tcsetattr(STDIN_FILENO, TCSANOW, &raw), 0);
	CHECK_EQ(tcgetattr(STDIN_FILENO, &raw), 0);
	CHECK(!(raw.c_lflag & ICANON));
	CHECK_EQ(tcsetattr(STDIN_FILENO, TCSADRAIN, &before), 0);
	CHECK_ERRNO(tcsetattr(STDIN_FILENO, 99, &before), EINVAL);
	CHECK_EQ(ioctl(STDOUT_FILENO, TIOCGWINSZ, &size), 0);
	CHECK_ERRNO(ioctl(STDOUT_FILENO, 0x12345678), ENOTTY);
}

int main(void)
{
	check_duplicates();
	check_flags();
	check_pipe();
	check_terminal();
	return verdict();
}
