/* The simulated DfuSe unit by raw control transfers: the sheet for DfuSe. */
#include "dfu-host.h"

#define FLASH 0x08000000u

static int command(struct host *h, uint8_t code, uint32_t addr)
{
	const uint8_t bytes[5] = { code, (uint8_t)addr, (uint8_t)(addr >> 8), (uint8_t)(addr >> 16),
				   (uint8_t)(addr >> 24) };

	return host_block(h, 0, bytes, sizeof(bytes));
}

static int command_byte(struct host *h, uint8_t code)
{
	return host_block(h, 0, &code, 1);
}

static const uint8_t *flash(struct host *h)
{
	uint8_t *data;
	size_t len;

	fm_sim_dfu_flash(h->unit, &data, &len);
	return data;
}

static void preset(struct host *h, uint8_t fill)
{
	uint8_t *data;
	size_t len;

	fm_sim_dfu_flash(h->unit, &data, &len);
	memset(data, fill, len);
}

/* Section 4.1, and what descriptors of ROMs say (section 1). */
static void test_layouts(void **state)
{
	static const struct {
		const char *words, *name;
		size_t len;
		unsigned alternates;
	} cases[] = {
		{ "chip=f1", "@Internal Flash  /0x08000000/128*002Kg", 256 << 10, 2 },
		{ "chip=f4", "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg", 1 << 20,
		  4 },
		{ "chip=h7", "@Internal Flash   /0x08000000/16*128Kg", 2 << 20, 2 },
	};
	struct host h;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		const uint8_t *config;
		char name[128];
		uint8_t *data;
		size_t len;

		host_open(&h, cases[i].words);
		config = h.link->usb_descriptors->config;
		assert_int_equal(h.link->usb_descriptors->config_len,
				 9 + 9 * cases[i].alternates + 9);
		assert_memory_equal(config + 9 + 9 * cases[i].alternates,
				    "\x09\x21\x0b\xff\x00\x00\x08\x1a\x01", 9);
		assert_true(h.link->usb->string(h.link, config[9 + 8], name, sizeof(name), &h.err));
		assert_string_equal(name, cases[i].name);
		fm_sim_dfu_flash(h.unit, &data, &len);
		assert_int_equal(len, cases[i].len);
		assert_false(fm_sim_dfu_memory(h.unit, cases[i].alternates, &data, &len));
		host_close(&h);
	}
}

/* Any string, with all the forms of section 4. */
static void test_strings(void **state)
{
	struct fm_sim_dfu_options options;
	struct fm_sim_usb *unit;
	struct host h;
	uint8_t *data, text[64];
	char name[128];
	size_t len;
	const struct fm_usb_setup serial = { 0x80, 6, 0x303, 0x409 };
	struct fm_error err;

	(void)state;
	host_options(&options, "chip=f1");
	strcpy(options.names[0], "@Flash /0x0/2*16 e,1*8Be,1*3e/0x100/02*001Mg");
	assert_success(fm_sim_dfu_new(&options, &unit, &err));
	fm_sim_dfu_flash(unit, &data, &len);
	assert_int_equal(len, 32 + 8 + 3 + (2 << 20));
	unit->ops->free(unit);

	host_open(&h, "chip=f1 cut-strings raw-serial serial=3CBJ dfu-version=0x0110");
	assert_true(h.link->usb->string(h.link, 4, name, sizeof(name), &h.err));
	assert_string_equal(name, "@Internal Flash  /0x08000000/128*0");
	assert_success(fm_usb_control_in(h.link, &serial, text, sizeof(text), &len,
					 fm_in_ms(&h.clock.clock, 10), &err));
	assert_int_equal(len, 6);
	assert_memory_equal(text,
			    "\x06\x03"
			    "3CBJ",
			    6);
	assert_memory_equal(h.link->usb_descriptors->config + 9 + 18 + 7, "\x10\x01", 2);
	host_close(&h);
}

/* Section 5: erase, address, data by block numbers, upload, leave. */
static void test_write(void **state)
{
	struct host h;
	uint8_t data[2048], back[2048];
	size_t len;

	(void)state;
	memset(data, 0x42, sizeof(data));
	host_open(&h, "chip=f4");
	preset(&h, 0x11);
	assert_int_equal(command(&h, 0x41, FLASH + 0x123), DNLOAD_IDLE);
	assert_int_equal(flash(&h)[0x3fff], 0xff);
	assert_int_equal(flash(&h)[0x4000], 0x11);
	assert_int_equal(command(&h, 0x21, FLASH + 0x1000), DNLOAD_IDLE);
	assert_int_equal(host_block(&h, 2, data, 2048), DNLOAD_IDLE);
	assert_int_equal(host_block(&h, 4, data, 100), DNLOAD_IDLE);
	assert_memory_equal(flash(&h) + 0x1000, data, 2048);
	assert_int_equal(flash(&h)[0x1800], 0xff);
	assert_memory_equal(flash(&h) + 0x2000, data, 100);
	assert_int_equal(host_in(&h, UPLOAD, 2, back, 2048, &len), FM_NACK);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(host_in(&h, UPLOAD, 4, back, 2048, &len), FM_OK);
	assert_int_equal(len, 2048);
	assert_memory_equal(back, data, 100);
	assert_int_equal(host_state(&h), UPLOAD_IDLE);
	assert_int_equal(host_in(&h, UPLOAD, 60000, back, 2048, &len), FM_OK);
	assert_int_equal(len, 2048);
	assert_int_equal(host_in(&h, UPLOAD, 1, back, 2048, &len), FM_NACK);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(host_block(&h, 1, data, 16), DNLOAD_IDLE);
	assert_int_equal(fm_sim_dfu_seen(h.unit)->early, 0);
	host_close(&h);

	/* The other reading of the formula. */
	host_open(&h, "chip=f4 by-length");
	assert_int_equal(host_block(&h, 4, data, 100), DNLOAD_IDLE);
	assert_memory_equal(flash(&h) + 200, data, 100);
	assert_int_equal(flash(&h)[199], 0xff);
	host_close(&h);
}

/* A command runs at the first GETSTATUS and takes the chip's time. */
static void test_times(void **state)
{
	struct host h;
	const uint8_t erase[5] = { 0x41, 0, 0, 0, 8 };
	uint8_t data[2048] = { 0 };

	(void)state;
	host_open(&h, "chip=f4");
	preset(&h, 0x11);
	assert_int_equal(host_out(&h, DNLOAD, 0, erase, 5), FM_OK);
	fm_sleep_ms(&h.clock.clock, 5000);
	assert_int_equal(flash(&h)[0], 0x11);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_in_range(h.poll_ms, 247, 249);
	assert_int_equal(flash(&h)[0], 0x11);
	fm_sleep_ms(&h.clock.clock, h.poll_ms);
	assert_int_equal(host_status(&h), DNLOAD_IDLE);
	assert_int_equal(flash(&h)[0], 0xff);
	assert_int_equal(host_out(&h, DNLOAD, 2, data, 2048), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(h.poll_ms, 9);
	/* Too early: the ROM does not hear. */
	assert_int_equal(host_status(&h), DNLOAD_IDLE);
	assert_int_equal(fm_sim_dfu_seen(h.unit)->early, 1);
	host_close(&h);

	host_open(&h, "chip=f1");
	assert_int_equal(host_out(&h, DNLOAD, 2, data, 2048), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_in_range(h.poll_ms, 51, 52);
	host_close(&h);
	host_open(&h, "chip=h7");
	assert_int_equal(host_out(&h, DNLOAD, 0, erase, 5), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(h.poll_ms, 1000);
	host_close(&h);
}

static void test_mass_erase(void **state)
{
	struct host h;
	const uint8_t erase = 0x41;

	(void)state;
	host_open(&h, "chip=f4");
	preset(&h, 0x11);
	assert_int_equal(command_byte(&h, erase), DNLOAD_IDLE);
	assert_true(fm_now_ns(&h.clock.clock) > 8000000000);
	assert_int_equal(flash(&h)[0xfffff], 0xff);
	assert_int_equal(fm_sim_dfu_seen(h.unit)->mass_erases, 1);
	host_close(&h);

	host_open(&h, "chip=f4 mass-lie");
	assert_int_equal(host_out(&h, DNLOAD, 0, &erase, 1), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(h.poll_ms, 100);
	fm_sleep_ms(&h.clock.clock, 100);
	assert_int_equal(host_status(&h), -FM_TIMEOUT);
	fm_sleep_ms(&h.clock.clock, 5000);
	assert_int_equal(host_status(&h), DNLOAD_IDLE);
	host_close(&h);

	host_open(&h, "chip=f4 mass-lie busy-stall");
	assert_int_equal(host_out(&h, DNLOAD, 0, &erase, 1), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	fm_sleep_ms(&h.clock.clock, 100);
	assert_int_equal(host_status(&h), -FM_NACK);
	fm_sleep_ms(&h.clock.clock, 9000);
	assert_int_equal(host_status(&h), DNLOAD_IDLE);
	host_close(&h);
}

/* The table of failures in section 3. */
static void test_refusals(void **state)
{
	struct host h;
	uint8_t data[64] = { 0 };

	(void)state;
	host_open(&h, "chip=f4 address-poll=700");
	assert_int_equal(command(&h, 0x21, FLASH), DNLOAD_IDLE);
	assert_int_equal(command(&h, 0x21, 0x60000000), ERROR);
	assert_int_equal(h.status, 0x01);
	assert_true(h.clock.now_ns > 1400000000);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(command(&h, 0x41, 0x60000000), ERROR);
	assert_int_equal(h.status, 0x01);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(command(&h, 0x41, 0x1fff7800), ERROR);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(command_byte(&h, 0x77), ERROR);
	assert_int_equal(h.status, 0x0f);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	preset(&h, 0x00);
	assert_int_equal(host_block(&h, 2, data, 64), ERROR);
	assert_int_equal(h.status, 0x06);
	host_close(&h);

	host_open(&h, "chip=f1 protect-from=1 protect-to=3");
	preset(&h, 0x77);
	assert_int_equal(command(&h, 0x41, FLASH + 2048), DNLOAD_IDLE);
	assert_int_equal(command(&h, 0x41, FLASH + 3 * 2048), DNLOAD_IDLE);
	assert_int_equal(command(&h, 0x21, FLASH + 2048), DNLOAD_IDLE);
	assert_int_equal(host_block(&h, 2, data, 64), DNLOAD_IDLE);
	assert_int_equal(flash(&h)[2048], 0x77);
	assert_int_equal(flash(&h)[3 * 2048], 0xff);
	host_close(&h);
}

static void test_locked(void **state)
{
	struct host h;
	uint8_t data[64] = { 0 };
	size_t len;
	const uint8_t unprotect = 0x92;

	(void)state;
	host_open(&h, "chip=f4 locked");
	preset(&h, 0x77);
	assert_int_equal(host_in(&h, UPLOAD, 2, data, 64, &len), FM_NACK);
	assert_int_equal(host_status(&h), ERROR);
	assert_int_equal(h.status, 0x0b);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(command(&h, 0x41, FLASH), ERROR);
	assert_int_equal(h.status, 0x0b);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(command(&h, 0x21, FLASH), DNLOAD_IDLE);
	assert_int_equal(host_block(&h, 2, data, 64), ERROR);
	assert_int_equal(h.status, 0x0b);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(flash(&h)[0], 0x77);
	assert_int_equal(host_out(&h, DNLOAD, 0, &unprotect, 1), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	host_pass(&h, 10000);
	assert_int_equal(host_status(&h), -FM_GONE);
	host_link(&h);
	assert_int_equal(flash(&h)[0], 0xff);
	assert_int_equal(host_in(&h, UPLOAD, 2, data, 64, &len), FM_OK);
	host_close(&h);
}

/* What the loaders made from libraries do otherwise: table in section 3. */
static void test_libraries(void **state)
{
	struct host h;
	uint8_t data[64] = { 9 };
	size_t len;

	(void)state;
	host_open(&h, "chip=f4");
	assert_int_equal(host_in(&h, UPLOAD, 0, data, 64, &len), FM_OK);
	assert_int_equal(len, 4);
	assert_memory_equal(data, "\x00\x21\x41\x92", 4);
	assert_int_equal(host_state(&h), IDLE);
	host_close(&h);

	host_open(&h, "chip=f4 manners=st");
	assert_int_equal(host_in(&h, UPLOAD, 0, data, 3, &len), FM_OK);
	assert_int_equal(len, 3);
	assert_int_equal(host_state(&h), UPLOAD_IDLE);
	assert_int_equal(host_out(&h, ABORT, 0, NULL, 0), FM_OK);
	assert_int_equal(command(&h, 0x21, FLASH), DNLOAD_IDLE);
	assert_int_equal(command(&h, 0x41, FLASH + 0x4000), DNLOAD_IDLE);
	assert_int_equal(host_block(&h, 2, data, 64), DNLOAD_IDLE);
	assert_memory_equal(flash(&h) + 0x4000, data, 64);
	/* It tries for ever. */
	assert_int_equal(host_block(&h, 2, data, 64), -1);
	assert_int_equal(host_status(&h), DNBUSY);
	host_close(&h);
	host_open(&h, "chip=f4 manners=st");
	assert_int_equal(command_byte(&h, 0x41), -FM_NACK);
	assert_int_equal(host_status(&h), DNLOAD_IDLE);
	assert_int_equal(fm_sim_dfu_seen(h.unit)->mass_erases, 0);
	host_close(&h);

	host_open(&h, "chip=f4 manners=opencm3");
	preset(&h, 0x00);
	assert_int_equal(command(&h, 0x21, FLASH + 0x4000), DNLOAD_IDLE);
	assert_int_equal(command_byte(&h, 0x41), DNLOAD_IDLE);
	assert_int_equal(flash(&h)[0], 0x00);
	assert_int_equal(flash(&h)[0x4000], 0xff);
	assert_int_equal(command_byte(&h, 0x77), DNLOAD_IDLE);
	host_close(&h);
}

/* Section 6. */
static void test_leave(void **state)
{
	struct host h;
	uint8_t vectors[8] = { 0, 0x20, 0, 0x20, 1, 1, 0, 8 };

	(void)state;
	host_open(&h, "chip=f4 silent");
	assert_int_equal(host_block(&h, 2, vectors, 8), DNLOAD_IDLE);
	assert_int_equal(command(&h, 0x21, FLASH), DNLOAD_IDLE);
	assert_int_equal(host_out(&h, DNLOAD, 2, NULL, 0), FM_OK);
	assert_int_equal(host_status(&h), MANIFEST);
	host_pass(&h, 1000);
	assert_false(h.unit->attached);
	assert_true(fm_sim_dfu_runs(h.unit));
	host_close(&h);

	host_open(&h, "chip=f4 vanish=end");
	assert_int_equal(host_block(&h, 2, vectors, 8), DNLOAD_IDLE);
	assert_int_equal(host_out(&h, DNLOAD, 2, NULL, 0), FM_GONE);
	host_pass(&h, 1000);
	host_link(&h);
	assert_int_equal(host_id(&h), 1);
	host_close(&h);

	/* There is nothing to start. */
	host_open(&h, "chip=f4");
	assert_int_equal(host_out(&h, DNLOAD, 2, NULL, 0), FM_OK);
	assert_int_equal(host_status(&h), MANIFEST);
	host_pass(&h, 100000);
	assert_false(h.unit->attached);
	assert_false(fm_sim_dfu_runs(h.unit));
	host_close(&h);
}

static void test_option_bytes(void **state)
{
	struct host h;
	uint8_t bytes[16] = { 0xa5 }, *data;
	size_t len;

	(void)state;
	host_open(&h, "chip=f4");
	assert_true(h.link->usb->set_alternate(h.link, 1, &h.err));
	assert_int_equal(command(&h, 0x21, 0x1fffc000), DNLOAD_IDLE);
	assert_int_equal(host_out(&h, DNLOAD, 2, bytes, 16), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(host_status(&h), -FM_GONE);
	host_pass(&h, 1000);
	host_link(&h);
	assert_int_equal(host_status(&h), IDLE);
	assert_true(fm_sim_dfu_memory(h.unit, 1, &data, &len));
	assert_memory_equal(data, bytes, 16);
	host_close(&h);
}

static void test_faults(void **state)
{
	struct host h;
	uint8_t data[128] = { 7 };
	const uint8_t erase[5] = { 0x41, 0, 0, 0, 8 };
	size_t cleared = 0;

	(void)state;
	host_open(&h, "chip=f1 cut-erase=2");
	preset(&h, 0x00);
	assert_int_equal(command(&h, 0x41, FLASH + 2048), DNLOAD_IDLE);
	assert_int_equal(command(&h, 0x41, FLASH), -FM_GONE);
	assert_false(h.unit->attached);
	for (size_t i = 0; i < 2048; i++)
		cleared += flash(&h)[i] == 0xff;
	assert_in_range(cleared, 0, 1000);
	assert_int_not_equal(flash(&h)[1000], 0);
	h.unit->ops->power(h.unit, h.clock.now_ns, true);
	host_link(&h);
	assert_int_equal(host_status(&h), IDLE);
	/* By hand, too. */
	preset(&h, 0x00);
	assert_int_equal(host_out(&h, DNLOAD, 0, erase, 5), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	h.unit->ops->power(h.unit, h.clock.now_ns, false);
	assert_int_equal(host_status(&h), -FM_GONE);
	assert_int_not_equal(flash(&h)[1000], 0xff);
	assert_int_not_equal(flash(&h)[1000], 0);
	host_close(&h);

	host_open(&h, "chip=f1 weak=1");
	assert_int_equal(host_block(&h, 2, data, 128), DNLOAD_IDLE);
	assert_memory_equal(flash(&h), data, 128);
	assert_int_equal(host_block(&h, 3, data, 128), DNLOAD_IDLE);
	assert_memory_not_equal(flash(&h) + 2048, data, 128);
	host_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layouts),    cmocka_unit_test(test_strings),
		cmocka_unit_test(test_write),      cmocka_unit_test(test_times),
		cmocka_unit_test(test_mass_erase), cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_locked),     cmocka_unit_test(test_libraries),
		cmocka_unit_test(test_leave),      cmocka_unit_test(test_option_bytes),
		cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
