#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fixture_params(const char *protocol, const struct fm_param **ret_table)
{
	static const struct fm_param stk500v1[] = {
		{ "eeprom", FM_PARAM_BOOL, 0, 0, 1, "" },
		{ 0 },
	};
	static const struct fm_param stm32_uart[] = {
		{ "crc", FM_PARAM_BOOL, 1, 0, 1, "" },
		{ 0 },
	};
	static const struct fm_param dfu[] = {
		{ "poll-ms", FM_PARAM_NUMBER, -1, -1, 60000, "" },
		{ "version", FM_PARAM_NUMBER, 0, 0, 0xffff, "" },
		{ "force-mode", FM_PARAM_BOOL, 0, 0, 1, "" },
		{ "page-size", FM_PARAM_NUMBER, 0, 0, 1 << 20, "" },
		{ "gd-serial", FM_PARAM_BOOL, 0, 0, 1, "" },
		{ "upload-status", FM_PARAM_BOOL, 1, 0, 1, "" },
		{ "leave-reset", FM_PARAM_BOOL, 1, 0, 1, "" },
		{ "extra-reset", FM_PARAM_BOOL, 0, 0, 1, "" },
		{ 0 },
	};
	static const struct fm_param uf2[] = {
		{ "page", FM_PARAM_NUMBER, 256, 256, 65536, "" },
		{ "renew", FM_PARAM_BOOL, 0, 0, 1, "" },
		{ 0 },
	};

	*ret_table = NULL;
	if (strcmp(protocol, "stk500v1") == 0)
		*ret_table = stk500v1;
	else if (strcmp(protocol, "stm32-uart") == 0)
		*ret_table = stm32_uart;
	else if (strcmp(protocol, "dfu") == 0 || strcmp(protocol, "dfuse") == 0)
		*ret_table = dfu;
	else if (strcmp(protocol, "uf2") == 0)
		*ret_table = uf2;
	else if (strcmp(protocol, "stk500v2") != 0 && strcmp(protocol, "picoboot") != 0)
		return false;
	return true;
}

int fixture_setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	const char *source = getenv("FM_SRC");

	snprintf(fixture->devices, sizeof(fixture->devices), "%s/devices", source ? source : ".");
	snprintf(fixture->schema, sizeof(fixture->schema), "%s/device.rng", fixture->devices);
	strcpy(fixture->dir, "/tmp/fm-catalog-XXXXXX");
	strcpy(fixture->user_dir, "/tmp/fm-catalog-XXXXXX");
	if (!mkdtemp(fixture->dir) || !mkdtemp(fixture->user_dir))
		return -1;
	*state = fixture;
	return 0;
}

static int fixture_remove(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
	(void)stat;
	(void)kind;
	(void)ftw;
	return remove(path);
}

int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	fm_catalog_free(fixture->catalog);
	fm_text_done(&fixture->findings);
	nftw(fixture->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	nftw(fixture->user_dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(fixture);
	return 0;
}

void fixture_write(const char *dir, const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void fixture_open_at(struct fixture *fixture, const char *dir)
{
	const char *user_dir = fixture->user_dir;
	const struct fm_catalog_options options = { &dir,          1, &user_dir, 1, fixture->schema,
						    fixture_params };
	struct fm_error err;

	fm_catalog_free(fixture->catalog);
	fixture->catalog = NULL;
	assert_success(fm_catalog_open(&options, &fixture->catalog, &err));
}

void fixture_open(struct fixture *fixture)
{
	fixture_open_at(fixture, fixture->dir);
}

void fixture_open_shipped(struct fixture *fixture)
{
	fixture_open_at(fixture, fixture->devices);
}

int fixture_setup_shipped(void **state)
{
	int failed = fixture_setup(state);

	if (!failed)
		fixture_open_shipped(*state);
	return failed;
}

static void fixture_finding(const char *finding, void *user)
{
	struct fixture *fixture = user;

	fm_text_addf(&fixture->findings, "%s\n", finding);
}

bool fixture_lint(struct fixture *fixture, const char *text)
{
	char path[100];

	fm_text_done(&fixture->findings);
	fm_text_add(&fixture->findings, "");
	if (!fixture->catalog)
		fixture_open(fixture);
	fixture_write(fixture->dir, "lint.xml", text);
	snprintf(path, sizeof(path), "%s/lint.xml", fixture->dir);
	return fm_catalog_lint(fixture->catalog, path, fixture_finding, fixture);
}

bool fixture_found(const struct fixture *fixture, long line, const char *says)
{
	const char *at = fixture->findings.data;
	char place[40];

	snprintf(place, sizeof(place), "lint.xml:%ld: ", line);
	while ((at = strstr(at, place)) && !memmem(at, strcspn(at, "\n"), says, strlen(says)))
		at++;
	return at != NULL;
}

char *fixture_changed(const char *text, long line, const char *from, const char *to)
{
	const char *at = text;
	char *changed;

	for (long i = 1; i < line; i++)
		at = strchr(at, '\n') + 1;
	at = strstr(at, from);
	if (!at)
		fail_msg("line %ld has no '%s'", line, from);
	assert_true(asprintf(&changed, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) >=
		    0);
	return changed;
}

size_t fixture_match(const struct fixture *fixture, int vid, int pid, const struct fm_entry **ret,
		     size_t most)
{
	const struct fm_usb_device device = { .vid = (uint16_t)vid, .pid = (uint16_t)pid };
	struct fm_usb_fit fits[8];
	size_t count = fm_catalog_match_usb(fixture->catalog, &device, fits, most);

	assert_true(most <= 8);
	for (size_t i = 0; i < count && i < most; i++)
		ret[i] = fits[i].entry;
	return count;
}
