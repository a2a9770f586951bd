/* Catalogs in a temporary folder, and the one that is shipped. */
#ifndef FM_TESTS_CATALOG_FIXTURE_H
#define FM_TESTS_CATALOG_FIXTURE_H

#include "unit.h"

#include "base/text.h"
#include "catalog/catalog.h"

/* devices/ of the source tree, and a folder that is removed with the fixture. */
struct fixture {
	char devices[512], schema[600];
	char dir[64], user_dir[64];
	struct fm_catalog *catalog;
	struct fm_text findings; /* of the last lint, a line each */
};

int fixture_setup(void **state);
/* The same, with what is shipped open. */
int fixture_setup_shipped(void **state);
int fixture_teardown(void **state);

/* A file in dir; format, arguments: its text. */
void fixture_write(const char *dir, const char *name, const char *text);
/* Open fixture->dir and fixture->user_dir. */
void fixture_open(struct fixture *fixture);
/* Open what is shipped. */
void fixture_open_shipped(struct fixture *fixture);
/* Lint a text as a file of dir; what is found is in findings. Opens a catalog where there is none.
 */
bool fixture_lint(struct fixture *fixture, const char *text);
/* It has found something in that line that says so. */
bool fixture_found(const struct fixture *fixture, long line, const char *says);
/* The text with `to` in the place of the first `from` from line `line` on; malloc'd. */
char *fixture_changed(const char *text, long line, const char *from, const char *to);

/* What the protocols will say, as far as definitions use it. */
fm_param_lookup fixture_params;

/* Boards that a device with these ids fits, as fm_catalog_match_usb tells them. */
size_t fixture_match(const struct fixture *fixture, int vid, int pid, const struct fm_entry **ret,
		     size_t most);

#endif
