/* Back into the boot loader after a break: what was planned is written to the same memory only. */
#include "unit.h"

#include "base/text.h"
#include "job/private.h"
#include "sim/dfu/dfu.h"

#include <string.h>

#define PATH "1-2"

static struct fm_error err;

struct fixture {
	struct fm_virtual_clock clock;
	struct fm_sim_usb *unit;
	struct fm_usb_match match;
	struct fm_loader loader;
	struct fm_ways ways;
	struct fm_plan_page page;
	struct fm_block block;
	struct fm_job job;
};

static bool unit_look(void *user, const char *usb_path, struct fm_usb_device *ret_device,
		      struct fm_error *e)
{
	(void)user, (void)e;
	*ret_device = (struct fm_usb_device){ .vid = 0x0483, .pid = 0xdf11, .address = 3 };
	fm_text_copy(ret_device->path, sizeof(ret_device->path), usb_path);
	return true;
}

static bool unit_open(void *user, const struct fm_usb_device *device,
		      const struct fm_usb_claim *claim, const atomic_bool *cancel,
		      struct fm_link **ret_link, struct fm_error *e)
{
	struct fixture *f = user;

	(void)device;
	return fm_sim_usb_link_open(f->unit, false, claim->class_code, &f->clock, cancel, ret_link,
				    e);
}

static int setup(void **state)
{
	static struct fixture f;
	struct fm_sim_dfu_options options;

	f = (struct fixture){ .match = { .vid = 0x0483,
					 .pid = 0xdf11,
					 .release = -1,
					 .class_code = -1,
					 .subclass = -1,
					 .protocol = -1,
					 .mode = FM_MODE_ROM } };
	fm_virtual_clock_init(&f.clock);
	fm_sim_dfu_defaults(&options);
	assert_success(fm_sim_dfu_option(&options, "chip", "f4", &err));
	assert_success(fm_sim_dfu_new(&options, &f.unit, &err));
	f.loader.wire = FM_WIRE_USB;
	f.loader.mode = FM_MODE_ROM;
	fm_text_copy(f.loader.protocol, sizeof(f.loader.protocol), "dfuse");
	fm_params_default(fm_protocol_named("dfuse")->params, &f.loader.params);
	f.ways = (struct fm_ways){ .look = unit_look, .open_usb = unit_open, .user = &f };
	f.page.range = (struct fm_range){ FM_SPACE_FLASH, 0x08000000, 2048 };
	f.block.range = (struct fm_range){ FM_SPACE_FLASH, 0x08000000, 16384 };
	f.job.request.ways = &f.ways;
	fm_text_copy(f.job.request.usb_path, sizeof(f.job.request.usb_path), PATH);
	f.job.device.usb = &f.match;
	f.job.device.usb_count = 1;
	f.job.loader = &f.loader;
	f.job.plan.pages = &f.page;
	f.job.plan.erase = &f.block;
	f.job.plan.page_count = f.job.plan.erase_count = 1;
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fm_job_close_link(&f->job);
	f->unit->ops->free(f->unit);
	return 0;
}

static void test_the_same_memory(void **state)
{
	struct fixture *f = *state;

	assert_success(fm_job_reenter(&f->job, &err));
	/* the last block of the definition may be cut */
	f->block.range.len = 8192;
	assert_success(fm_job_reenter(&f->job, &err));
}

static void test_other_erase_blocks(void **state)
{
	struct fixture *f = *state;

	/* of an F1: the same flash address, but within a block of the F4 */
	f->block.range = (struct fm_range){ FM_SPACE_FLASH, 0x08000400, 1024 };
	assert_failure(fm_job_reenter(&f->job, &err), FM_WRONG_UNIT);
	/* of one with larger sectors */
	f->block.range = (struct fm_range){ FM_SPACE_FLASH, 0x08000000, 131072 };
	assert_failure(fm_job_reenter(&f->job, &err), FM_WRONG_UNIT);
}

static void test_memory_that_is_not_there(void **state)
{
	struct fixture *f = *state;

	f->page.range.addr = 0x08ff0000;
	assert_failure(fm_job_reenter(&f->job, &err), FM_WRONG_UNIT);
	/* there, but never for firmware: its one-time programmable memory */
	f->page.range = (struct fm_range){ FM_SPACE_ALT1 + 1, 0x1fff7800, 16 };
	assert_failure(fm_job_reenter(&f->job, &err), FM_WRONG_UNIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_same_memory),
		TEST(test_other_erase_blocks),
		TEST(test_memory_that_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
