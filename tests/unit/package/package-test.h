/* Packages made by the tools that people make them with, in a folder of the test's own. */
#ifndef FM_TESTS_PACKAGE_TEST_H
#define FM_TESTS_PACKAGE_TEST_H

#include "base/scope.h"
#include "base/text.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Goes into a new folder for the rest of the program, which has a payload of 4000 bytes:
 * firmware.bin. */
static inline int packages_setup(void **state)
{
	static char folder[] = "/tmp/fm-package-XXXXXX";

	*state = folder;
	if (!mkdtemp(folder) || chdir(folder) != 0)
		return 1;
	return system("yes firmware | head -c 4000 >firmware.bin");
}

static inline int packages_teardown(void **state)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf '%s'", (const char *)*state);
	return chdir("/") || system(command);
}

/* With what the tools say on stderr only; a tool that is not there skips the test. */
static inline void packages_shell(const char *script)
{
	FM_TEXT_DONE struct fm_text command = { 0 };
	int status;

	fm_text_addf(&command, "set -e\n%s", script);
	status = system(command.data);
	if (status == 127 << 8)
		skip();
	if (status != 0)
		fail_msg("status %d of: %s", status, script);
}

static inline void packages_write(const char *path, const char *text)
{
	FM_FCLOSE FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
}

#endif
