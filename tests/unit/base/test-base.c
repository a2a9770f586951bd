#include "unit.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/identity.h"
#include "base/io.h"
#include "base/param.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_error_numbers_are_unique(void **state)
{
	(void)state;
	for (int a = 0; a < FM_CODE_COUNT; a++) {
		for (int b = a + 1; b < FM_CODE_COUNT; b++)
			assert_int_not_equal(fm_error_info((enum fm_code)a)->number,
					     fm_error_info((enum fm_code)b)->number);
	}
}

static void test_every_error_says_what_to_do(void **state)
{
	(void)state;
	for (int code = FM_OK + 1; code < FM_CODE_COUNT; code++) {
		const struct fm_error_info *info = fm_error_info((enum fm_code)code);

		assert_true(strlen(info->title) > 0);
		assert_true(strlen(info->advice) > 10);
		assert_in_range(info->exit_code, 1, 143);
	}
}

static void test_context_goes_before_the_text(void **state)
{
	struct fm_error err;

	(void)state;
	assert_false(fm_fail_os(&err, FM_FILE_OPEN, ENOENT, "a.hex"));
	assert_false(fm_context(&err, "line %d", 7));
	assert_string_equal(err.text, "line 7: a.hex: No such file or directory");
	assert_int_equal(err.code, FM_FILE_OPEN);
	assert_int_equal(err.os, ENOENT);
}

static void test_long_texts_are_cut(void **state)
{
	struct fm_error err;
	char longer[500];

	(void)state;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	fm_fail(&err, FM_IO, "%s", longer);
	fm_context(&err, "%s", longer);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void test_blank(void **state)
{
	uint8_t bytes[9];

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	assert_true(fm_bytes_filled(bytes, sizeof(bytes), 0xff));
	assert_true(fm_bytes_filled(bytes, 0, 0));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = 0xfe;
		assert_false(fm_bytes_filled(bytes, sizeof(bytes), 0xff));
		bytes[i] = 0xff;
	}
}

static void test_sha256(void **state)
{
	char sum[FM_SHA256_TEXT];

	(void)state;
	fm_sha256("abc", 3, sum);
	assert_string_equal(sum,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void test_virtual_clock(void **state)
{
	struct fm_virtual_clock clock;
	struct fm_deadline deadline;

	(void)state;
	fm_virtual_clock_init(&clock);
	deadline = fm_in_ms(&clock.clock, 35000);
	assert_false(fm_expired(&clock.clock, deadline));
	fm_sleep_ms(&clock.clock, 35000);
	assert_true(fm_expired(&clock.clock, deadline));
	assert_int_equal(fm_left_ns(&clock.clock, deadline), 0);
}

static void test_params(void **state)
{
	static const struct fm_param table[] = {
		{ "fast", FM_PARAM_BOOL, 1, 0, 1, "" },
		{ "size", FM_PARAM_NUMBER, 256, 1, 256, "" },
		{ 0 },
	};
	struct fm_params params;
	struct fm_error err;

	(void)state;
	fm_params_default(table, &params);
	assert_int_equal(params.values[0], 1);
	assert_success(fm_params_set(table, &params, "fast", "no", &err));
	assert_success(fm_params_set(table, &params, "size", "0x80", &err));
	assert_int_equal(params.values[0], 0);
	assert_int_equal(params.values[1], 128);
	assert_failure(fm_params_set(table, &params, "size", "257", &err), FM_DEFINITION);
	assert_failure(fm_params_set(table, &params, "size", "12x", &err), FM_DEFINITION);
	assert_failure(fm_params_set(table, &params, "size", "", &err), FM_DEFINITION);
	assert_failure(fm_params_set(table, &params, "fast", "1", &err), FM_DEFINITION);
	assert_failure(fm_params_set(table, &params, "slow", "no", &err), FM_DEFINITION);
}

static void test_identity(void **state)
{
	struct fm_identity a = { 0 }, b = { 0 };
	enum fm_fact_kind kind;

	(void)state;
	fm_identity_set(&a, FM_FACT_CHIP_ID, FM_PLAIN, "0410", "Get ID");
	fm_identity_set(&a, FM_FACT_VERSION, FM_PLAIN, "1.0\n", "asked");
	assert_string_equal(fm_identity_value(&a, FM_FACT_VERSION), "1.0.");
	fm_identity_set(&b, FM_FACT_VERSION, FM_PLAIN, "1.1", "asked");
	assert_true(fm_identity_agrees(&a, &b, &kind));
	fm_identity_set(&b, FM_FACT_CHIP_ID, FM_PLAIN, "0411", "Get ID");
	assert_false(fm_identity_agrees(&a, &b, &kind));
	assert_int_equal(kind, FM_FACT_CHIP_ID);
}

static void test_a_tail_is_of_characters(void **state)
{
	(void)state;
	assert_string_equal(fm_text_tail("GX2-0041", 4), "0041");
	assert_string_equal(fm_text_tail("0041", 4), "0041");
	assert_null(fm_text_tail("041", 4));
	assert_string_equal(fm_text_tail("041", 0), "");
	assert_string_equal(fm_text_tail("a\xc3\xa4\xe6\x97\xa5", 2), "\xc3\xa4\xe6\x97\xa5");
	assert_null(fm_text_tail("a\xc3\xa4\xe6\x97\xa5", 4));
}

static void test_text_grows(void **state)
{
	FM_TEXT_DONE struct fm_text text = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		fm_text_addf(&text, "%d,", i % 10);
	assert_int_equal(text.len, 2000);
	assert_int_equal(strlen(text.data), 2000);
}

/* What comes in pieces is put together; the end and an error are told apart. */
static void test_io(void **state)
{
	char text[8];
	size_t len;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_true(fm_io_write(fds[1], "abcde", 5));
	assert_true(fm_io_read(fds[0], text, 2, &len));
	assert_int_equal(len, 2);
	assert_memory_equal(text, "ab", 2);
	if (fork() == 0) {
		usleep(20000);
		_exit(!fm_io_write(fds[1], "fg", 2));
	}
	close(fds[1]);
	assert_true(fm_io_read(fds[0], text, sizeof(text), &len));
	assert_int_equal(len, 5);
	assert_memory_equal(text, "cdefg", 5);
	close(fds[0]);
	wait(NULL);
	assert_false(fm_io_read(-1, text, 1, &len));
	assert_int_equal(errno, EBADF);
	assert_int_equal(len, 0);
	assert_false(fm_io_write(-1, text, 1));
}

static void test_quoted_for_a_shell(void **state)
{
	FM_TEXT_DONE struct fm_text text = { 0 };

	(void)state;
	fm_text_add(&text, "x ");
	fm_text_add_quoted(&text, "it's $HOME");
	assert_string_equal(text.data, "x 'it'\\\''s $HOME'");
	fm_text_add_quoted(&text, "");
	assert_string_equal(text.data, "x 'it'\\\''s $HOME'\'\'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_error_numbers_are_unique),
		cmocka_unit_test(test_every_error_says_what_to_do),
		cmocka_unit_test(test_context_goes_before_the_text),
		cmocka_unit_test(test_long_texts_are_cut),
		cmocka_unit_test(test_blank),
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_virtual_clock),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_a_tail_is_of_characters),
		cmocka_unit_test(test_text_grows),
		cmocka_unit_test(test_io),
		cmocka_unit_test(test_quoted_for_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
