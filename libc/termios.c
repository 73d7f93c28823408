/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a struct termios. The line speed is kept and means nothing: the console is virtual. */
#include <termios.h>

void cfmakeraw(struct termios *modes)
{
	modes->c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	modes->c_oflag &= ~OPOST;
	modes->c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	modes->c_cflag = (modes->c_cflag & ~(CSIZE | PARENB)) | CS8;
	modes->c_cc[VMIN] = 1;
	modes->c_cc[VTIME] = 0;
}

speed_t cfgetispeed(const struct termios *modes)
{
	return modes->__ispeed;
}

speed_t cfgetospeed(const struct termios *modes)
{
	return modes->__ospeed;
}

int cfsetispeed(struct termios *modes, speed_t speed)
{
	modes->__ispeed = speed;
	return 0;
}

int cfsetospeed(struct termios *modes, speed_t speed)
{
	modes->__ospeed = speed;
	return 0;
}
