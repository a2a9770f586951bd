/* Cleanup at the end of a scope, for memory and handles. Undoing something on a device is never
 * done this way. */
#ifndef FM_BASE_SCOPE_H
#define FM_BASE_SCOPE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void fm_scope_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void fm_scope_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void fm_scope_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

#define FM_FREE __attribute__((cleanup(fm_scope_free)))
#define FM_CLOSE __attribute__((cleanup(fm_scope_close)))
#define FM_FCLOSE __attribute__((cleanup(fm_scope_fclose)))
#define FM_CLEANUP(function) __attribute__((cleanup(function)))

#define FM_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
