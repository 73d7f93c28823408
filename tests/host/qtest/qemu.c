/* SPDX-License-Identifier: BSD-2-Clause */
/* See qemu.h. */
#include "tests/host/qtest/qemu.h"
#include "tests/host/qtest/client.h"
#include "tests/host/test.h"
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 96
#define TIME_LIMIT_S  60 /* none takes a second */

static char text[8192]; /* of all arguments */
static size_t text_len;
static int ram = -1, said = -1, monitor = -1;
static int theirs[8]; /* ends of sockets that QEMU inherits */
static unsigned ntheirs;
static char files[4][QEMU_PATH_MAX];
static unsigned nfiles;
static pid_t child;
static sem_t wanted, launched;

static void check(bool works, const char *what)
{
	if (works)
		return;
	perror(what);
	_exit(2);
}

/* --- arguments --- */

void qemu_add(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_len += (size_t)vsnprintf(text + text_len, sizeof text - text_len, fmt, ap);
	va_end(ap);
	check(text_len + 1 < sizeof text, "room for arguments");
	text[text_len++] = ' ';
	text[text_len] = '\0';
}

int qemu_socket(int *fd)
{
	int ends[2];

	check(ntheirs < 8 && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	check(fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0, "fcntl");
	*fd = theirs[ntheirs++] = ends[1];
	return ends[0];
}

int qemu_chardev(const char *id)
{
	int fd, ours = qemu_socket(&fd);

	qemu_add("-chardev socket,id=%s,fd=%d", id, fd);
	return ours;
}

int qemu_file(char *path)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	check(nfiles < 4, "room for files");
	snprintf(files[nfiles], QEMU_PATH_MAX, "%s/thimble-qtest-XXXXXX", folder ? folder : "/tmp");
	fd = mkostemp(files[nfiles], O_CLOEXEC);
	check(fd >= 0, files[nfiles]);
	memcpy(path, files[nfiles++], QEMU_PATH_MAX);
	return fd;
}

/* --- the process --- */

void qemu_make_ram(void)
{
	void *at;

	ram = memfd_create("ram", 0);
	check(ram >= 0 && ftruncate(ram, QEMU_RAM_END) == 0, "memfd_create");
	at = mmap((void *)QEMU_RAM_START, QEMU_RAM_END - QEMU_RAM_START, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED_NOREPLACE, ram, QEMU_RAM_START);
	check(at == (void *)QEMU_RAM_START, "memory where the machine has it");
}

/* A processor that stops at its first instructions: cli; hlt; and again. */
static void make_firmware(char *path)
{
	static const uint8_t reset_vector[16] = { 0xfa, 0xf4, 0xeb, 0xfc };
	int fd = qemu_file(path);

	check(ftruncate(fd, 0x10000) == 0 && pwrite(fd, reset_vector, 16, 0xfff0) == 16, "firmware");
	close(fd);
}

static _Noreturn void become_qemu(void)
{
	char *argv[ARGUMENTS_MAX + 1], *rest = text;
	unsigned n = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(TIME_LIMIT_S);
	dup2(said, 1);
	dup2(said, 2);
	while (n < ARGUMENTS_MAX && (argv[n] = strtok_r(rest, " ", &rest)) != NULL)
		n++;
	argv[n] = NULL;
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static void receive_line(int fd, char *line, size_t size)
{
	size_t len = 0;

	while (read(fd, line + len, 1) == 1 && line[len] != '\n')
		len += len + 2 < size;
	line[len] = '\0';
}

const char *qemu_qmp(const char *fmt, ...)
{
	static char answer[16384];
	va_list ap;

	va_start(ap, fmt);
	dprintf(monitor, "{ ");
	vdprintf(monitor, fmt, ap);
	dprintf(monitor, " }\n");
	va_end(ap);
	do
		receive_line(monitor, answer, sizeof answer);
	while (strncmp(answer, "{\"return\"", 9) != 0 && strncmp(answer, "{\"error\"", 8) != 0 && answer[0]);
	return answer;
}

/* Before the arguments that a test has added. */
static void add_machine(const char *machine)
{
	char path[QEMU_PATH_MAX], rest[sizeof text];

	memcpy(rest, text, sizeof rest);
	text_len = 0;
	make_firmware(path);
	qemu_add("qemu-system-x86_64 -accel tcg -nodefaults -no-user-config -display none -d guest_errors -bios %s", path);
	qemu_add("-machine %s,memory-backend=ram -m %lu", machine, QEMU_RAM_END >> 20);
	qemu_add("-object memory-backend-file,id=ram,size=%lu,share=on,mem-path=/proc/self/fd/%d", QEMU_RAM_END, ram);
	qtest_open(qemu_chardev("qtest"));
	monitor = qemu_chardev("monitor");
	qemu_add("-object qtest,id=driver,chardev=qtest,log=/dev/null -mon chardev=monitor,mode=control %s", rest);
}

/* A fork on a stack in shared memory would share that stack. */
void qemu_launch(void)
{
	sem_wait(&wanted);
	child = fork();
	if (child == 0)
		become_qemu();
	sem_post(&launched);
}

void qemu_start(const char *machine)
{
	add_machine(machine);
	said = qemu_file((char[QEMU_PATH_MAX]){ 0 });
	sem_post(&wanted);
	sem_wait(&launched);
	while (ntheirs) /* so that a read ends when QEMU does */
		close(theirs[--ntheirs]);
	qemu_qmp("'execute': 'qmp_capabilities'");
}

void qemu_stop(void)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	while (nfiles)
		unlink(files[--nfiles]);
}

uint64_t qemu_ram_used(void)
{
	struct stat s;

	check(fstat(ram, &s) == 0, "fstat");
	return (uint64_t)s.st_blocks * 512;
}

const char *qemu_complaints(void)
{
	static char complaints[4096];
	ssize_t n = pread(said, complaints, sizeof complaints - 1, 0);

	complaints[n < 0 ? 0 : n] = '\0';
	return complaints;
}
