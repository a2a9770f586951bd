#include "package/guid.h"
#include "unit.h"

/*
 * python.org in the name space of DNS is the example of Python's uuid module. The others are what
 * fwupd's own tests and logs print for a ColorHug2 (USB 273f:1004, release 2) and for its example
 * "8086:0406".
 */
static void test_guid_vectors(void **state)
{
	static const struct {
		const char *instance, *guid;
	} cases[] = {
		{ "python.org", "886313e1-3b8a-5372-9b90-0c9aee199e5d" },
		{ "8086:0406", "1fbd1f2c-80f4-5d7c-a6ad-35c7b9bd5486" },
		{ "USB\\VID_273F&PID_1004", "2fa8891f-3ece-53a4-adc4-0dd875685f30" },
		{ "USB\\VID_273F&PID_1004&REV_0002", "101ee86a-7bea-59fb-9f89-6b6297ceed3b" },
		{ "USB\\VID_1209&PID_0001&REV_0100", "40cb7bff-982e-5867-b9cb-af3adcb51d0e" },
	};
	char guid[FM_GUID_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fm_guid_of(cases[i].instance, guid);
		assert_string_equal(guid, cases[i].guid);
	}
	fm_guid_of("usb\\vid_273f&pid_1004", guid);
	assert_string_not_equal(guid, cases[2].guid);
}

static void test_guid_of_usb(void **state)
{
	char instances[FM_INSTANCES_USB][FM_INSTANCE_TEXT];

	(void)state;
	fm_instances_usb(0x273f, 0x1004, 2, instances);
	assert_string_equal(instances[0], "USB\\VID_273F&PID_1004&REV_0002");
	assert_string_equal(instances[1], "USB\\VID_273F&PID_1004");
}

static void test_guid_texts(void **state)
{
	char guid[FM_GUID_TEXT];

	(void)state;
	assert_true(fm_guid_parse("2FA8891F-3ece-53A4-adc4-0dd875685f30", guid));
	assert_string_equal(guid, "2fa8891f-3ece-53a4-adc4-0dd875685f30");
	assert_false(fm_guid_parse("", guid));
	assert_false(fm_guid_parse("2fa8891f-3ece-53a4-adc4-0dd875685f3", guid));
	assert_false(fm_guid_parse("2fa8891f-3ece-53a4-adc4-0dd875685f300", guid));
	assert_false(fm_guid_parse("2fa8891f-3ece-53a4-adc4-0dd875685f3g", guid));
	assert_false(fm_guid_parse("{2fa8891f-3ece-53a4-adc4-0dd875685f3}", guid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guid_vectors),
		cmocka_unit_test(test_guid_of_usb),
		cmocka_unit_test(test_guid_texts),
	};

	return cmocka_run_group_tests_name("guid", tests, NULL, NULL);
}
