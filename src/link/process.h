/* What is known of another process, to name who holds a port. */
#ifndef FM_LINK_PROCESS_H
#define FM_LINK_PROCESS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The name of a process, printable; "process" where /proc tells none. */
void fm_process_name(pid_t pid, char *ret_name, size_t size);

/* FM_BUSY: `what` (a path, or a name for people) is held by this process, which the message names;
 * pid 0 = not known who. */
bool fm_process_busy(const char *what, pid_t pid, struct fm_error *err);

/* The first process other than this one that has the device node `path` open (and is not the master
 * of a pty): its name and id. */
bool fm_process_holder(const char *path, char *ret_name, size_t size, pid_t *ret_pid);

#endif
