/* What a link waits for, as other threads see it. */
#include "unit.h"

#include "base/scope.h"
#include "link/link.h"

struct wait_link {
	struct fm_link link;
	int64_t wanted_ns; /* what can be seen during the call */
	size_t calls;
	bool good;
};

static bool wait_seen(struct fm_link *link, struct fm_error *err)
{
	struct wait_link *inner = (struct wait_link *)link;

	inner->calls++;
	if (link->wait)
		assert_true(atomic_load(&link->wait->until_ns) == inner->wanted_ns);
	return inner->good || fm_fail(err, FM_TIMEOUT, "nothing came");
}

static bool wait_send(struct fm_link *link, const void *data, size_t len,
		      struct fm_deadline deadline, struct fm_error *err)
{
	(void)data, (void)len, (void)deadline;
	return wait_seen(link, err);
}

static bool wait_recv(struct fm_link *link, void *ret_data, size_t len, size_t *ret_len,
		      struct fm_deadline deadline, struct fm_error *err)
{
	(void)ret_data, (void)deadline;
	*ret_len = len;
	return wait_seen(link, err);
}

static bool wait_control_out(struct fm_link *link, const struct fm_usb_setup *setup,
			     const void *data, size_t len, struct fm_deadline deadline,
			     struct fm_error *err)
{
	(void)setup, (void)data, (void)len, (void)deadline;
	return wait_seen(link, err);
}

static bool wait_in(struct fm_link *link, uint8_t endpoint, void *ret_data, size_t len,
		    size_t *ret_len, struct fm_deadline deadline, struct fm_error *err)
{
	(void)endpoint, (void)ret_data, (void)deadline;
	*ret_len = len;
	return wait_seen(link, err);
}

static const struct fm_stream_ops wait_stream = { .send = wait_send, .recv = wait_recv };
static const struct fm_usb_ops wait_usb = { .control_out = wait_control_out, .in = wait_in };

static void a_deadline_can_be_seen(void **state)
{
	struct fm_virtual_clock clock;
	struct fm_link_wait wait = { 0 };
	struct wait_link link = { .link = { .stream = &wait_stream, .usb = &wait_usb } };
	const struct fm_usb_setup setup = { 0 };
	struct fm_deadline deadline;
	struct fm_error err;
	uint8_t byte = 0;
	size_t len;

	(void)state;
	fm_virtual_clock_init(&clock);
	clock.now_ns = 5000;
	link.link.clock = &clock.clock;
	deadline = fm_in_ms(&clock.clock, 3000);
	link.wanted_ns = deadline.at_ns;
	/* nobody looks */
	link.good = true;
	assert_success(fm_send(&link.link, &byte, 1, deadline, &err));
	link.link.wait = &wait;
	for (int good = 0; good < 2; good++) {
		link.good = good;
		assert_int_equal(fm_send(&link.link, &byte, 1, deadline, &err), good);
		assert_int_equal(fm_recv_some(&link.link, &byte, 1, &len, deadline, &err), good);
		assert_int_equal(fm_usb_control_out(&link.link, &setup, NULL, 0, deadline, &err),
				 good);
		assert_int_equal(fm_usb_in(&link.link, 0x81, &byte, 1, &len, deadline, &err), good);
		assert_true(atomic_load(&wait.until_ns) == 0);
		assert_true(atomic_load(&wait.begin_ns) == 5000);
	}
	assert_int_equal(link.calls, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_deadline_can_be_seen) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
