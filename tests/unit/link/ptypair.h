/* A pty whose master a test holds. */
#ifndef FM_TESTS_PTYPAIR_H
#define FM_TESTS_PTYPAIR_H

#include "unit.h"

#include <asm/termbits.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct ptypair {
	int master;
	char path[32];
};

static inline void ptypair_open(struct ptypair *pair)
{
	pair->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(pair->master >= 0);
	assert_int_equal(grantpt(pair->master), 0);
	assert_int_equal(unlockpt(pair->master), 0);
	assert_int_equal(ptsname_r(pair->master, pair->path, sizeof(pair->path)), 0);
}

/* What the slave is set to, as the master sees it. */
static inline struct termios2 ptypair_settings(const struct ptypair *pair)
{
	struct termios2 tio;

	assert_int_equal(ioctl(pair->master, TCGETS2, &tio), 0);
	return tio;
}

#endif
