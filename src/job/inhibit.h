/* Sleep is kept off through logind while a unit is written. */
#ifndef FM_JOB_INHIBIT_H
#define FM_JOB_INHIBIT_H

#include "job/event.h"

/*
 * Ask logind to let the computer neither sleep nor notice its lid: until *ret_fd is closed. Where
 * that can't be had it is -1, and the row says why: never an error. Takes two seconds at most.
 */
void fm_inhibit_sleep(const char *why, int *ret_fd, struct fm_host_row *ret);

#endif
