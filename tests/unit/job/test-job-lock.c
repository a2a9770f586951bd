/* Which jobs shut each other out: never two on one unit, however it is named, and both ports of a
 * bridge at once. */
#include "unit.h"

#include "base/text.h"
#include "catalog/internal.h"
#include "job/private.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct fm_error err;

struct fixture {
	struct fm_usb_match native;
	struct fm_entry entry;
	struct fm_catalog catalog;
	struct fm_usb_device bridge, unit;
	struct fm_step touch;
	struct fm_job jobs[2];
};

/* A lock is the machine's: another run of this test has other places. */
static struct fm_usb_device device(const char *bus, uint16_t vid, const char *const ttys[2])
{
	struct fm_usb_device ret = { .vid = vid, .pid = 1, .interface_count = 2 };

	snprintf(ret.path, sizeof(ret.path), "%s-%d", bus, (int)getpid());
	for (uint8_t i = 0; i < 2; i++) {
		ret.interfaces[i].number = i;
		fm_text_copy(ret.interfaces[i].tty, sizeof(ret.interfaces[i].tty), ttys[i]);
	}
	return ret;
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .native = { .vid = 0x1209,
					  .pid = 1,
					  .release = -1,
					  .class_code = -1,
					  .subclass = -1,
					  .protocol = -1 } };
	f.entry = (struct fm_entry){ .id = "n", .family = "", .usb = &f.native, .usb_count = 1 };
	f.catalog.entries = &f.entry;
	f.catalog.count = 1;
	f.bridge = device("8", 0x0403, (const char *[]){ "/dev/fm-usb0", "/dev/fm-usb1" });
	f.unit = device("9", 0x1209, (const char *[]){ "/dev/fm-acm0", "/dev/fm-acm1" });
	f.touch.kind = FM_STEP_TOUCH;
	for (size_t i = 0; i < 2; i++) {
		f.jobs[i].request.catalog = &f.catalog;
		f.jobs[i].device.loader_count = 1;
	}
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fm_job_unlock(&f->jobs[0]);
	fm_job_unlock(&f->jobs[1]);
	return 0;
}

static void at(struct fm_job *job, const struct fm_usb_device *device, const char *port)
{
	job->request.seen = *device;
	fm_text_copy(job->request.usb_path, sizeof(job->request.usb_path), device->path);
	fm_text_copy(job->request.port, sizeof(job->request.port), port);
}

static void can_both(struct fixture *f, bool both)
{
	for (size_t i = 0; i < 2; i++) {
		assert_success(fm_job_lock(&f->jobs[i], &err));
		if (both)
			assert_success(fm_job_lock(&f->jobs[1 - i], &err));
		else
			assert_failure(fm_job_lock(&f->jobs[1 - i], &err), FM_BUSY);
		fm_job_unlock(&f->jobs[0]);
		fm_job_unlock(&f->jobs[1]);
	}
}

static void test_two_ports_of_a_bridge(void **state)
{
	struct fixture *f = *state;

	at(&f->jobs[0], &f->bridge, "/dev/fm-usb0");
	at(&f->jobs[1], &f->bridge, "/dev/fm-usb1");
	can_both(f, true);
}

static void test_one_port(void **state)
{
	struct fixture *f = *state;

	at(&f->jobs[0], &f->bridge, "/dev/fm-usb1");
	at(&f->jobs[1], &f->bridge, "/dev/fm-usb1");
	can_both(f, false);
}

static void test_two_ports_of_a_unit(void **state)
{
	struct fixture *f = *state;

	at(&f->jobs[0], &f->unit, "/dev/fm-acm0");
	at(&f->jobs[1], &f->unit, "/dev/fm-acm1");
	can_both(f, false);
	fm_text_copy(f->jobs[1].request.port, sizeof(f->jobs[1].request.port), "usb 9");
	can_both(f, false);
}

/* For the one it is a bridge, for the other a unit: by its own definition, or because it is sent
 * into a boot loader on USB. */
static void test_two_opinions(void **state)
{
	struct fixture *f = *state;
	struct fm_usb_match own = f->native;
	struct fm_loader *loader = &f->jobs[1].device.loaders[0];

	at(&f->jobs[0], &f->bridge, "/dev/fm-usb1");
	at(&f->jobs[1], &f->bridge, "/dev/fm-usb0");
	own.vid = 0x0403;
	f->jobs[1].device.usb = &own;
	f->jobs[1].device.usb_count = 1;
	can_both(f, false);
	f->jobs[1].device.usb_count = 0;
	can_both(f, true);
	loader->enter = (struct fm_steps){ &f->touch, 1 };
	can_both(f, false);
	loader->enter.count = 0;
	loader->wire = FM_WIRE_USB;
	can_both(f, false);
}

/* Away, or another address: what it is called does not change. */
static void test_a_unit_without_a_port(void **state)
{
	struct fixture *f = *state;

	at(&f->jobs[0], &f->unit, "usb 9");
	at(&f->jobs[1], &f->unit, "usb 9");
	f->jobs[1].request.seen.path[0] = '\0';
	can_both(f, false);
	f->jobs[0].request.seen.interface_count = 0;
	can_both(f, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_two_ports_of_a_bridge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_port, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_ports_of_a_unit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_opinions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_unit_without_a_port, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
