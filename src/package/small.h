/* Small files beside the firmware and in the configuration: signatures, keys, checksums. */
#ifndef FM_PACKAGE_SMALL_H
#define FM_PACKAGE_SMALL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * A regular file of at most `most` bytes as text, malloc'd and terminated; a zero byte inside is
 * FM_FILE_FORMAT. name is for messages. `folder` as openat takes it (AT_FDCWD: path as it is), and
 * `flags` are open's, beside the reading. err->os is ENOENT where there is no such file.
 */
bool fm_small_read(int folder, const char *path, int flags, size_t most, const char *name,
		   char **ret_text, struct fm_error *err) FM_MUST_CHECK;

/* Take the next line off the text: terminated, without its end (LF or CR LF). NULL = no more. */
char *fm_small_line(char **text);

/* Bytes of a base64 text, exactly len of them. */
bool fm_small_base64(const char *text, void *ret, size_t len);

#endif
