#include "base/scope.h"
#include "package/metainfo.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct metainfo {
	struct fm_component *components;
	size_t count;
};

static void metainfo_done(struct metainfo *metainfo)
{
	for (size_t i = 0; i < metainfo->count; i++)
		fm_component_done(&metainfo->components[i]);
	free(metainfo->components);
}

#define METAINFO_DONE __attribute__((cleanup(metainfo_done)))

static bool metainfo_read(const char *text, struct metainfo *ret, struct fm_error *err)
{
	return fm_metainfo_parse("fw.metainfo.xml", text, strlen(text), &ret->components,
				 &ret->count, err);
}

/* A component with this in it beside what it must have. */
#define COMPONENT(more)                                                                            \
	"<component type=\"firmware\">\n<id>org.example.fw</id>\n" more "\n</component>"
#define RELEASE "<releases><release version=\"1.2.3\"/></releases>"

/* All that the public description of the LVFS's metainfo files names, in own words. */
static const char metainfo_whole[] =
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	"<!-- made for a test -->\n"
	"<component type=\"firmware\">\n"
	"  <id>org.example.pump.firmware</id>\n"
	"  <name>Pump</name>\n"
	"  <name xml:lang=\"de\">Pumpe</name>\n"
	"  <name_variant_suffix>Mark II</name_variant_suffix>\n"
	"  <summary>Controller of  the\n   pump &amp; valves</summary>\n"
	"  <description>\n"
	"    <p>Moves <em>water</em>.</p>\n"
	"    <p xml:lang=\"de\">Bewegt Wasser.</p>\n"
	"    <ul><li>up</li><li>down</li></ul>\n"
	"    <ol><li>on</li><li>off</li></ol>\n"
	"  </description>\n"
	"  <provides>\n"
	"    <firmware type=\"flashed\">2FA8891F-3ece-53a4-adc4-0dd875685f30</firmware>\n"
	"    <firmware type=\"runtime\">ipw2200-bss.fw</firmware>\n"
	"    <firmware type=\"flashed\">101ee86a-7bea-59fb-9f89-6b6297ceed3b</firmware>\n"
	"  </provides>\n"
	"  <url type=\"homepage\">https://example.org/pump</url>\n"
	"  <metadata_license>CC0-1.0</metadata_license>\n"
	"  <project_license>GPL-2.0+</project_license>\n"
	"  <developer_name>Example Ltd</developer_name>\n"
	"  <releases>\n"
	"    <release urgency=\"critical\" version=\"0x30002\" timestamp=\"1424116753\" "
	"install_duration=\"120\">\n"
	"      <location>https://example.org/pump-0.3.2.cab</location>\n"
	"      <checksum type=\"sha1\" filename=\"pump.cab\" target=\"container\">"
	"0123456789012345678901234567890123456789</checksum>\n"
	"      <checksum type=\"sha256\" filename=\"pump.bin\" target=\"content\">"
	"01234567890123456789012345678901234567890123456789012345678901Ab</checksum>\n"
	"      <checksum filename=\"pump.bin\" target=\"content\"/>\n"
	"      <size type=\"installed\">4000</size>\n"
	"      <size type=\"download\">5000</size>\n"
	"      <description><p>Mends the seal.</p></description>\n"
	"      <issues><issue type=\"cve\">CVE-2026-12345</issue></issues>\n"
	"    </release>\n"
	"    <release urgency=\"odd\" version=\"0.10.0\" date=\"2026-01-31T10:00:00Z\">\n"
	"      <artifacts>\n"
	"        <artifact type=\"source\"><filename>src.tar</filename></artifact>\n"
	"        <artifact type=\"binary\">\n"
	"          <location>https://example.org/pump-0.10.0.cab</location>\n"
	"          <filename>new.bin</filename>\n"
	"          <checksum type=\"sha1\">0123456789012345678901234567890123456789</checksum>\n"
	"          <checksum type=\"blake2b\">0123</checksum>\n"
	"        </artifact>\n"
	"      </artifacts>\n"
	"    </release>\n"
	"  </releases>\n"
	"  <requires>\n"
	"    <id compare=\"ge\" version=\"1.9.7\">org.freedesktop.fwupd</id>\n"
	"    <id compare=\"ge\" version=\"1\">org.example.tool</id>\n"
	"    <firmware compare=\"ge\" version=\"0.1.2\"/>\n"
	"    <firmware compare=\"ge\" version=\"0.3.4\">bootloader</firmware>\n"
	"    <firmware compare=\"regex\" version=\"USB:0x(273F|1209)\">vendor-id</firmware>\n"
	"    <firmware compare=\"ne\" version=\"9.9.9\">not-child</firmware>\n"
	"    <firmware compare=\"ge\" version=\"2.0.0\" depth=\"1\">"
	"101ee86a-7bea-59fb-9f89-6b6297ceed3b|2fa8891f-3ece-53a4-adc4-0dd875685f30</firmware>\n"
	"    <hardware>6de5d951-d755-576b-bd09-c5cf66b27234</hardware>\n"
	"    <not_hardware>6de5d951-d755-576b-bd09-c5cf66b27234</not_hardware>\n"
	"    <client>detach-action</client>\n"
	"  </requires>\n"
	"  <custom>\n"
	"    <value key=\"LVFS::VersionFormat\">quad</value>\n"
	"    <value key=\"LVFS::VersionFormat\">triplet</value>\n"
	"    <value key=\"LVFS::UpdateProtocol\">org.usb.dfu</value>\n"
	"    <value key=\"LVFS::DeviceIntegrity\">signed</value>\n"
	"    <value key=\"LVFS::UpdateMessage\">Close the tap.</value>\n"
	"    <value key=\"LVFS::InhibitDownload\"/>\n"
	"  </custom>\n"
	"  <keywords><keyword>water</keyword></keywords>\n"
	"</component>\n";

static void test_metainfo_component(void **state)
{
	METAINFO_DONE struct metainfo metainfo = { 0 };
	const struct fm_component *component;
	struct fm_error err;

	(void)state;
	assert_success(metainfo_read(metainfo_whole, &metainfo, &err));
	assert_int_equal(metainfo.count, 1);
	component = &metainfo.components[0];
	assert_string_equal(component->source, "fw.metainfo.xml");
	assert_string_equal(component->id, "org.example.pump.firmware");
	assert_string_equal(component->name, "Pump");
	assert_string_equal(component->variant, "Mark II");
	assert_string_equal(component->summary, "Controller of the pump & valves");
	assert_string_equal(component->developer, "Example Ltd");
	assert_string_equal(component->licence, "GPL-2.0+");
	assert_string_equal(component->url, "https://example.org/pump");
	assert_string_equal(component->description.data,
			    "Moves water.\n- up\n- down\n1. on\n2. off");
	assert_int_equal(component->guid_count, 2);
	assert_string_equal(component->guids[0], "2fa8891f-3ece-53a4-adc4-0dd875685f30");
	assert_string_equal(component->guids[1], "101ee86a-7bea-59fb-9f89-6b6297ceed3b");
	assert_true(component->has_format);
	assert_int_equal(component->format, FM_VERSION_TRIPLET);
	assert_string_equal(component->protocol, "org.usb.dfu");
	assert_string_equal(component->integrity, "signed");
	assert_string_equal(component->message, "Close the tap.");
}

static void test_metainfo_releases(void **state)
{
	METAINFO_DONE struct metainfo metainfo = { 0 };
	const struct fm_release *release;
	struct fm_error err;

	(void)state;
	assert_success(metainfo_read(metainfo_whole, &metainfo, &err));
	assert_int_equal(metainfo.components[0].release_count, 2);
	release = &metainfo.components[0].releases[0];
	assert_string_equal(release->version, "0.10.0");
	assert_string_equal(release->date, "2026-01-31");
	assert_int_equal(release->urgency, FM_URGENCY_UNKNOWN);
	assert_string_equal(release->location, "https://example.org/pump-0.10.0.cab");
	assert_int_equal(release->checksum_count, 2);
	assert_true(release->checksums[0].content);
	assert_string_equal(release->checksums[0].file, "new.bin");
	assert_string_equal(release->checksums[1].value, "");
	assert_false(release->has_size);

	release = &metainfo.components[0].releases[1];
	assert_string_equal(release->version, "0.3.2");
	assert_string_equal(release->date, "2015-02-16");
	assert_int_equal(release->urgency, FM_URGENCY_CRITICAL);
	assert_int_equal(release->install_s, 120);
	assert_string_equal(release->location, "https://example.org/pump-0.3.2.cab");
	assert_string_equal(release->notes.data, "Mends the seal.");
	assert_int_equal(release->checksum_count, 3);
	assert_false(release->checksums[0].content);
	assert_true(release->checksums[1].content);
	assert_true(release->has_size);
	assert_int_equal(release->size, 4000);
	assert_null(release->payload);
}

static void test_metainfo_requirements(void **state)
{
	static const struct {
		enum fm_requirement_kind kind;
		enum fm_compare compare;
		const char *text;
	} wanted[] = {
		{ FM_REQUIRE_UPDATER, FM_COMPARE_GE, "id org.freedesktop.fwupd ge 1.9.7" },
		{ FM_REQUIRE_SOFTWARE, FM_COMPARE_GE, "id org.example.tool ge 1" },
		{ FM_REQUIRE_RUNNING, FM_COMPARE_GE, "firmware ge 0.1.2" },
		{ FM_REQUIRE_LOADER, FM_COMPARE_GE, "firmware bootloader ge 0.3.4" },
		{ FM_REQUIRE_VENDOR, FM_COMPARE_REGEX,
		  "firmware vendor-id regex USB:0x(273F|1209)" },
		{ FM_REQUIRE_NOT_CHILD, FM_COMPARE_NE, "firmware not-child ne 9.9.9" },
		{ FM_REQUIRE_OTHER_UNIT, FM_COMPARE_GE,
		  "firmware 101ee86a-7bea-59fb-9f89-6b6297ceed3b|2fa8891f-3ece-53a4-adc4-"
		  "0dd875685f30 ge 2.0.0 depth 1" },
		{ FM_REQUIRE_HARDWARE, FM_COMPARE_NONE,
		  "hardware 6de5d951-d755-576b-bd09-c5cf66b27234" },
		{ FM_REQUIRE_NOT_HARDWARE, FM_COMPARE_NONE,
		  "not_hardware 6de5d951-d755-576b-bd09-c5cf66b27234" },
		{ FM_REQUIRE_CLIENT, FM_COMPARE_NONE, "client detach-action" },
	};
	METAINFO_DONE struct metainfo metainfo = { 0 };
	const struct fm_component *component;
	struct fm_error err;

	(void)state;
	assert_success(metainfo_read(metainfo_whole, &metainfo, &err));
	component = &metainfo.components[0];
	assert_int_equal(component->requirement_count, FM_COUNT(wanted));
	for (size_t i = 0; i < FM_COUNT(wanted); i++) {
		assert_string_equal(component->requirements[i].text, wanted[i].text);
		assert_int_equal(component->requirements[i].kind, wanted[i].kind);
		assert_int_equal(component->requirements[i].compare, wanted[i].compare);
	}
	assert_true(component->requirements[6].has_depth);
	assert_int_equal(component->requirements[6].depth, 1);
}

/* Whatever may forbid the update and is not understood is kept, and named. */
static void test_metainfo_unknown_requirements(void **state)
{
	static const char *const requirements[] = {
		"<phase_of_moon compare=\"eq\" version=\"3\">full</phase_of_moon>",
		"<firmware compare=\"about\" version=\"1.2.3\"/>",
		"<firmware compare=\"any\"/>",
		"<firmware compare=\"ge\"/>",
		"<firmware compare=\"ge\" version=\"1.2.3\" depth=\"1\"/>",
		"<firmware compare=\"ge\" version=\"1.2.3\" depth=\"1\">bootloader</firmware>",
		"<firmware compare=\"ge\" version=\"1.2.3\">star-sign</firmware>",
		"<firmware compare=\"ge\" version=\"1.2.3\">2fa8891f|x</firmware>",
		"<hardware>any</hardware>",
		"<hardware>6de5d951-d755-576b-bd09-c5cf66b27234|</hardware>",
		"<hardware/>",
		"<memory>4</memory>",
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(requirements); i++) {
		METAINFO_DONE struct metainfo metainfo = { 0 };
		char text[600];
		struct fm_error err;

		snprintf(text, sizeof(text), COMPONENT("<requires>%s</requires>" RELEASE),
			 requirements[i]);
		assert_success(metainfo_read(text, &metainfo, &err));
		assert_int_equal(metainfo.components[0].requirement_count, 1);
		if (metainfo.components[0].requirements[0].kind != FM_REQUIRE_UNKNOWN)
			fail_msg("known: %s", requirements[i]);
		assert_true(strlen(metainfo.components[0].requirements[0].text) > 4);
	}
}

static void test_metainfo_several(void **state)
{
	METAINFO_DONE struct metainfo metainfo = { 0 };
	struct fm_error err;

	(void)state;
	assert_success(metainfo_read(
		"<components origin=\"lvfs\"><component type=\"firmware\"><id>one</id>" RELEASE
		"</component><component type=\"firmware\"><id>two</id><developer><name>Me</name>"
		"</developer>" RELEASE "</component></components>",
		&metainfo, &err));
	assert_int_equal(metainfo.count, 2);
	assert_string_equal(metainfo.components[0].id, "one");
	assert_string_equal(metainfo.components[1].id, "two");
	assert_string_equal(metainfo.components[1].developer, "Me");
}

/* Formats that nobody names are guessed; where releases differ, versions have no order. */
static void test_metainfo_guessed_formats(void **state)
{
	static const struct {
		const char *releases;
		enum fm_version_format format;
		const char *newest;
	} cases[] = {
		{ "<release version=\"1.2\"/><release version=\"1.10\"/>", FM_VERSION_PAIR,
		  "1.10" },
		{ "<release version=\"7\"/><release version=\"0x10\"/>", FM_VERSION_NUMBER,
		  "0x10" },
		{ "<release version=\"1.2\"/><release version=\"1.2.3\"/>", FM_VERSION_PLAIN,
		  "1.2" },
		{ "<release version=\"1.2\"/><release version=\"1.10\"/><release version=\"B\"/>",
		  FM_VERSION_PLAIN, "1.2" },
		{ "<release version=\"B\"/><release version=\"C\"/>", FM_VERSION_PLAIN, "B" },
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		METAINFO_DONE struct metainfo metainfo = { 0 };
		char text[400];
		struct fm_error err;

		snprintf(text, sizeof(text), COMPONENT("<releases>%s</releases>"),
			 cases[i].releases);
		assert_success(metainfo_read(text, &metainfo, &err));
		assert_false(metainfo.components[0].has_format);
		assert_int_equal(metainfo.components[0].format, cases[i].format);
		assert_string_equal(metainfo.components[0].releases[0].version, cases[i].newest);
	}
}

static const struct metainfo_bad {
	const char *text, *says;
	enum fm_code code;
} metainfo_bad[] = {
#define BAD(text, says)                                                                            \
	{                                                                                          \
		text, says, FM_PACKAGE_METAINFO                                                    \
	}
	BAD("", "fw.metainfo.xml:1:"),
	BAD("\0", "fw.metainfo.xml:1:"),
	BAD("not xml", "fw.metainfo.xml:1:"),
	BAD("<component type=\"firmware\">\n<id>x</id>\n", "fw.metainfo.xml:"),
	BAD("<html/>", "is 'html'"),
	BAD("<components/>", "is 'components'"),
	BAD("<component type=\"desktop\"><id>x</id></component>", "type 'desktop'"),
	BAD("<component><id>x</id></component>", "type ''"),
	BAD("<component type=\"firmware\">" RELEASE "</component>", "no id"),
	BAD("<component type=\"firmware\">\n<id/>" RELEASE "</component>", "no id"),
	BAD(COMPONENT(""), "no release"),
	BAD(COMPONENT("<releases/>"), "no release"),
	BAD(COMPONENT("<releases>\n<release date=\"2026-01-01\"/></releases>"),
	    ":4: a release has"),
	BAD(COMPONENT("<provides>\n<firmware type=\"flashed\">no</firmware></provides>" RELEASE),
	    ":4: 'no' is no GUID"),
	BAD(COMPONENT("<releases><release version=\"1\"><checksum type=\"sha256\" "
		      "target=\"content\">12</checksum></release></releases>"),
	    "'12' is no checksum"),
	BAD(COMPONENT("<releases><release version=\"1\"><checksum type=\"SHA256\" "
		      "target=\"content\">12</checksum></release></releases>"),
	    "'12' is no checksum"),
	BAD(COMPONENT("<releases><release version=\"1\"><checksum target=\"content\">"
		      "0123456789012345678901234567890123456789012345678901234567890123x"
		      "</checksum></release></releases>"),
	    "456789' is no checksum"),
	BAD(COMPONENT("<releases><release version=\"1\"><checksum target=\"content\">"
		      "012345678901234567890123456789012345678901234567890123456789012"
		      "</checksum></release></releases>"),
	    "456789' is no checksum"),
	BAD(COMPONENT("<releases><release version=\"1\"><size type=\"installed\">many</size>"
		      "</release></releases>"),
	    "'many' is no size"),
	BAD(COMPONENT("<releases><release version=\"1\"><size type=\"installed\">-1</size>"
		      "</release></releases>"),
	    "'-1' is no size"),
	/* Entities and what they are used for. */
	BAD("<!DOCTYPE component>\n" COMPONENT(RELEASE), "a DOCTYPE is not allowed"),
	BAD("<!DOCTYPE c [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>\n"
	    "<component type=\"firmware\"><id>&a;</id>" RELEASE "</component>",
	    "a DOCTYPE is not allowed"),
	BAD("<!DOCTYPE c [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;\">]>\n"
	    "<component type=\"firmware\"><id>&b;</id>" RELEASE "</component>",
	    "a DOCTYPE is not allowed"),
	BAD("<component type=\"firmware\"><id>&nbsp;</id>" RELEASE "</component>", "nbsp"),
	{ COMPONENT(RELEASE "<custom><value key=\"LVFS::VersionFormat\">roman</value></custom>"),
	  "'roman' is not known", FM_PACKAGE_VERSION },
	{ COMPONENT(RELEASE "<custom>\n<value key=\"LVFS::VersionFormat\"/></custom>"),
	  ":4: the version format '' is not known", FM_PACKAGE_VERSION },
	{ COMPONENT(RELEASE "<custom><value key=\"LVFS::VersionFormat\">quad</value></custom>"),
	  "'1.2.3' is no version of the format quad", FM_PACKAGE_VERSION },
#undef BAD
};

static void test_metainfo_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < FM_COUNT(metainfo_bad); i++) {
		METAINFO_DONE struct metainfo metainfo = { 0 };
		struct fm_error err;

		assert_failure(metainfo_read(metainfo_bad[i].text, &metainfo, &err),
			       metainfo_bad[i].code);
		if (!strstr(err.text, metainfo_bad[i].says))
			fail_msg("'%s' does not say '%s'", err.text, metainfo_bad[i].says);
		assert_null(metainfo.components);
	}
}

/* More of anything than a package could need. */
static void test_metainfo_too_much(void **state)
{
	static const struct {
		const char *start, *one, *end;
		int most;
	} cases[] = {
		{ "<releases>", "<release version=\"1\"/>", "</releases>", 256 },
		{ "<provides>",
		  "<firmware type=\"flashed\">2fa8891f-3ece-53a4-adc4-0dd875685f30</firmware>",
		  "</provides>" RELEASE, 512 },
		{ "<requires>", "<memory>1</memory>", "</requires>" RELEASE, 32 },
		{ "<releases><release version=\"1\">", "<checksum target=\"content\"/>",
		  "</release></releases>", 16 },
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		for (int count = cases[i].most; count <= cases[i].most + 1; count++) {
			METAINFO_DONE struct metainfo metainfo = { 0 };
			FM_TEXT_DONE struct fm_text text = { 0 };
			struct fm_error err;

			fm_text_addf(&text, "<component type=\"firmware\"><id>x</id>%s",
				     cases[i].start);
			for (int k = 0; k < count; k++)
				fm_text_add(&text, cases[i].one);
			fm_text_addf(&text, "%s</component>", cases[i].end);
			if (count == cases[i].most)
				assert_success(metainfo_read(text.data, &metainfo, &err));
			else
				assert_failure(metainfo_read(text.data, &metainfo, &err),
					       FM_PACKAGE_METAINFO);
		}
	}
}

static void test_metainfo_sizes(void **state)
{
	METAINFO_DONE struct metainfo metainfo = { 0 };
	FM_TEXT_DONE struct fm_text deep = { 0 }, big = { 0 };
	struct fm_error err;

	(void)state;
	fm_text_add(&deep, "<component type=\"firmware\"><id>x</id><description>");
	for (int i = 0; i < 5000; i++)
		fm_text_add(&deep, "<p>");
	assert_failure(metainfo_read(deep.data, &metainfo, &err), FM_PACKAGE_METAINFO);
	while (big.len <= FM_METAINFO_FILE_MOST)
		fm_text_add(&big, "<!-- much ado about nothing ------------------------ -->\n");
	assert_failure(metainfo_read(big.data, &metainfo, &err), FM_PACKAGE_METAINFO);
	assert_non_null(strstr(err.text, "1024 KiB"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metainfo_component),
		cmocka_unit_test(test_metainfo_releases),
		cmocka_unit_test(test_metainfo_requirements),
		cmocka_unit_test(test_metainfo_unknown_requirements),
		cmocka_unit_test(test_metainfo_several),
		cmocka_unit_test(test_metainfo_guessed_formats),
		cmocka_unit_test(test_metainfo_bad),
		cmocka_unit_test(test_metainfo_too_much),
		cmocka_unit_test(test_metainfo_sizes),
	};

	return cmocka_run_group_tests_name("metainfo", tests, NULL, NULL);
}
