/* Which unit a job speaks to: never the next one at the same place or behind the same name. */
#include "unit.h"

#include "base/text.h"
#include "job/private.h"

#include <string.h>

#define PATH "1-1.4"

static struct fm_error err;

struct fixture {
	struct fm_usb_match matches[2];
	struct fm_usb_device there;     /* what is plugged in now */
	struct fm_usb_device at_opened; /* plugged in while a node is opened, where it has a path */
	char opened[256];
	struct fm_link link;
	struct fm_ways ways;
	struct fm_job job;
};

static bool there_look(void *user, const char *usb_path, struct fm_usb_device *ret_device,
		       struct fm_error *e)
{
	const struct fixture *f = user;

	if (strcmp(f->there.path, usb_path) != 0)
		return fm_fail(e, FM_GONE, "no USB device at %s", usb_path);
	*ret_device = f->there;
	return true;
}

static void closed(struct fm_link *link)
{
	(void)link;
}

static bool opened(struct fixture *f, const char *node, struct fm_link **ret_link)
{
	fm_text_copy(f->opened, sizeof(f->opened), node);
	if (*f->at_opened.path)
		f->there = f->at_opened;
	*ret_link = &f->link;
	return true;
}

static bool there_open_serial(void *user, const char *port, const atomic_bool *cancel,
			      struct fm_link **ret_link, struct fm_error *e)
{
	(void)cancel, (void)e;
	return opened(user, port, ret_link);
}

static bool there_open_volume(void *user, const struct fm_usb_device *device,
			      const atomic_bool *cancel, struct fm_link **ret_link,
			      struct fm_error *e)
{
	(void)cancel, (void)e;
	return opened(user, device->interfaces[0].block, ret_link);
}

static void there_settle(void *user, const char *port)
{
	struct fixture *f = user;

	fm_text_copy(f->opened, sizeof(f->opened), port);
}

static struct fm_usb_device unit(uint16_t pid, unsigned address, const char *serial)
{
	struct fm_usb_device device = {
		.path = PATH, .vid = 0x1209, .pid = pid, .bus = 1, .address = address
	};

	fm_text_copy(device.serial, sizeof(device.serial), serial);
	return device;
}

static void gets_tty(struct fm_usb_device *device, const char *tty)
{
	fm_text_copy(device->interfaces[device->interface_count++].tty,
		     sizeof(device->interfaces[0].tty), tty);
}

static int setup(void **state)
{
	static const struct fm_usb_match application = { .vid = 0x1209,
							 .pid = 1,
							 .release = -1,
							 .class_code = -1,
							 .subclass = -1,
							 .protocol = -1 };
	static struct fixture f;

	f = (struct fixture){ .matches = { application, application } };
	f.matches[1].pid = 2;
	f.matches[1].mode = FM_MODE_BOOTLOADER;
	f.link.close = closed;
	f.ways = (struct fm_ways){ .look = there_look,
				   .open_serial = there_open_serial,
				   .open_volume = there_open_volume,
				   .settle = there_settle,
				   .user = &f };
	f.job.request.ways = &f.ways;
	f.job.device.usb = f.matches;
	f.job.device.usb_count = 2;
	fm_text_copy(f.job.request.usb_path, sizeof(f.job.request.usb_path), PATH);
	fm_text_copy(f.job.request.port, sizeof(f.job.request.port), "usb " PATH);
	*state = &f;
	return 0;
}

static void test_the_one_that_was_chosen(void **state)
{
	struct fixture *f = *state;

	f->job.request.seen = unit(1, 7, "");
	f->there = unit(1, 7, "");
	assert_success(fm_job_look(&f->job, &err));
	assert_int_equal(f->job.at.address, 7);
	f->there.path[0] = '\0';
	assert_failure(fm_job_look(&f->job, &err), FM_GONE);
}

/* Between the choice and the job, or while a person is asked. */
static void test_another_since_the_choice(void **state)
{
	struct fixture *f = *state;

	f->job.request.seen = unit(1, 7, "");
	f->there = unit(1, 8, "");
	assert_failure(fm_job_look(&f->job, &err), FM_WRONG_UNIT);
	assert_non_null(strstr(err.text, "replugged"));
	f->job.request.seen = unit(1, 7, "A");
	f->there = unit(1, 8, "B");
	assert_failure(fm_job_look(&f->job, &err), FM_WRONG_UNIT);
	assert_non_null(strstr(err.text, "'B', not 'A'"));
	/* the same, which says nothing where all units have it */
	f->job.request.seen = unit(1, 7, "A");
	f->there = unit(1, 8, "A");
	assert_success(fm_job_look(&f->job, &err));
	f->job.at.path[0] = '\0';
	f->matches[0].serial_is_shared = true;
	assert_failure(fm_job_look(&f->job, &err), FM_WRONG_UNIT);
	assert_non_null(strstr(err.text, "replugged"));
	f->matches[0].serial_is_shared = false;
	f->there = unit(2, 8, "A");
	assert_failure(fm_job_look(&f->job, &err), FM_WRONG_UNIT);
	assert_string_equal(f->job.at.path, "");
	f->there = unit(1, 8, "A");
	assert_success(fm_job_look(&f->job, &err));
}

/* A retry finds another unit at the path. */
static void test_another_since_the_last_look(void **state)
{
	struct fixture *f = *state;

	f->there = unit(2, 7, "");
	assert_success(fm_job_look(&f->job, &err));
	f->there = unit(2, 8, "");
	assert_failure(fm_job_look(&f->job, &err), FM_WRONG_UNIT);
	assert_int_equal(f->job.at.address, 7);
}

/* It was asked to leave: ids and serial number may be the boot loader's; the same ids with another
 * serial number are another unit all the same. */
static void test_one_that_was_asked_to_leave(void **state)
{
	struct fixture *f = *state;

	f->job.request.seen = unit(1, 7, "A");
	f->job.may_move = true;
	f->there = unit(1, 8, "B");
	assert_failure(fm_job_look(&f->job, &err), FM_WRONG_UNIT);
	f->there = unit(2, 8, "boot");
	assert_success(fm_job_look(&f->job, &err));
}

static void test_port_of_a_bridge(void **state)
{
	struct fixture *f = *state;

	fm_text_copy(f->job.request.port, sizeof(f->job.request.port), "/dev/ttyUSB5");
	assert_string_equal(fm_job_tty(&f->job), "/dev/ttyUSB5");
	f->there = unit(0x6010, 7, "");
	gets_tty(&f->there, "/dev/ttyUSB4");
	gets_tty(&f->there, "/dev/ttyUSB5");
	assert_success(fm_job_look(&f->job, &err));
	assert_string_equal(fm_job_tty(&f->job), "/dev/ttyUSB5");
	f->job.at.interface_count = 1;
	f->job.at.interfaces[0].tty[11] = '6';
	assert_string_equal(fm_job_tty(&f->job), "/dev/ttyUSB6");
	f->job.at.interface_count = 2;
	f->job.at.interfaces[1].tty[11] = '7';
	assert_null(fm_job_tty(&f->job));
}

/* The name that the application's port had may be another unit's by now. */
static void test_port_that_it_had(void **state)
{
	struct fixture *f = *state;

	fm_text_copy(f->job.request.port, sizeof(f->job.request.port), "/dev/ttyACM0");
	f->there = unit(2, 7, "");
	assert_success(fm_job_look(&f->job, &err));
	assert_null(fm_job_tty(&f->job));
	gets_tty(&f->job.at, "/dev/ttyACM1");
	assert_string_equal(fm_job_tty(&f->job), "/dev/ttyACM1");
}

static void test_node_that_went_to_another(void **state)
{
	static const struct fm_line_settings line = { 115200, 8, FM_PARITY_NONE, 1 };
	struct fixture *f = *state;

	f->there = unit(1, 7, "A");
	gets_tty(&f->there, "/dev/ttyACM0");
	fm_text_copy(f->there.interfaces[0].block, sizeof(f->there.interfaces[0].block),
		     "/dev/sdb");
	assert_success(fm_job_look(&f->job, &err));
	assert_success(fm_job_open_serial(&f->job, &line, &err));
	assert_string_equal(f->opened, "/dev/ttyACM0");
	assert_success(fm_job_open_volume(&f->job, &err));
	assert_string_equal(f->opened, "/dev/sdb");
	f->at_opened = f->there;
	f->at_opened.address = 8;
	assert_failure(fm_job_open_volume(&f->job, &err), FM_GONE);
	assert_failure(fm_job_open_serial(&f->job, &line, &err), FM_GONE);
	f->at_opened.address = 7;
	f->at_opened.interfaces[0].block[7] = 'c';
	assert_failure(fm_job_open_volume(&f->job, &err), FM_GONE);
	assert_non_null(strstr(err.text, "/dev/sdb"));
}

/* A port that was touched for nothing is put right, but not the one of another unit. */
static void test_settled_port(void **state)
{
	struct fixture *f = *state;

	f->there = unit(1, 7, "");
	gets_tty(&f->there, "/dev/ttyACM0");
	assert_success(fm_job_look(&f->job, &err));
	fm_job_settle_port(&f->job);
	assert_string_equal(f->opened, "/dev/ttyACM0");
	f->opened[0] = '\0';
	f->there.address = 8;
	fm_job_settle_port(&f->job);
	f->there.path[0] = '\0';
	fm_job_settle_port(&f->job);
	assert_string_equal(f->opened, "");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_one_that_was_chosen),
		TEST(test_another_since_the_choice),
		TEST(test_another_since_the_last_look),
		TEST(test_one_that_was_asked_to_leave),
		TEST(test_port_of_a_bridge),
		TEST(test_port_that_it_had),
		TEST(test_node_that_went_to_another),
		TEST(test_settled_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
