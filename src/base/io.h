/* Files and pipes as a whole, whatever signals come in between. */
#ifndef FM_BASE_IO_H
#define FM_BASE_IO_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Up to `most` bytes, or to the end before. False: errno says why. */
bool fm_io_read(int fd, void *ret, size_t most, size_t *ret_len) FM_MUST_CHECK;
/* All of them. False: errno says why. */
bool fm_io_write(int fd, const void *data, size_t len) FM_MUST_CHECK;

#endif
