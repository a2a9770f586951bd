/*
 * One program for one unit: an abstract socket named by topology path (tty path for a pty). It ends
 * with the process, leaves no file behind, and tells a rival who holds it.
 */
#ifndef FM_LINK_LOCK_H
#define FM_LINK_LOCK_H

#include "base/error.h"

#include <stdbool.h>
#include <sys/types.h>

/* Take the lock `name` or fail with FM_BUSY naming the process that holds it. close() of *ret_fd
 * gives it back. */
bool fm_lock_take(const char *name, int *ret_fd, struct fm_error *err) FM_MUST_CHECK;

#endif
