/* Checksum files in all the forms of coreutils, and files that are none. */
#include "scratch.h"

#include "package/sums.h"

#define CONTENT "the firmware"
#define DATA (const uint8_t *)CONTENT, strlen(CONTENT)

/* printf 'the firmware' | md5sum, sha1sum, sha256sum, sha512sum */
#define MD5 "6bdf2a3bec9271ba454bb661b84e9219"
#define SHA1 "273c6725c2298c48860a4476f3b4faa23a375a6e"
#define SHA256 "aa0882bc95c6dadfdafdfa3169bb2c165b0dc4127731ead1007f74d620ef338e"
#define SHA512                                                                                     \
	"61ca499d69a4a3889c41494cd423e607d3dcbf1d5b3f1de7cf8e8418a0f86fff"                         \
	"7a7e9b30648946626d910b0f7f17781a7d21b1fe76b18209fa3980ab82dcc883"
#define OTHER256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct sums_case {
	const char *text, *name;
	bool single;
	enum fm_sums_state state;
} sums_cases[] = {
	/* a list, text and binary */
	{ SHA256 "  fw.bin\n", "fw.bin", false, FM_SUMS_GOOD },
	{ SHA256 " *fw.bin\n", "fw.bin", false, FM_SUMS_GOOD },
	{ SHA256 "  ./fw.bin\r\n", "fw.bin", false, FM_SUMS_GOOD },
	{ SHA256 "  fw.bin", "fw.bin", false, FM_SUMS_GOOD },
	{ "# sums\n\n" OTHER256 "  other\n" SHA256 "  fw.bin\n", "fw.bin", false, FM_SUMS_GOOD },
	{ "# of fw.bin\n" SHA256 "  fw.bin\n", "fw.bin", false, FM_SUMS_GOOD },
	{ "# of fw.bin\n", "fw.bin", false, FM_SUMS_NONE },
	{ OTHER256 "  fw.bin\n", "fw.bin", false, FM_SUMS_BAD },
	{ OTHER256 " *fw.bin\n", "fw.bin", false, FM_SUMS_BAD },
	{ SHA256 "  fw.bin\n" OTHER256 "  fw.bin\n", "fw.bin", false, FM_SUMS_BAD },
	{ OTHER256 "  fw.bin\n" SHA256 "  fw.bin\n", "fw.bin", false, FM_SUMS_BAD },
	/* of other files */
	{ OTHER256 "  other\n", "fw.bin", false, FM_SUMS_NONE },
	{ OTHER256 "  sub/fw.bin\n", "fw.bin", false, FM_SUMS_NONE },
	{ OTHER256 "  fw.bin.old\n", "fw.bin", false, FM_SUMS_NONE },
	{ OTHER256 "   fw.bin\n", "fw.bin", false,
	  FM_SUMS_NONE }, /* the name begins with a blank */
	{ "", "fw.bin", false, FM_SUMS_NONE },
	{ "garbage\n", "fw.bin", false, FM_SUMS_NONE },
	/* BSD's form */
	{ "SHA256 (fw.bin) = " SHA256 "\n", "fw.bin", false, FM_SUMS_GOOD },
	{ "SHA256 (fw.bin) = " OTHER256 "\n", "fw.bin", false, FM_SUMS_BAD },
	{ "SHA256 (a) = (b) = " SHA256 "\n", "a) = (b", false, FM_SUMS_GOOD },
	{ "SHA512 (fw.bin) = " OTHER256 "\n", "fw.bin", false, FM_SUMS_UNREADABLE },
	{ "SHA256 (fw.bin) " SHA256 "\n", "fw.bin", false, FM_SUMS_UNREADABLE },
	{ "SHA256 (fw.bin\n", "fw.bin", false, FM_SUMS_UNREADABLE },
	/* escaped names */
	{ "\\" SHA256 "  a\\\\b\\nc\\r\n", "a\\b\nc\r", false, FM_SUMS_GOOD },
	{ "\\" OTHER256 " *a\\\\b\\nc\n", "a\\b\nc", false, FM_SUMS_BAD },
	{ "\\SHA256 (a\\\\b\\nc) = " SHA256 "\n", "a\\b\nc", false, FM_SUMS_GOOD },
	{ SHA256 "  a\\\\b\n", "a\\b", false, FM_SUMS_NONE },
	{ "\\" SHA256 "  fw.bin\\t\n", "fw.bin", false, FM_SUMS_UNREADABLE },
	{ "\\" SHA256 "  fw.bin\\", "fw.bin", false, FM_SUMS_UNREADABLE },
	/* damage in the line of the file itself */
	{ "e3b0c4  fw.bin\n", "fw.bin", false, FM_SUMS_UNREADABLE },
	{ SHA256 "0  fw.bin\n", "fw.bin", false, FM_SUMS_UNREADABLE },
	{ SHA256 " fw.bin\n", "fw.bin", false, FM_SUMS_UNREADABLE },
	{ "e3b0c4  fw.bin\n" OTHER256 "  fw.bin\n", "fw.bin", false, FM_SUMS_BAD },
	{ "e3b0c4  fw.bin\n" SHA256 "  fw.bin\n", "fw.bin", false, FM_SUMS_UNREADABLE },
	/* a file for this one alone */
	{ SHA256, "fw.bin", true, FM_SUMS_GOOD },
	{ SHA256 " \n", "fw.bin", true, FM_SUMS_GOOD },
	{ SHA256 "  build/fw.bin\n", "fw.bin", true, FM_SUMS_GOOD },
	{ SHA256 "  renamed.bin\n", "fw.bin", true, FM_SUMS_GOOD },
	{ OTHER256 "  renamed.bin\n", "fw.bin", true, FM_SUMS_BAD },
	{ OTHER256 "  other\n" SHA256 "  fw.bin\n", "fw.bin", true, FM_SUMS_GOOD },
	{ OTHER256, "fw.bin", true, FM_SUMS_BAD },
	{ "", "fw.bin", true, FM_SUMS_UNREADABLE },
	{ "<html>", "fw.bin", true, FM_SUMS_UNREADABLE },
	{ "# no sum\n", "fw.bin", true, FM_SUMS_UNREADABLE },
	{ SHA512, "fw.bin", true, FM_SUMS_UNREADABLE },
};

static void check_text(const char *text, const char *algorithm, const char *name, bool single,
		       struct fm_sums *ret)
{
	char copy[1024];

	snprintf(copy, sizeof(copy), "%s", text);
	fm_sums_check_text(copy, algorithm, name, single, DATA, ret);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sums_cases) / sizeof(sums_cases[0]); i++) {
		const struct sums_case *one = &sums_cases[i];
		struct fm_sums sums;

		check_text(one->text, "sha256", one->name, one->single, &sums);
		if (sums.state != one->state)
			fail_msg("case %zu (%s): %d, not %d", i, one->text, sums.state, one->state);
		assert_int_equal(*sums.text == '\0', one->state == FM_SUMS_NONE);
	}
}

static void test_said(void **state)
{
	struct fm_sums sums;

	(void)state;
	check_text(SHA512, "sha512", "fw.bin", true, &sums);
	assert_int_equal(sums.state, FM_SUMS_GOOD);
	assert_string_equal(sums.wanted, SHA512);
	check_text("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", "sha256",
		   "fw.bin", true, &sums);
	assert_int_equal(sums.state, FM_SUMS_BAD);
	assert_string_equal(sums.wanted, OTHER256);
	assert_string_equal(sums.found, SHA256);
	assert_string_equal(sums.text, "sha256 is aa0882bc95c6dadf..., not e3b0c44298fc1c14...");
}

/* Each bit of the firmware counts. */
static void test_each_bit(void **state)
{
	uint8_t data[] = CONTENT;
	struct fm_sums sums;

	(void)state;
	for (size_t bit = 0; bit < strlen(CONTENT) * 8; bit++) {
		char text[] = SHA256;

		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		fm_sums_check_text(text, "sha256", "fw.bin", true, data, strlen(CONTENT), &sums);
		assert_int_equal(sums.state, FM_SUMS_BAD);
		data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static enum fm_sums_state beside(struct fm_sums *ret)
{
	fm_sums_check(scratch_path("fw.bin"), DATA, ret);
	return ret->state;
}

static void test_beside(void **state)
{
	struct fm_sums sums;

	(void)state;
	assert_int_equal(beside(&sums), FM_SUMS_NONE);
	scratch_write("SHA256SUMS", OTHER256 "  other\n");
	assert_int_equal(beside(&sums), FM_SUMS_NONE);
	scratch_write("SHA256SUMS", SHA256 "  fw.bin\n");
	assert_int_equal(beside(&sums), FM_SUMS_GOOD);
	assert_string_equal(sums.file, "SHA256SUMS");
	scratch_write("fw.bin.sha512", SHA512 "  fw.bin\n");
	assert_int_equal(beside(&sums), FM_SUMS_GOOD);
	scratch_write("fw.bin.sha256", "what\n");
	assert_int_equal(beside(&sums), FM_SUMS_UNREADABLE);
	assert_string_equal(sums.file, "fw.bin.sha256");
	scratch_write("sha256sums.txt", OTHER256 " *fw.bin\n");
	assert_int_equal(beside(&sums), FM_SUMS_BAD);
	assert_string_equal(sums.file, "sha256sums.txt");
	unlink(scratch_path("sha256sums.txt"));
	unlink(scratch_path("fw.bin.sha256"));
	scratch_mkdir("fw.bin.sha256");
	assert_int_equal(beside(&sums), FM_SUMS_UNREADABLE);
	assert_string_equal(sums.text, "the checksum file is not a file");
}

/* MD5 and SHA-1: a wrong one counts, a right one does not, but is told. */
static void test_weak(void **state)
{
	struct fm_sums sums;

	(void)state;
	scratch_write("fw.bin.md5", MD5 "  fw.bin\n");
	assert_int_equal(beside(&sums), FM_SUMS_WEAK);
	assert_string_equal(sums.file, "fw.bin.md5");
	assert_non_null(strstr(sums.text, "is right, but too weak to prove whose file it is"));
	scratch_write("SHA1SUMS", SHA1 " *fw.bin\n");
	assert_int_equal(beside(&sums), FM_SUMS_WEAK);
	scratch_write("SHA256SUMS", SHA256 "  fw.bin\n");
	assert_int_equal(beside(&sums), FM_SUMS_GOOD);
	scratch_write("SHA1SUMS", "SHA1 (fw.bin) = da39a3ee5e6b4b0d3255bfef95601890afd80709\n");
	assert_int_equal(beside(&sums), FM_SUMS_BAD);
	assert_string_equal(sums.file, "SHA1SUMS");
	unlink(scratch_path("SHA1SUMS"));
	scratch_write("fw.bin.md5", "D41D8CD98F00B204E9800998ECF8427E\n");
	assert_int_equal(beside(&sums), FM_SUMS_BAD);
	assert_string_equal(sums.file, "fw.bin.md5");
	scratch_write("fw.bin.md5", SHA256 "  fw.bin\n");
	assert_int_equal(beside(&sums), FM_SUMS_UNREADABLE);
}

/* Named without a folder: what lies in the working folder. */
static void test_working_folder(void **state)
{
	struct fm_sums sums;

	(void)state;
	scratch_write("SHA512SUMS", SHA512 "  fw.bin\n");
	assert_int_equal(chdir(scratch_folder), 0);
	fm_sums_check("fw.bin", DATA, &sums);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(sums.state, FM_SUMS_GOOD);
	assert_string_equal(sums.file, "SHA512SUMS");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_setup, scratch_teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_each_bit),
		TEST(test_beside),
		TEST(test_weak),
		TEST(test_working_folder),
	};

	return cmocka_run_group_tests_name("sums", tests, NULL, NULL);
}
