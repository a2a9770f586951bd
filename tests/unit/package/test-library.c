#include "package-test.h"

#include "package/library.h"

#define GUID_A "2fa8891f-3ece-53a4-adc4-0dd875685f30"
#define GUID_B "101ee86a-7bea-59fb-9f89-6b6297ceed3b"

/* A library of single releases, in memory. */
static struct fm_library_entry entries[8];
static struct fm_component components[8];
static struct fm_release releases[8];
static struct fm_library library = { entries, 0 };

static const struct fm_component *library_put(const char *name, const char *guid,
					      const char *version, enum fm_compare compare,
					      const char *requires)
{
	size_t at = library.count++;
	struct fm_component *component = &components[at];

	releases[at] = (struct fm_release){ .proof = FM_PAYLOAD_PROVED };
	strcpy(releases[at].version, version);
	*component = (struct fm_component){ .format = FM_VERSION_TRIPLET,
					    .guid_count = 1,
					    .releases = &releases[at],
					    .release_count = 1 };
	strcpy(component->guids[0], guid);
	if (requires) {
		component->requirement_count = 1;
		component->requirements[0] =
			(struct fm_requirement){ .kind = FM_REQUIRE_RUNNING, .compare = compare };
		strcpy(component->requirements[0].version, requires);
	}
	entries[at] = (struct fm_library_entry){ .kind = "cab",
						 .components = component,
						 .component_count = 1 };
	entries[at].sha256[0] = *name;
	return component;
}

/* The names of the steps, "-" where none leads there, "" where none is needed. */
static const char *library_way(const struct fm_component *wanted, const char *running)
{
	static char way[FM_LIBRARY_STEPS_MOST + 1];
	struct fm_library_step steps[FM_LIBRARY_STEPS_MOST];
	bool found;
	size_t count = fm_library_path(&library, wanted, wanted->releases, running, steps, &found);

	if (!found)
		return "-";
	for (size_t i = 0; i < count; i++)
		way[i] = steps[i].entry->sha256[0];
	way[count] = '\0';
	return way;
}

static void test_library_path(void **state)
{
	const struct fm_component *target, *last;

	(void)state;
	library.count = 0;
	target = library_put("z", GUID_A, "2.0.0", FM_COMPARE_GE, "1.1.0");
	assert_string_equal(library_way(target, "1.1.0"), "");
	assert_string_equal(library_way(target, "1.0.0"), "-");
	library_put("a", GUID_A, "1.1.0", FM_COMPARE_NONE, NULL);
	assert_string_equal(library_way(target, "1.0.0"), "a");
	assert_string_equal(library_way(target, "1.1"), "");
	/* no way down, and none from a version that can't be compared */
	assert_string_equal(library_way(target, "2.1.0"), "-");
	assert_string_equal(library_way(target, ""), "-");
	/* of another unit, older than what runs, without its payload: no step */
	library_put("b", GUID_B, "1.2.0", FM_COMPARE_NONE, NULL);
	library_put("c", GUID_A, "0.9.0", FM_COMPARE_NONE, NULL);
	assert_string_equal(library_way(target, "1.0.0"), "a");
	releases[1].proof = FM_PAYLOAD_NONE;
	assert_string_equal(library_way(target, "1.0.0"), "-");
	releases[1].proof = FM_PAYLOAD_NAME;
	/* two steps, where the first needs none and the second the first */
	last = library_put("y", GUID_A, "3.0.0", FM_COMPARE_EQ, "2.0.0");
	assert_string_equal(library_way(last, "1.0.0"), "az");
	assert_string_equal(library_way(last, "1.1.0"), "z");
	/* fewer are better */
	library_put("d", GUID_A, "1.5.0", FM_COMPARE_LT, "1.1.0");
	assert_string_equal(library_way(target, "1.0.0"), "a");
	assert_string_equal(library_way(last, "1.0.0"), "az");
	library.count = 0;
}

/* A ladder that is longer than anybody would climb. */
static void test_library_path_ends(void **state)
{
	const struct fm_component *top = NULL;

	(void)state;
	library.count = 0;
	for (int i = 1; i <= 8; i++) {
		char name[2] = { (char)('0' + i), '\0' }, version[16], needs[16];

		snprintf(version, sizeof(version), "%d.0.0", i);
		snprintf(needs, sizeof(needs), "%d.0.0", i - 1);
		top = library_put(name, GUID_A, version, FM_COMPARE_EQ, needs);
	}
	assert_string_equal(library_way(top, "0.0.0"), "1234567");
	assert_string_equal(library_way(top, "5.0.0"), "67");
	library.count = 0;
}

static void test_library_read(void **state)
{
	FM_LIBRARY_DONE struct fm_library read = { 0 };
	struct fm_error err;

	(void)state;
	packages_write("pump.metainfo.xml",
		       "<component type=\"firmware\"><id>p</id><releases><release version=\"1.0\"/>"
		       "</releases></component>");
	packages_shell("mkdir -p l/notes l/folder; cp pump.metainfo.xml firmware.bin l/folder; "
		       "gcab -c l/b.cab pump.metainfo.xml firmware.bin >/dev/null; "
		       "gcab -c l/c.cab pump.metainfo.xml >/dev/null; "
		       "printf ':0400000001020304F2\\n:00000001FF\\n' >l/d.hex; "
		       "echo text >l/README; echo x >l/.hidden; ln -s /none l/dangling; "
		       "mkfifo l/fifo");
	assert_success(fm_library_read("l", &read, &err));
	assert_int_equal(read.count, 6);
	assert_string_equal(read.entries[0].name, "b.cab");
	assert_string_equal(read.entries[0].path, "l/b.cab");
	assert_string_equal(read.entries[0].kind, "cab");
	assert_int_equal(read.entries[0].component_count, 1);
	assert_int_equal(read.entries[0].components[0].releases[0].proof, FM_PAYLOAD_NAME);
	assert_null(read.entries[0].components[0].releases[0].payload);
	assert_null(read.entries[1].kind);
	assert_int_equal(read.entries[1].error.code, FM_PACKAGE_PAYLOAD);
	assert_string_equal(read.entries[2].name, "d.hex");
	assert_string_equal(read.entries[2].format, "ihex");
	assert_string_equal(read.entries[3].name, "dangling");
	assert_int_equal(read.entries[3].error.code, FM_FILE_OPEN);
	assert_string_equal(read.entries[4].name, "fifo");
	assert_null(read.entries[4].kind);
	assert_string_equal(read.entries[5].kind, "folder");
	fm_library_done(&read);
	assert_failure(fm_library_read("none", &read, &err), FM_FILE_OPEN);
	packages_shell("mkdir empty");
	assert_success(fm_library_read("empty", &read, &err));
	assert_int_equal(read.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_library_path),
		cmocka_unit_test(test_library_path_ends),
		cmocka_unit_test(test_library_read),
	};

	return cmocka_run_group_tests_name("library", tests, packages_setup, packages_teardown);
}
