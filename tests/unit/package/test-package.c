#include "package-test.h"

#include "package/package.h"

/* Metainfo with these releases, packed into a cabinet beside firmware.bin and other.bin. */
static void package_make(const char *releases, const char *more, const char *files)
{
	char text[4000];

	snprintf(text, sizeof(text),
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		 "<component type=\"firmware\">\n"
		 "  <id>org.example.pump</id>\n"
		 "  <name>Pump</name>\n"
		 "  <provides><firmware type=\"flashed\">2fa8891f-3ece-53a4-adc4-0dd875685f30"
		 "</firmware></provides>\n"
		 "  <releases>%s</releases>\n"
		 "  <custom><value key=\"LVFS::VersionFormat\">triplet</value></custom>\n%s"
		 "</component>\n",
		 releases, more);
	packages_write("pump.metainfo.xml", text);
	packages_write("other.bin", "another firmware, of another release\n");
	snprintf(text, sizeof(text), "rm -f p; gcab -c -z p pump.metainfo.xml %s >/dev/null",
		 files);
	packages_shell(text);
}

static char firmware_sha1[41], firmware_sha256[65], other_sha256[65];

static int package_sums(void **state)
{
	FM_FCLOSE FILE *file = NULL;

	if (packages_setup(state) != 0)
		return 1;
	packages_write("other.bin", "another firmware, of another release\n");
	packages_shell("sha1sum firmware.bin >sums; sha256sum firmware.bin other.bin >>sums");
	file = fopen("sums", "r");
	return !file || fscanf(file, "%40s %*s %64s %*s %64s", firmware_sha1, firmware_sha256,
			       other_sha256) != 3;
}

#define CHECKSUM "<checksum filename=\"%s\" target=\"content\" type=\"%s\">%s</checksum>"

static const char *package_release(const char *version, const char *file, const char *sum)
{
	static char texts[4][400];
	static unsigned next;
	char *text = texts[next++ % 4];

	if (!file)
		snprintf(text, 400, "<release version=\"%s\"/>", version);
	else
		snprintf(text, 400,
			 "<release version=\"%s\"><checksum filename=\"%s\" target=\"content\">%s"
			 "</checksum></release>",
			 version, file, sum);
	return text;
}

/* How the release is bound to its payload. */
static void test_package_bound(void **state)
{
	const struct {
		const char *file, *sum, *payload;
		enum fm_payload_proof proof;
	} cases[] = {
		{ NULL, NULL, "firmware.bin", FM_PAYLOAD_NAME },
		{ "firmware.bin", "", "firmware.bin", FM_PAYLOAD_NAME },
		{ "firmware.bin", firmware_sha1, "firmware.bin", FM_PAYLOAD_WEAK },
		{ "firmware.bin", firmware_sha256, "firmware.bin", FM_PAYLOAD_PROVED },
		{ "FIRMWARE.BIN", firmware_sha256, "firmware.bin", FM_PAYLOAD_PROVED },
		{ "fw/firmware.bin", firmware_sha256, "firmware.bin", FM_PAYLOAD_PROVED },
		{ "", firmware_sha256, "firmware.bin", FM_PAYLOAD_PROVED },
		{ "gone.bin", other_sha256, "other.bin", FM_PAYLOAD_PROVED },
		{ "other.bin", other_sha256, "other.bin", FM_PAYLOAD_PROVED },
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		FM_PACKAGE_DONE struct fm_package package;
		const struct fm_release *release;
		struct fm_error err;

		package_make(package_release("1.2.3", cases[i].file, cases[i].sum), "",
			     "firmware.bin other.bin");
		assert_success(fm_package_load("p", &package, &err));
		assert_false(package.bare);
		assert_string_equal(package.kind, "cab");
		assert_int_equal(strlen(package.sha256), 64);
		assert_int_equal(package.component_count, 1);
		assert_success(fm_component_choose(&package.components[0], NULL, &release, &err));
		assert_string_equal(release->payload->name, cases[i].payload);
		assert_int_equal(release->proof, cases[i].proof);
	}
}

static void test_package_payload_refused(void **state)
{
	const struct {
		const char *file, *sum, *more, *files, *says;
	} cases[] = {
		{ NULL, NULL, "", "other.bin", "its payload 'firmware.bin' is not in the package" },
		{ "gone.bin", "", "", "firmware.bin", "'gone.bin' is not in the package" },
		{ "gone.bin", "0000000000000000000000000000000000000000", "", "firmware.bin",
		  "'gone.bin' is not in the package" },
		{ "firmware.bin", other_sha256, "", "firmware.bin",
		  "'firmware.bin' is not what the metainfo announces" },
		{ "firmware.bin", "0000000000000000000000000000000000000000", "",
		  "firmware.bin other.bin", "'firmware.bin' is not what" },
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		FM_PACKAGE_DONE struct fm_package package;
		struct fm_error err;

		package_make(package_release("1.2.3", cases[i].file, cases[i].sum), cases[i].more,
			     cases[i].files);
		assert_failure(fm_package_load("p", &package, &err), FM_PACKAGE_PAYLOAD);
		if (!strstr(err.text, cases[i].says))
			fail_msg("'%s' does not say '%s'", err.text, cases[i].says);
		assert_null(package.components);
	}
}

/* Both checksums must fit, and the size. */
static void test_package_all_must_fit(void **state)
{
	FM_PACKAGE_DONE struct fm_package package;
	struct fm_error err;
	char releases[800];

	(void)state;
	snprintf(releases, sizeof(releases),
		 "<release version=\"1.0.0\">" CHECKSUM CHECKSUM "</release>", "firmware.bin",
		 "sha1", firmware_sha1, "firmware.bin", "sha256", firmware_sha256);
	package_make(releases, "", "firmware.bin");
	assert_success(fm_package_load("p", &package, &err));
	assert_int_equal(package.components[0].releases[0].proof, FM_PAYLOAD_PROVED);
	fm_package_done(&package);
	snprintf(releases, sizeof(releases),
		 "<release version=\"1.0.0\">" CHECKSUM CHECKSUM "</release>", "firmware.bin",
		 "sha1", firmware_sha1, "firmware.bin", "sha256", other_sha256);
	package_make(releases, "", "firmware.bin");
	assert_failure(fm_package_load("p", &package, &err), FM_PACKAGE_PAYLOAD);
	for (int size = 3999; size <= 4000; size++) {
		snprintf(releases, sizeof(releases),
			 "<release version=\"1.0.0\"><size type=\"installed\">%d</size></release>",
			 size);
		package_make(releases, "", "firmware.bin");
		if (size == 4000)
			assert_success(fm_package_load("p", &package, &err));
		else
			assert_failure(fm_package_load("p", &package, &err), FM_PACKAGE_PAYLOAD);
		fm_package_done(&package);
	}
}

/* A history of releases in one file, with the payload of one or two of them. */
static void test_package_history(void **state)
{
	FM_PACKAGE_DONE struct fm_package package;
	const struct fm_component *component;
	const struct fm_release *release;
	struct fm_error err;
	char releases[2000];

	(void)state;
	snprintf(releases, sizeof(releases), "%s%s%s",
		 package_release("1.0.0", "other.bin", other_sha256),
		 package_release("2.0.0", "firmware.bin", firmware_sha256),
		 package_release("3.0.0", "gone.bin", ""));
	package_make(releases, "", "firmware.bin other.bin");
	assert_success(fm_package_load("p", &package, &err));
	component = &package.components[0];
	assert_string_equal(component->releases[0].version, "3.0.0");
	assert_string_equal(component->releases[0].problem,
			    "its payload 'gone.bin' is not in the package");
	assert_success(fm_component_choose(component, NULL, &release, &err));
	assert_string_equal(release->version, "2.0.0");
	assert_success(fm_component_choose(component, "1.0.0", &release, &err));
	assert_string_equal(release->payload->name, "other.bin");
	assert_success(fm_component_choose(component, "v1.0", &release, &err));
	assert_string_equal(release->payload->name, "other.bin");
	assert_failure(fm_component_choose(component, "3.0.0", &release, &err), FM_PACKAGE_RELEASE);
	assert_non_null(strstr(err.text, "gone.bin"));
	assert_failure(fm_component_choose(component, "4.0.0", &release, &err), FM_PACKAGE_RELEASE);
	assert_non_null(strstr(err.text, "no release 4.0.0"));
	assert_non_null(strstr(err.text, "2.0.0, 1.0.0"));
}

/* Two releases that name the same file: checksums tell whose it is, else the newest has it. */
static void test_package_same_file(void **state)
{
	FM_PACKAGE_DONE struct fm_package package;
	const struct fm_release *release;
	struct fm_error err;
	char releases[2000];

	(void)state;
	snprintf(releases, sizeof(releases), "%s%s",
		 package_release("1.0.0", "firmware.bin", firmware_sha256),
		 package_release("2.0.0", "firmware.bin", other_sha256));
	package_make(releases, "", "firmware.bin");
	assert_success(fm_package_load("p", &package, &err));
	assert_success(fm_component_choose(&package.components[0], NULL, &release, &err));
	assert_string_equal(release->version, "1.0.0");
	fm_package_done(&package);

	snprintf(releases, sizeof(releases), "%s%s", package_release("1.0.0", NULL, NULL),
		 package_release("2.0.0", "firmware.bin", ""));
	package_make(releases, "", "firmware.bin");
	assert_success(fm_package_load("p", &package, &err));
	assert_success(fm_component_choose(&package.components[0], NULL, &release, &err));
	assert_string_equal(release->version, "2.0.0");
	assert_failure(fm_component_choose(&package.components[0], "1.0.0", &release, &err),
		       FM_PACKAGE_RELEASE);
	assert_non_null(strstr(err.text, "is the payload of 2.0.0"));
	fm_package_done(&package);

	snprintf(releases, sizeof(releases), "%s%s",
		 package_release("1.0.0", "firmware.bin", firmware_sha256),
		 package_release("2.0.0", "firmware.bin", ""));
	package_make(releases, "", "firmware.bin");
	assert_success(fm_package_load("p", &package, &err));
	assert_success(fm_component_choose(&package.components[0], NULL, &release, &err));
	assert_string_equal(release->version, "1.0.0");
}

/* One version with two firmwares is none; two names of the same bytes are one. */
static void test_package_twice(void **state)
{
	FM_PACKAGE_DONE struct fm_package package;
	const struct fm_release *release;
	struct fm_error err;
	char releases[2000];

	(void)state;
	snprintf(releases, sizeof(releases), "%s%s%s",
		 package_release("2.0.0", "firmware.bin", firmware_sha256),
		 package_release("02.0.0", "other.bin", other_sha256),
		 package_release("1.0.0", "other.bin", other_sha256));
	package_make(releases, "", "firmware.bin other.bin");
	assert_success(fm_package_load("p", &package, &err));
	assert_failure(fm_component_choose(&package.components[0], "2.0.0", &release, &err),
		       FM_PACKAGE_RELEASE);
	assert_non_null(strstr(err.text, "is in it twice, with different files"));
	assert_success(fm_component_choose(&package.components[0], NULL, &release, &err));
	assert_string_equal(release->version, "1.0.0");
	fm_package_done(&package);

	snprintf(releases, sizeof(releases), "%s%s",
		 package_release("2.0.0", "firmware.bin", firmware_sha256),
		 package_release("2.0.0", "other.bin", other_sha256));
	package_make(releases, "", "firmware.bin other.bin");
	assert_failure(fm_package_load("p", &package, &err), FM_PACKAGE_PAYLOAD);
	assert_non_null(strstr(err.text, "is in it twice, with different files"));

	snprintf(releases, sizeof(releases), "%s%s",
		 package_release("2.0.0", "firmware.bin", firmware_sha256),
		 package_release("2.0.0", "copy.bin", firmware_sha256));
	packages_shell("cp firmware.bin copy.bin");
	package_make(releases, "", "firmware.bin copy.bin");
	assert_success(fm_package_load("p", &package, &err));
	assert_success(fm_component_choose(&package.components[0], "2.0.0", &release, &err));
}

static void test_package_image(void **state)
{
	FM_PACKAGE_DONE struct fm_package package, bare;
	FM_IMAGE_DONE struct fm_image image;
	const struct fm_release *release;
	struct fm_error err;

	(void)state;
	fm_package_init(&bare);
	package_make(package_release("1.2.3", "firmware.bin", firmware_sha256), "", "firmware.bin");
	assert_success(fm_package_load("p", &package, &err));
	assert_success(fm_component_choose(&package.components[0], NULL, &release, &err));
	/* `yes` writes text, which is no firmware unless somebody says so. */
	assert_failure(fm_package_image(&package, release, NULL, &image, &err), FM_FILE_FORMAT);
	assert_success(fm_package_image(
		&package, release, &(struct fm_image_options){ .format = "raw" }, &image, &err));
	assert_int_equal(image.total, 4000);
	assert_string_equal(image.sha256, firmware_sha256);
	fm_image_done(&image);
	assert_success(fm_package_load("firmware.bin", &bare, &err));
	assert_true(bare.bare);
	assert_string_equal(bare.kind, "image");
	assert_string_equal(bare.sha256, firmware_sha256);
	assert_success(fm_package_image(&bare, NULL, &(struct fm_image_options){ .format = "raw" },
					&image, &err));
	assert_int_equal(image.total, 4000);
}

/* As the LVFS repacks what a maker uploads: signatures beside it, the catalogue of hashes. */
static void test_package_of_the_lvfs(void **state)
{
	FM_PACKAGE_DONE struct fm_package package;
	struct fm_error err;

	(void)state;
	packages_shell("echo '{}' | gzip -n >firmware.jcat; echo sig >firmware.bin.asc; "
		       "echo sig >pump.metainfo.xml.asc; echo text >README.txt");
	package_make(
		package_release("1.2.3", "firmware.bin", ""), "",
		"firmware.bin firmware.jcat firmware.bin.asc pump.metainfo.xml.asc README.txt");
	assert_success(fm_package_load("p", &package, &err));
	assert_int_equal(package.archive.count, 6);
	assert_non_null(package.components[0].releases[0].payload);
}

static void test_package_several(void **state)
{
	FM_PACKAGE_DONE struct fm_package package;
	struct fm_error err;

	(void)state;
	package_make(package_release("1.2.3", "firmware.bin", ""), "", "firmware.bin");
	packages_shell("sed 's/firmware.bin/other.bin/; s/pump/valve/' pump.metainfo.xml "
		       ">valve.metainfo.xml; rm p; "
		       "gcab -c p pump.metainfo.xml valve.metainfo.xml firmware.bin other.bin "
		       ">/dev/null");
	assert_success(fm_package_load("p", &package, &err));
	assert_int_equal(package.component_count, 2);
	assert_string_equal(package.components[0].releases[0].payload->name, "firmware.bin");
	assert_string_equal(package.components[1].releases[0].payload->name, "other.bin");
	assert_string_equal(package.components[1].source, "valve.metainfo.xml");
}

static void test_package_folder(void **state)
{
	FM_PACKAGE_DONE struct fm_package package;
	struct fm_error err;
	char command[200];

	(void)state;
	package_make(package_release("1.2.3", "firmware.bin", firmware_sha256), "", "firmware.bin");
	packages_shell("rm -rf d; mkdir d; cp pump.metainfo.xml firmware.bin d");
	assert_success(fm_package_load("d", &package, &err));
	assert_string_equal(package.kind, "folder");
	snprintf(command, sizeof(command), "cd d && LC_ALL=C sha256sum * | sha256sum | grep -q %s",
		 package.sha256);
	packages_shell(command);
	assert_null(package.data);
	assert_int_equal(package.components[0].releases[0].proof, FM_PAYLOAD_PROVED);
	fm_package_done(&package);
	packages_shell("rm d/pump.metainfo.xml");
	assert_failure(fm_package_load("d", &package, &err), FM_PACKAGE_METAINFO);
	packages_shell("rm -r d; mkdir d");
	assert_failure(fm_package_load("d", &package, &err), FM_PACKAGE_METAINFO);
	assert_failure(fm_package_load("none", &package, &err), FM_FILE_OPEN);
}

static void test_package_without_metainfo(void **state)
{
	FM_PACKAGE_DONE struct fm_package package;
	struct fm_error err;

	(void)state;
	packages_shell("rm -f p; gcab -c p firmware.bin >/dev/null");
	assert_failure(fm_package_load("p", &package, &err), FM_PACKAGE_METAINFO);
	assert_non_null(strstr(err.text, "no metainfo.xml"));
	packages_shell("echo '<component>' >x.metainfo.xml; "
		       "gcab -c p firmware.bin x.metainfo.xml >/dev/null");
	assert_failure(fm_package_load("p", &package, &err), FM_PACKAGE_METAINFO);
	assert_non_null(strstr(err.text, "p: x.metainfo.xml:"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_package_bound),
		cmocka_unit_test(test_package_payload_refused),
		cmocka_unit_test(test_package_all_must_fit),
		cmocka_unit_test(test_package_history),
		cmocka_unit_test(test_package_same_file),
		cmocka_unit_test(test_package_twice),
		cmocka_unit_test(test_package_image),
		cmocka_unit_test(test_package_of_the_lvfs),
		cmocka_unit_test(test_package_several),
		cmocka_unit_test(test_package_folder),
		cmocka_unit_test(test_package_without_metainfo),
	};

	return cmocka_run_group_tests_name("package", tests, package_sums, packages_teardown);
}
