/* How the shipped definitions know units on USB and get them into their boot loaders. */
#include "fixture.h"

#include "base/scope.h"

static void test_usb_ids_of_boards(void **state)
{
	static const struct {
		int vid, pid;
		const char *id; /* NULL: no board has it */
	} ids[] = {
		{ 0x2341, 0x0043, "arduino-uno" },
		{ 0x2A03, 0x0043, "arduino-uno" },
		{ 0x2341, 0x006A, "arduino-uno" },
		{ 0x2341, 0x0062, "arduino-uno-mini" },
		{ 0x2A03, 0x0057, "arduino-uno-wifi" },
		{ 0x2341, 0x0042, "arduino-mega2560" },
		{ 0x2A03, 0x0010, "arduino-mega2560" },
		{ 0x2341, 0x003F, "arduino-mega-adk" },
		{ 0x0403, 0x6001, NULL }, /* a bridge says nothing of the board behind it */
		{ 0x1A86, 0x7523, NULL },
		{ 0x10C4, 0xEA60, NULL },
		{ -1, -1, NULL },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < FM_COUNT(ids); i++) {
		const struct fm_entry *found[2];
		size_t count =
			fixture_match(fixture, ids[i].vid, ids[i].pid, found, FM_COUNT(found));

		assert_int_equal(count, ids[i].id != NULL);
		if (ids[i].id)
			assert_string_equal(found[0]->id, ids[i].id);
	}
}

/* From the sheets; how often: definitions that share the ids. */
static const struct {
	int vid, pid;
	const char *id;
	enum fm_mode mode;
	size_t count;
} shipped_usb[] = {
	{ 0x0483, 0xdf11, "stm32", FM_MODE_ROM, 1 },
	{ 0x28e9, 0x0189, "gd32vf103", FM_MODE_ROM, 1 },
	{ 0x2e8a, 0x0003, "rpi-pico", FM_MODE_ROM, 1 },
	{ 0x2e8a, 0x000f, "rpi-pico2", FM_MODE_ROM, 1 },
	{ 0x2e8a, 0x000a, "rpi-pico", FM_MODE_APPLICATION, 1 },
	{ 0x2e8a, 0x0009, "rpi-pico2", FM_MODE_APPLICATION, 1 },
	{ 0x2e8a, 0x0005, "rpi-pico", FM_MODE_APPLICATION, 2 },
	{ 0x1eaf, 0x0003, "maple", FM_MODE_BOOTLOADER, 1 },
	{ 0x1d50, 0x6018, "black-magic-probe", FM_MODE_APPLICATION, 1 },
	{ 0x1d50, 0x6017, "black-magic-probe", FM_MODE_BOOTLOADER, 1 },
	{ 0x1d50, 0x5119, "openmoko-freerunner", FM_MODE_BOOTLOADER, 1 },
	{ 0x0471, 0xdf55, "lpc-link", FM_MODE_BOOTLOADER, 1 },
	{ 0x1fc9, 0x000c, "lpc-link2", FM_MODE_BOOTLOADER, 1 },
	{ 0x095d, 0x9217, "poly-studio-usb", FM_MODE_APPLICATION, 1 },
	{ 0x095d, 0x9218, "poly-studio-usb", FM_MODE_BOOTLOADER, 1 },
	{ 0x095d, 0x92da, "poly-studio-v72", FM_MODE_APPLICATION, 1 },
	{ 0x095d, 0x92d9, "poly-studio-v72", FM_MODE_BOOTLOADER, 1 },
	{ 0x239a, 0x0021, "adafruit-metro-m4-express", FM_MODE_BOOTLOADER, 1 },
	{ 0x239a, 0x0071, "adafruit-clue-nrf52840", FM_MODE_BOOTLOADER, 1 },
	{ 0x303a, 0x80c4, "lolin-s2-mini", FM_MODE_BOOTLOADER, 1 },
};

static void test_usb_identities(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < FM_COUNT(shipped_usb); i++) {
		const struct fm_usb_device device = { .vid = (uint16_t)shipped_usb[i].vid,
						      .pid = (uint16_t)shipped_usb[i].pid };
		struct fm_usb_fit fits[4];
		size_t count = fm_catalog_match_usb(fixture->catalog, &device, fits, 4);

		if (count != shipped_usb[i].count)
			fail_msg("%04x:%04x fits %zu", shipped_usb[i].vid, shipped_usb[i].pid,
				 count);
		assert_string_equal(fits[0].entry->id, shipped_usb[i].id);
		assert_int_equal(fits[0].match->mode, shipped_usb[i].mode);
	}
}

/* uf2-picoboot.md, section 3; dfuse.md: the GD32 tells its size by it. */
static void test_serial_numbers_that_tell_no_unit(void **state)
{
	static const struct {
		uint16_t vid, pid;
		bool shared;
	} modes[] = { { 0x2e8a, 0x0003, true },
		      { 0x2e8a, 0x000a, false },
		      { 0x2e8a, 0x000f, false },
		      { 0x28e9, 0x0189, true },
		      { 0x0483, 0xdf11, false } };
	struct fixture *fixture = *state;

	for (size_t i = 0; i < FM_COUNT(modes); i++) {
		const struct fm_usb_device device = { .vid = modes[i].vid, .pid = modes[i].pid };
		struct fm_usb_fit fits[1];

		assert_true(fm_catalog_match_usb(fixture->catalog, &device, fits, 1) > 0);
		assert_int_equal(fits[0].match->serial_is_shared, modes[i].shared);
	}
}

static void test_ways_into_poly(void **state)
{
	static const struct {
		const char *id;
		unsigned ms;
		bool force; /* index-force-detach */
	} times[] = {
		{ "poly-studio-usb", 60000, true },     { "poly-eagle-eye-cube", 30000, false },
		{ "poly-studio-p15", 60000, true },     { "poly-ulcc", 60000, true },
		{ "poly-eagle-eye-mini", 9000, false }, { "poly-studio-r30", 60000, true },
		{ "poly-studio-p5", 9000, false },      { "poly-studio-e70", 90000, true },
		{ "poly-studio-p21", 9000, false },     { "poly-studio-v52", 180000, true },
		{ "poly-studio-v72", 180000, true },    { "poly-studio-v12", 180000, true }
	};
	struct fixture *fixture = *state;
	struct fm_error err;

	for (size_t i = 0; i < FM_COUNT(times); i++) {
		FM_DEVICE_DONE struct fm_device device = { 0 };
		const struct fm_steps *enter = &device.loaders[0].enter;

		assert_success(fm_catalog_load(fixture->catalog, times[i].id, &device, &err));
		assert_int_equal(enter->count, 2);
		assert_int_equal(enter->steps[0].kind, FM_STEP_DETACH);
		assert_int_equal(enter->steps[0].force, times[i].force);
		assert_int_equal(enter->steps[1].kind, FM_STEP_REAPPEAR);
		assert_int_equal(enter->steps[1].within_ms, times[i].ms);
	}
}

static void test_ways_into_the_pico(void **state)
{
	struct fixture *fixture = *state;
	FM_DEVICE_DONE struct fm_device device = { 0 };
	const struct fm_step *request;
	struct fm_error err;

	assert_success(fm_catalog_load(fixture->catalog, "rpi-pico", &device, &err));
	assert_int_equal(device.loader_count, 4);
	request = &device.loaders[0].enter.steps[0];
	assert_int_equal(request->kind, FM_STEP_REQUEST);
	assert_int_equal(request->request_type, 0x21);
	assert_int_equal(request->request, 1);
	assert_int_equal(request->value, 0);
	assert_int_equal(request->class_code, 0xff);
	assert_int_equal(request->subclass, 0);
	assert_int_equal(request->protocol, 1);
	assert_int_equal(device.loaders[1].enter.steps[0].kind, FM_STEP_TOUCH);
	assert_int_equal(device.loaders[1].enter.steps[0].baud, 1200);
	assert_int_equal(device.loaders[3].wire, FM_WIRE_VOLUME);
	assert_int_equal(device.loaders[3].families[0], 0xE48BFF56);
	assert_int_equal(fm_memory_named(&device.loaders[0].memory, "flash")->range.addr,
			 0x10000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usb_ids_of_boards),
		cmocka_unit_test(test_usb_identities),
		cmocka_unit_test(test_serial_numbers_that_tell_no_unit),
		cmocka_unit_test(test_ways_into_poly),
		cmocka_unit_test(test_ways_into_the_pico),
	};

	return cmocka_run_group_tests(tests, fixture_setup_shipped, fixture_teardown);
}
