/* The simulated DFU unit by raw control transfers: the sheet for DFU, sections 1 to 3 and 7. */
#include "dfu-host.h"

static const uint8_t *functional(const struct host *h, size_t *ret_len)
{
	const struct fm_usb_descriptors *d = h->link->usb_descriptors;

	for (size_t i = 0; i + 2 <= d->config_len; i += d->config[i]) {
		if (d->config[i + 1] == 0x21) {
			*ret_len = d->config[i];
			return d->config + i;
		}
	}
	return NULL;
}

static void test_descriptors(void **state)
{
	static const uint8_t want[9] = { 9, 0x21, 0x0f, 0xe8, 3, 0, 4, 0x10, 1 };
	const struct fm_usb_setup ask = { 0x81, 6, 0x2100, 0 };
	struct host h;
	uint8_t data[9];
	char name[32];
	size_t len;
	struct fm_error err;

	(void)state;
	host_open(&h, "alt0=first alt1=second");
	assert_int_equal(host_id(&h), 2);
	assert_int_equal(h.link->usb_descriptors->config[9 + 7], 2);
	assert_memory_equal(functional(&h, &len), want, 9);
	assert_success(
		fm_usb_control_in(h.link, &ask, data, 9, &len, fm_in_ms(&h.clock.clock, 10), &err));
	assert_memory_equal(data, want, 9);
	assert_success(h.link->usb->set_alternate(h.link, 1, &err));
	assert_failure(h.link->usb->set_alternate(h.link, 2, &err), FM_NACK);
	assert_success(h.link->usb->string(h.link, 5, name, sizeof(name), &err));
	assert_string_equal(name, "second");
	assert_success(h.link->usb->string(h.link, 3, name, sizeof(name), &err));
	assert_string_equal(name, "FM0001");
	host_close(&h);

	host_open(&h, "short-functional transfer-size=0xffff no-upload intolerant needs-reset");
	assert_int_equal(functional(&h, &len)[2], 1);
	assert_int_equal(len, 7);
	assert_memory_equal(functional(&h, &len) + 5, "\xff\xff", 2);
	host_close(&h);

	host_open(&h, "no-functional protocol=0 transfer-size=0 no-download");
	assert_null(functional(&h, &len));
	assert_int_equal(h.link->usb_descriptors->config[9 + 7], 0);
	assert_failure(
		fm_usb_control_in(h.link, &ask, data, 9, &len, fm_in_ms(&h.clock.clock, 10), &err),
		FM_NACK);
	assert_int_equal(host_out(&h, DNLOAD, 0, "abcd", 4), FM_NACK);
	host_close(&h);
}

/* The whole way: detach, download, manifest, reset, application with its version, and upload. */
static void test_life(void **state)
{
	struct host h;
	uint8_t image[2500], back[1024], *flash;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 7);
	host_open(&h, "runtime version-at=4 size=8192");
	assert_int_equal(host_id(&h), 1);
	assert_int_equal(h.link->usb_descriptors->config[9 + 7], 1);
	assert_int_equal(host_status(&h), APP_IDLE);
	assert_int_equal(host_state(&h), APP_IDLE);
	assert_true(fm_sim_dfu_runs(h.unit));
	assert_int_equal(host_out(&h, DETACH, 1000, NULL, 0), FM_OK);
	host_pass(&h, 20);
	assert_false(h.unit->attached);
	host_pass(&h, 400);
	host_link(&h);
	assert_int_equal(host_id(&h), 2);
	assert_int_equal(host_status(&h), IDLE);
	assert_int_equal(host_block(&h, 0, image, 1024), DNLOAD_IDLE);
	assert_int_equal(host_block(&h, 1, image + 1024, 1024), DNLOAD_IDLE);
	assert_int_equal(host_block(&h, 2, image + 2048, 452), DNLOAD_IDLE);
	assert_int_equal(host_out(&h, DNLOAD, 3, NULL, 0), FM_OK);
	assert_int_equal(host_state(&h), MANIFEST_SYNC);
	assert_int_equal(host_status(&h), MANIFEST);
	assert_int_equal(h.poll_ms, 50);
	fm_sleep_ms(&h.clock.clock, 50);
	assert_int_equal(host_settle(&h), IDLE);
	fm_sim_dfu_flash(h.unit, &flash, &len);
	assert_int_equal(len, 8192);
	assert_memory_equal(flash, image, sizeof(image));
	assert_int_equal(host_in(&h, UPLOAD, 0, back, 1024, &len), FM_OK);
	assert_int_equal(len, 1024);
	assert_memory_equal(back, image, 1024);
	assert_int_equal(host_state(&h), UPLOAD_IDLE);
	for (int i = 1; i < 8; i++)
		assert_int_equal(host_in(&h, UPLOAD, (uint16_t)i, back, 1024, &len), FM_OK);
	assert_int_equal(host_in(&h, UPLOAD, 8, back, 1024, &len), FM_OK);
	assert_int_equal(len, 0);
	assert_int_equal(host_state(&h), IDLE);
	assert_false(h.link->usb->reset(h.link, &h.err));
	assert_int_equal(h.err.code, FM_GONE);
	host_link(&h);
	assert_int_equal(host_id(&h), 1);
	assert_memory_equal(h.link->usb_descriptors->device + 12, image + 4, 2);
	assert_true(fm_sim_dfu_runs(h.unit));
	assert_int_equal(fm_sim_dfu_seen(h.unit)->downloads, 4);
	assert_int_equal(fm_sim_dfu_seen(h.unit)->downloaded, 2500);
	assert_int_equal(fm_sim_dfu_seen(h.unit)->uploaded, 8192);
	assert_int_equal(fm_sim_dfu_seen(h.unit)->early, 0);
	assert_int_equal(fm_sim_dfu_seen(h.unit)->disorder, 0);
	assert_true(fm_sim_dfu_seen(h.unit)->first_download_ns >
		    fm_sim_dfu_seen(h.unit)->detach_ns + 300000000);
	assert_true(fm_sim_dfu_seen(h.unit)->last_download_ns >
		    fm_sim_dfu_seen(h.unit)->first_download_ns + 12000000);
	host_close(&h);
}

static void test_busy(void **state)
{
	struct host h;
	uint8_t block[64] = { 1 };

	(void)state;
	host_open(&h, "block-us=20000");
	assert_int_equal(host_out(&h, DNLOAD, 0, block, sizeof(block)), FM_OK);
	assert_int_equal(host_state(&h), DNLOAD_SYNC);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(h.poll_ms, 20);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(fm_sim_dfu_seen(h.unit)->early, 1);
	fm_sleep_ms(&h.clock.clock, 20);
	assert_int_equal(host_status(&h), DNLOAD_IDLE);
	assert_int_equal(host_out(&h, DNLOAD, 7, block, sizeof(block)), FM_OK);
	assert_int_equal(fm_sim_dfu_seen(h.unit)->disorder, 1);
	host_close(&h);

	/* What is told need not be so. */
	host_open(&h, "poll=0");
	assert_int_equal(host_out(&h, DNLOAD, 0, block, sizeof(block)), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(h.poll_ms, 0);
	host_close(&h);
	host_open(&h, "poll=0xffffff");
	assert_int_equal(host_out(&h, DNLOAD, 0, block, sizeof(block)), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(h.poll_ms, 0xffffff);
	host_close(&h);
}

/* Table 2.2: what is not legal is refused and leads to dfuERROR, from where CLRSTATUS leads out. */
static void test_illegal(void **state)
{
	struct host h;
	uint8_t block[2048] = { 1 };
	size_t len;

	(void)state;
	host_open(&h, "runtime");
	assert_int_equal(host_out(&h, DNLOAD, 0, block, 64), FM_NACK);
	assert_int_equal(host_status(&h), APP_IDLE);
	host_close(&h);

	host_open(&h, "");
	assert_int_equal(host_out(&h, DNLOAD, 0, NULL, 0), FM_NACK);
	assert_int_equal(host_status(&h), ERROR);
	assert_int_equal(h.status, 0x0f);
	assert_int_equal(host_out(&h, DNLOAD, 0, block, 64), FM_NACK);
	assert_int_equal(host_out(&h, ABORT, 0, NULL, 0), FM_NACK);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(host_status(&h), IDLE);
	assert_int_equal(h.status, 0);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_NACK);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(host_out(&h, DNLOAD, 0, block, 1025), FM_NACK);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(host_block(&h, 0, block, 64), DNLOAD_IDLE);
	assert_int_equal(host_in(&h, UPLOAD, 0, block, 64, &len), FM_NACK);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(host_block(&h, 0, block, 64), DNLOAD_IDLE);
	assert_int_equal(host_out(&h, ABORT, 0, NULL, 0), FM_OK);
	assert_int_equal(host_status(&h), IDLE);
	assert_int_equal(host_in(&h, UPLOAD, 0, block, 64, &len), FM_OK);
	assert_int_equal(host_out(&h, DNLOAD, 0, block, 64), FM_NACK);
	host_close(&h);

	host_open(&h, "size=4096 transfer-size=4096");
	assert_int_equal(host_block(&h, 0, block, 2048), DNLOAD_IDLE);
	assert_int_equal(host_block(&h, 1, block, 2048), DNLOAD_IDLE);
	assert_int_equal(host_block(&h, 2, block, 1), ERROR);
	assert_int_equal(h.status, 0x08);
	host_close(&h);
}

/* By the host's reset, within the time and not after it. */
static void test_detach_by_reset(void **state)
{
	struct host h;

	(void)state;
	host_open(&h, "runtime needs-reset detach-timeout=200");
	assert_int_equal(host_out(&h, DETACH, 1000, NULL, 0), FM_OK);
	assert_int_equal(host_status(&h), APP_DETACH);
	fm_sleep_ms(&h.clock.clock, 201);
	assert_int_equal(host_status(&h), APP_IDLE);
	assert_true(h.link->usb->reset(h.link, &h.err));
	assert_int_equal(host_out(&h, DETACH, 1000, NULL, 0), FM_OK);
	assert_false(h.link->usb->reset(h.link, &h.err));
	assert_int_equal(h.err.code, FM_GONE);
	host_link(&h);
	assert_int_equal(host_status(&h), IDLE);
	host_close(&h);
}

static void test_detach_trouble(void **state)
{
	struct host h;
	struct fm_link *link;
	struct fm_error err;

	(void)state;
	host_open(&h, "runtime vanish=detach status-stall same-id");
	assert_int_equal(host_id(&h), 2);
	assert_int_equal(host_status(&h), -FM_NACK);
	assert_int_equal(host_out(&h, DETACH, 1000, NULL, 0), FM_GONE);
	host_pass(&h, 400);
	host_link(&h);
	assert_int_equal(host_status(&h), IDLE);
	host_close(&h);

	host_open(&h, "runtime never-back");
	assert_int_equal(host_out(&h, DETACH, 1000, NULL, 0), FM_OK);
	host_pass(&h, 100000);
	assert_failure(fm_sim_usb_link_open(h.unit, false, -1, &h.clock, NULL, &link, &err),
		       FM_GONE);
	h.unit->ops->power(h.unit, h.clock.now_ns, true);
	host_link(&h);
	assert_int_equal(host_id(&h), 1);
	host_close(&h);

	host_open(&h, "runtime wrong-id");
	assert_int_equal(host_out(&h, DETACH, 1000, NULL, 0), FM_OK);
	host_pass(&h, 400);
	host_link(&h);
	assert_int_not_equal(host_id(&h), 2);
	assert_int_equal(host_status(&h), IDLE);
	host_close(&h);
}

static void download(struct host *h)
{
	uint8_t block[256];

	memset(block, 'x', sizeof(block));
	assert_int_equal(host_block(h, 0, block, sizeof(block)), DNLOAD_IDLE);
}

static void test_manifest(void **state)
{
	struct host h;

	(void)state;
	host_open(&h, "intolerant");
	download(&h);
	assert_int_equal(host_out(&h, DNLOAD, 1, NULL, 0), FM_OK);
	assert_int_equal(host_settle(&h), WAIT_RESET);
	assert_false(h.link->usb->reset(h.link, &h.err));
	host_link(&h);
	assert_int_equal(host_id(&h), 1);
	host_close(&h);

	host_open(&h, "vanish=end");
	download(&h);
	assert_int_equal(host_out(&h, DNLOAD, 1, NULL, 0), FM_GONE);
	host_pass(&h, 400);
	assert_true(fm_sim_dfu_runs(h.unit));
	host_close(&h);

	host_open(&h, "vanish=manifest silent");
	download(&h);
	assert_int_equal(host_out(&h, DNLOAD, 1, NULL, 0), FM_OK);
	assert_int_equal(host_status(&h), MANIFEST);
	fm_sleep_ms(&h.clock.clock, 50);
	assert_int_equal(host_status(&h), -FM_GONE);
	host_pass(&h, 400);
	assert_false(h.unit->attached);
	assert_true(fm_sim_dfu_runs(h.unit));
	host_close(&h);

	/* What is not whole is not started: the unit stays in DFU mode. */
	host_open(&h, "runtime needs-reset");
	assert_int_equal(host_out(&h, DETACH, 1000, NULL, 0), FM_OK);
	assert_false(h.link->usb->reset(h.link, &h.err));
	host_link(&h);
	download(&h);
	assert_true(h.link->usb->reset(h.link, &h.err));
	assert_int_equal(host_status(&h), IDLE);
	host_close(&h);
}

static void test_magic(void **state)
{
	struct host h;

	(void)state;
	host_open(&h, "magic=RIGHT bad-status=1");
	download(&h);
	assert_int_equal(host_out(&h, DNLOAD, 1, NULL, 0), FM_OK);
	assert_int_equal(host_settle(&h), ERROR);
	assert_int_equal(h.status, 1);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(host_block(&h, 0, "..RIGHT.", 8), DNLOAD_IDLE);
	assert_int_equal(host_out(&h, DNLOAD, 1, NULL, 0), FM_OK);
	assert_int_equal(host_settle(&h), IDLE);
	host_close(&h);
}

static void test_arrival(void **state)
{
	static const struct {
		const char *words;
		int state;
	} cases[] = { { "arrive=error", ERROR },
		      { "arrive=download", DNLOAD_IDLE },
		      { "arrive=upload", UPLOAD_IDLE } };
	struct host h;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		host_open(&h, cases[i].words);
		assert_int_equal(host_status(&h), cases[i].state);
		assert_int_equal(host_out(&h, i ? ABORT : CLRSTATUS, 0, NULL, 0), FM_OK);
		assert_int_equal(host_status(&h), IDLE);
		host_close(&h);
	}
}

/* Table 2.3.1 */
static void test_manners(void **state)
{
	struct host h;
	uint8_t block[1024] = { 3 };
	size_t len;
	int64_t start_ns;

	(void)state;
	host_open(&h, "manners=uboot");
	for (uint16_t i = 0; i < 16; i++) {
		assert_int_equal(host_out(&h, DNLOAD, i, block, 1024), FM_OK);
		assert_int_equal(host_status(&h), DNLOAD_IDLE);
		assert_int_equal(h.poll_ms, i == 15 ? 64 : 0);
	}
	assert_int_equal(host_out(&h, ABORT, 0, NULL, 0), FM_OK);
	assert_int_equal(host_out(&h, DETACH, 1000, NULL, 0), FM_OK);
	host_pass(&h, 400);
	assert_true(fm_sim_dfu_runs(h.unit));
	host_close(&h);

	host_open(&h, "manners=st block-us=30000");
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(host_status(&h), ERROR);
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(host_out(&h, DNLOAD, 0, block, 64), FM_OK);
	assert_int_equal(host_out(&h, UPLOAD, 0, block, 64), FM_NACK);
	assert_int_equal(host_status(&h), DNBUSY);
	start_ns = h.clock.now_ns;
	assert_int_equal(host_status(&h), DNLOAD_IDLE);
	assert_true(h.clock.now_ns - start_ns > 29000000);
	assert_int_equal(host_out(&h, ABORT, 0, NULL, 0), FM_OK);
	for (int i = 0; i < 300; i++)
		assert_int_equal(host_in(&h, UPLOAD, 0, block, 1024, &len), FM_OK);
	assert_int_equal(len, 1024);
	assert_int_equal(host_out(&h, ABORT, 0, NULL, 0), FM_OK);
	assert_int_equal(host_out(&h, DNLOAD, 0, NULL, 0), FM_OK);
	assert_int_equal(host_status(&h), MANIFEST);
	assert_int_equal(h.poll_ms, 1);
	host_pass(&h, 2);
	assert_false(h.unit->attached);
	host_close(&h);

	host_open(&h, "manners=opencm3");
	assert_int_equal(host_out(&h, CLRSTATUS, 0, NULL, 0), FM_OK);
	assert_int_equal(host_status(&h), IDLE);
	assert_int_equal(host_out(&h, DNLOAD, 0, block, 64), FM_OK);
	assert_int_equal(host_out(&h, DNLOAD, 0, block, 64), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(h.poll_ms, 100);
	fm_sleep_ms(&h.clock.clock, 100);
	assert_int_equal(host_state(&h), DNLOAD_IDLE);
	assert_int_equal(host_in(&h, UPLOAD, 0, block, 64, &len), FM_NACK);
	assert_int_equal(host_out(&h, DETACH, 0, NULL, 0), FM_NACK);
	host_close(&h);
}

static void test_faults(void **state)
{
	struct host h;
	uint8_t block[1024] = { 5 }, *flash;
	size_t len;
	int64_t start_ns;

	(void)state;
	host_open(&h, "unplug=3");
	assert_int_equal(host_out(&h, DNLOAD, 0, block, 1024), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(host_status(&h), -FM_GONE);
	host_pass(&h, 10000);
	assert_false(h.unit->attached);
	h.unit->ops->power(h.unit, h.clock.now_ns, true);
	host_link(&h);
	assert_int_equal(host_status(&h), IDLE);
	host_close(&h);

	host_open(&h, "unplug-byte=1500");
	assert_int_equal(host_block(&h, 0, block, 1024), DNLOAD_IDLE);
	assert_int_equal(host_out(&h, DNLOAD, 1, block, 1024), FM_GONE);
	host_close(&h);

	host_open(&h, "stall=2");
	assert_int_equal(host_status(&h), IDLE);
	assert_int_equal(host_status(&h), -FM_NACK);
	assert_int_equal(host_status(&h), IDLE);
	host_close(&h);

	host_open(&h, "lose=1");
	start_ns = h.clock.now_ns;
	assert_int_equal(host_status(&h), -FM_TIMEOUT);
	assert_int_equal(h.clock.now_ns - start_ns, 5000000000);
	assert_int_equal(host_status(&h), IDLE);
	host_close(&h);

	/* Lost while something else ends: the answer to the next one comes, not to this. */
	host_open(&h, "lose=3 block-us=1000000");
	assert_int_equal(host_out(&h, DNLOAD, 0, block, 1024), FM_OK);
	assert_int_equal(host_status(&h), DNBUSY);
	assert_int_equal(host_status(&h), -FM_TIMEOUT);
	host_close(&h);

	host_open(&h, "weak=0");
	assert_int_equal(host_block(&h, 0, block, 1024), DNLOAD_IDLE);
	fm_sim_dfu_flash(h.unit, &flash, &len);
	assert_memory_not_equal(flash, block, 1024);
	host_close(&h);
}

static void test_preset(void **state)
{
	struct fm_sim_dfu_options options;
	struct host h = { 0 };
	struct fm_error err;

	(void)state;
	host_options(&options, "runtime version-at=2");
	assert_success(fm_sim_dfu_new(&options, &h.unit, &err));
	fm_sim_dfu_preset(h.unit, "..\x34\x12", 4);
	fm_virtual_clock_init(&h.clock);
	host_link(&h);
	assert_memory_equal(h.link->usb_descriptors->device + 12, "\x34\x12", 2);
	host_close(&h);
}

static void test_options(void **state)
{
	struct fm_sim_dfu_options options;
	struct fm_sim_usb *unit;
	struct fm_error err;
	size_t count = 0;

	(void)state;
	fm_sim_dfu_defaults(&options);
	while (fm_sim_dfu_option_at(count))
		count++;
	assert_true(count > 40);
	assert_failure(fm_sim_dfu_option(&options, "nonsense", NULL, &err), FM_USAGE);
	assert_failure(fm_sim_dfu_option(&options, "runtime", "1", &err), FM_USAGE);
	assert_failure(fm_sim_dfu_option(&options, "vid", NULL, &err), FM_USAGE);
	assert_failure(fm_sim_dfu_option(&options, "vid", "65536", &err), FM_USAGE);
	assert_failure(fm_sim_dfu_option(&options, "vid", "-1", &err), FM_USAGE);
	assert_failure(fm_sim_dfu_option(&options, "vid", "1x", &err), FM_USAGE);
	assert_failure(fm_sim_dfu_option(&options, "manners", "sp", &err), FM_USAGE);
	assert_failure(
		fm_sim_dfu_option(&options, "serial", "12345678901234567890123456789012", &err),
		FM_USAGE);
	assert_success(fm_sim_dfu_option(&options, "alt0", "@Flash/0x0/1*1Kz", &err));
	assert_failure(fm_sim_dfu_new(&options, &unit, &err), FM_USAGE);
	assert_success(fm_sim_dfu_option(&options, "alt0", "", &err));
	assert_failure(fm_sim_dfu_new(&options, &unit, &err), FM_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_busy),
		cmocka_unit_test(test_illegal),
		cmocka_unit_test(test_detach_by_reset),
		cmocka_unit_test(test_detach_trouble),
		cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_magic),
		cmocka_unit_test(test_arrival),
		cmocka_unit_test(test_manners),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_preset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
