/* A folder of files for a test, removed with it. */
#ifndef FM_TESTS_PACKAGE_SCRATCH_H
#define FM_TESTS_PACKAGE_SCRATCH_H

#include "unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_folder[64];

static inline int scratch_remove(const char *path, const struct stat *st, int kind,
				 struct FTW *walk)
{
	(void)st;
	(void)kind;
	(void)walk;
	return remove(path);
}

static inline int scratch_setup(void **state)
{
	(void)state;
	umask(022);
	strcpy(scratch_folder, "/tmp/fm-package-XXXXXX");
	return mkdtemp(scratch_folder) ? 0 : -1;
}

static inline int scratch_teardown(void **state)
{
	(void)state;
	return nftw(scratch_folder, scratch_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of a name in the folder; good until the eighth call from now. */
static inline const char *scratch_path(const char *name)
{
	static char paths[8][512];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch_folder, name);
	return path;
}

static inline const char *scratch_write(const char *name, const char *text)
{
	const char *path = scratch_path(name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
	assert_int_equal(fclose(file), 0);
	return path;
}

static inline const char *scratch_mkdir(const char *name)
{
	const char *path = scratch_path(name);

	assert_int_equal(mkdir(path, 0755), 0);
	return path;
}

#endif
