/* Signatures and keys that the real minisign wrote, as they are and with every part of them
 * changed. */
#include "scratch.h"

#include "signature-data.h"

#include "package/signature.h"

#include <errno.h>

#define DATA (const uint8_t *)SIGNED_TEXT, strlen(SIGNED_TEXT)

static struct fm_keys keys;

static void load_keys(void)
{
	const char *folder = scratch_path("keys");

	fm_keys_done(&keys);
	fm_keys_load(&folder, 1, &keys);
}

static int setup(void **state)
{
	if (scratch_setup(state) != 0)
		return -1;
	scratch_mkdir("keys");
	scratch_write("keys/one.pub", KEY_ONE);
	load_keys();
	return 0;
}

static int teardown(void **state)
{
	fm_keys_done(&keys);
	return scratch_teardown(state);
}

static void check(const char *text, const uint8_t *data, size_t len, struct fm_signature *ret)
{
	char copy[1024];

	snprintf(copy, sizeof(copy), "%s", text);
	fm_signature_check_text(copy, data, len, &keys, ret);
	assert_true(*ret->text);
	if (ret->state != FM_SIGNATURE_GOOD) {
		assert_string_equal(ret->key_name, "");
		assert_string_equal(ret->comment, "");
	}
}

static void check_state(const char *text, enum fm_signature_state state, const char *says)
{
	struct fm_signature signature;

	check(text, DATA, &signature);
	if (signature.state != state || !strstr(signature.text, says))
		fail_msg("%d %s, not %d %s", signature.state, signature.text, state, says);
}

static void test_good(void **state)
{
	struct fm_signature signature;

	(void)state;
	check(SIGNED_HASHED, DATA, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_GOOD);
	assert_string_equal(signature.key_name, "one");
	assert_string_equal(signature.vendor, "");
	assert_string_equal(signature.key_id, KEY_ONE_ID);
	assert_string_equal(signature.comment, "version 1.2 file:fw");
	assert_string_equal(signature.text, "signed by one");
	check(SIGNED_LEGACY, DATA, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_GOOD);
	assert_string_equal(signature.comment, "old form");
	check(SIGNED_EMPTY, (const uint8_t *)"", 0, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_GOOD);
}

static void test_other_bytes(void **state)
{
	uint8_t data[] = SIGNED_TEXT;
	size_t len = sizeof(data) - 1;
	struct fm_signature signature;

	(void)state;
	for (size_t i = 0; i < len; i++) {
		data[i] ^= 1;
		check(SIGNED_HASHED, data, len, &signature);
		assert_int_equal(signature.state, FM_SIGNATURE_BAD);
		assert_non_null(strstr(signature.text, "not of these bytes"));
		check(SIGNED_LEGACY, data, len, &signature);
		assert_int_equal(signature.state, FM_SIGNATURE_BAD);
		data[i] ^= 1;
	}
	check(SIGNED_HASHED, data, len - 1, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_BAD);
	check(SIGNED_HASHED, data, 0, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_BAD);
	check(SIGNED_EMPTY, data, 1, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_BAD);
}

/* Each character of the file changed in turn: behind the untrusted comment nothing stays good, and
 * what is no longer good does not pass for unknown but where the key's id was changed. */
static void change_each(const char *text)
{
	size_t comment = strcspn(text, "\n"), start = strlen("untrusted comment: ");
	unsigned unknown = 0;
	char copy[1024];

	for (size_t i = 0; text[i]; i++) {
		struct fm_signature signature;

		/* Line ends may go only where nothing is behind them. */
		snprintf(copy, sizeof(copy), "%s", text);
		copy[i] ^= 2;
		check(copy, DATA, &signature);
		if (i >= start && i < comment) {
			assert_int_equal(signature.state, FM_SIGNATURE_GOOD);
			continue;
		}
		if (signature.state == FM_SIGNATURE_GOOD)
			fail_msg("character %zu can be changed", i);
		if (signature.state == FM_SIGNATURE_UNKNOWN_KEY) {
			/* The id is bytes 2 to 9 of line 2: its characters 2 to 13. */
			assert_in_range(i, comment + 1 + 2, comment + 1 + 13);
			unknown++;
		}
	}
	assert_in_range(unknown, 8, 12);
}

static void test_each_character(void **state)
{
	(void)state;
	change_each(SIGNED_HASHED);
	change_each(SIGNED_LEGACY);
}

/* The parts of two signatures by the same key do not go together. */
static void test_mixed(void **state)
{
	FILE *file;
	char hashed[] = SIGNED_HASHED, legacy[] = SIGNED_LEGACY, *a[4], *b[4], text[1024];

	(void)state;
	for (int i = 0; i < 4; i++) {
		a[i] = strtok(i ? NULL : hashed, "\n");
		assert_non_null(a[i]);
	}
	for (int i = 0; i < 4; i++) {
		b[i] = strtok(i ? NULL : legacy, "\n");
		assert_non_null(b[i]);
	}
	for (unsigned mix = 0; mix < 8; mix++) {
		file = fmemopen(text, sizeof(text), "w");
		fprintf(file, "%s\n%s\n%s\n%s\n", a[0], mix & 1 ? b[1] : a[1],
			mix & 2 ? b[2] : a[2], mix & 4 ? b[3] : a[3]);
		fclose(file);
		check_state(text, mix == 0 || mix == 7 ? FM_SIGNATURE_GOOD : FM_SIGNATURE_BAD,
			    mix == 0 || mix == 7 ? "signed by one" : "trusted comment was changed");
	}
	/* Prehashed or not is part of what is read, so a change of it is a bad signature. */
	memcpy(a[1], "RW", 2);
	snprintf(text, sizeof(text), "%s\n%s\n%s\n%s\n", a[0], a[1], a[2], a[3]);
	check_state(text, FM_SIGNATURE_BAD, "not of these bytes");
}

static void test_forms(void **state)
{
	char text[1024];
	size_t len;

	(void)state;
	/* As an editor of another system leaves it, and without its last line end. */
	len = 0;
	for (const char *c = SIGNED_HASHED; *c; c++) {
		if (*c == '\n')
			text[len++] = '\r';
		text[len++] = *c;
	}
	text[len] = '\0';
	check_state(text, FM_SIGNATURE_GOOD, "signed by one");
	text[len - 2] = '\0';
	check_state(text, FM_SIGNATURE_GOOD, "signed by one");
	snprintf(text, sizeof(text), "%s%s", SIGNED_HASHED, SIGNED_HASHED);
	check_state(text, FM_SIGNATURE_BAD, "more than a signature");
	check_state("", FM_SIGNATURE_BAD, "line 1");
	check_state("\n\n\n\n", FM_SIGNATURE_BAD, "line 1");
	check_state(KEY_ONE, FM_SIGNATURE_BAD, "line 2");
	check_state("-----BEGIN PGP SIGNATURE-----\n", FM_SIGNATURE_BAD, "line 1");
	check_state("untrusted comment: x", FM_SIGNATURE_BAD, "line 2");
	snprintf(text, sizeof(text), "%.*s", 160, SIGNED_HASHED);
	check_state(text, FM_SIGNATURE_BAD, "line 3");
	snprintf(text, sizeof(text), "%.*s", 220, SIGNED_HASHED);
	check_state(text, FM_SIGNATURE_BAD, "line 4");
}

static void test_unknown_key(void **state)
{
	struct fm_signature signature;

	(void)state;
	check(SIGNED_BY_TWO, DATA, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_UNKNOWN_KEY);
	assert_string_equal(signature.key_id, "944A0D87D63F3382");
	assert_string_equal(signature.text,
			    "signed by key 944A0D87D63F3382, which is none of the 1 trusted here");
	scratch_write("keys/two.pub", KEY_TWO);
	load_keys();
	check(SIGNED_BY_TWO, DATA, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_GOOD);
	assert_string_equal(signature.key_name, "two");
}

/* Another key of the same id, as an attacker may make one: the right one of them counts. */
static void test_same_id(void **state)
{
	char forged[] = KEY_ONE;

	(void)state;
	strstr(forged, "JcxiyXGU")[8] ^= 1;
	scratch_write("keys/a.pub", forged);
	load_keys();
	assert_int_equal(keys.count, 2);
	check_state(SIGNED_HASHED, FM_SIGNATURE_GOOD, "signed by one");
	unlink(scratch_path("keys/one.pub"));
	load_keys();
	check_state(SIGNED_HASHED, FM_SIGNATURE_BAD, "not of these bytes");
}

static void test_beside(void **state)
{
	const char *path = scratch_write("fw.bin", SIGNED_TEXT);
	struct fm_signature signature;
	char big[20000];

	(void)state;
	assert_false(fm_signature_is_beside(path));
	fm_signature_check(path, DATA, &keys, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_NONE);
	scratch_write("fw.bin.minisig", SIGNED_HASHED);
	assert_true(fm_signature_is_beside(path));
	fm_signature_check(path, DATA, &keys, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_GOOD);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	scratch_write("fw.bin.minisig", big);
	fm_signature_check(path, DATA, &keys, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_BAD);
	assert_string_equal(signature.text, "the signature has more than 16384 bytes");
	unlink(scratch_path("fw.bin.minisig"));
	scratch_mkdir("fw.bin.minisig");
	fm_signature_check(path, DATA, &keys, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_BAD);
	assert_string_equal(signature.text, "the signature is not a file");
	/* A link to nowhere is not "no signature". */
	rmdir(scratch_path("fw.bin.minisig"));
	assert_int_equal(symlink("nowhere", scratch_path("fw.bin.minisig")), 0);
	fm_signature_check(path, DATA, &keys, &signature);
	assert_int_equal(signature.state, FM_SIGNATURE_BAD);
}

static void refused(size_t count, const char *why)
{
	load_keys();
	assert_int_equal(keys.count, count);
	if (!keys.refused.data || !strstr(keys.refused.data, why))
		fail_msg("'%s' does not say '%s'", keys.refused.data, why);
}

static void test_rights(void **state)
{
	(void)state;
	assert_int_equal(keys.count, 1);
	assert_null(keys.refused.data);
	chmod(scratch_path("keys/one.pub"), 0666);
	refused(0, "one.pub: can be written by others (mode 0666): chmod go-w\n");
	check_state(SIGNED_HASHED, FM_SIGNATURE_UNKNOWN_KEY, "none of the 0 trusted");
	chmod(scratch_path("keys/one.pub"), 0664);
	refused(0, "one.pub: can be written by others (mode 0664)");
	chmod(scratch_path("keys/one.pub"), 0600);
	chmod(scratch_path("keys"), 0777);
	refused(0, "/keys: can be written by others (mode 0777)");
	chmod(scratch_path("keys"), 01777);
	refused(0, "/keys: can be written by others (mode 1777)");
	chmod(scratch_path("keys"), 0755);
	chmod(scratch_folder, 0770);
	refused(0, "/keys/..: can be written by others (mode 0770)");
	chmod(scratch_folder, 0700);
	load_keys();
	assert_int_equal(keys.count, 1);
	if (geteuid() != 0)
		return;
	assert_int_equal(chown(scratch_path("keys/one.pub"), 65534, 65534), 0);
	refused(0, "one.pub: belongs to another user (uid 65534)");
}

static void test_vendors(void **state)
{
	struct fm_signature signature;

	(void)state;
	unlink(scratch_path("keys/one.pub"));
	scratch_mkdir("keys/acme-corp");
	scratch_write("keys/acme-corp/release.pub", KEY_ONE);
	scratch_write("keys/acme-corp/README", "no key");
	load_keys();
	assert_null(keys.refused.data);
	check(SIGNED_HASHED, DATA, &signature);
	assert_string_equal(signature.key_name, "acme-corp/release");
	assert_string_equal(signature.vendor, "acme-corp");
	assert_true(fm_signature_is_for(&signature, "acme-corp"));
	assert_true(fm_signature_is_for(&signature, "Acme Corp"));
	assert_true(fm_signature_is_for(&signature, "ACME.CORP"));
	assert_false(fm_signature_is_for(&signature, "Acme"));
	assert_false(fm_signature_is_for(&signature, "Acme Corporation"));
	assert_false(fm_signature_is_for(&signature, "AcmeXCorp"));
	assert_false(fm_signature_is_for(&signature, ""));
	signature.vendor[0] = '\0';
	assert_true(fm_signature_is_for(&signature, "Acme"));
	chmod(scratch_path("keys/acme-corp"), 0775);
	refused(0, "/keys/acme-corp: can be written by others");
}

static void test_bad_keys(void **state)
{
	const char *folders[2];

	(void)state;
	scratch_write("keys/sig.pub", SIGNED_HASHED);
	refused(1, "sig.pub: is no public key of minisign");
	scratch_write("keys/sig.pub", "");
	refused(1, "sig.pub: is no public key of minisign");
	unlink(scratch_path("keys/sig.pub"));
	assert_int_equal(symlink("one.pub", scratch_path("keys/link.pub")), 0);
	refused(1, "link.pub: is no plain file");
	unlink(scratch_path("keys/link.pub"));
	scratch_mkdir("elsewhere");
	scratch_write("elsewhere/two.pub", KEY_TWO);
	assert_int_equal(symlink("../elsewhere", scratch_path("keys/vendor")), 0);
	refused(1, "/keys/vendor: is a link");
	assert_non_null(strstr(keys.fixes.data, "put the folder itself there"));
	unlink(scratch_path("keys/vendor"));
	scratch_write("keys/0123456789012345678901234567890123456789012345678901234567890123.pub",
		      KEY_TWO);
	refused(1, "has too long a name");
	/* Two folders, and one that is not there. */
	folders[0] = scratch_path("nowhere");
	folders[1] = scratch_path("elsewhere");
	fm_keys_done(&keys);
	fm_keys_load(folders, 2, &keys);
	assert_int_equal(keys.count, 1);
	assert_null(keys.refused.data);
}

/* minisign writes no zeros in front of a number: a person compares the two as texts. */
static void test_id(void **state)
{
	static const uint8_t id[FM_KEY_ID_LEN] = { 0x78, 0x19, 0xfc, 0xcc, 0xb1, 0xe8, 0x0b };
	char text[FM_KEY_ID_TEXT];

	(void)state;
	fm_key_id_text(id, text);
	assert_string_equal(text, "BE8B1CCFC1978");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_good),    TEST(test_other_bytes), TEST(test_each_character),
		TEST(test_mixed),   TEST(test_forms),       TEST(test_unknown_key),
		TEST(test_same_id), TEST(test_beside),      TEST(test_rights),
		TEST(test_vendors), TEST(test_bad_keys),    TEST(test_id),
	};

	return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
