/* The standard requests of simulated USB units, and the link to one in virtual time. */
#include "unit.h"

#include "base/scope.h"
#include "sim/usb.h"

#include <string.h>

#define CLASS_IN 0xa1
#define CLASS_OUT 0x21

/* Interface 0 has two settings, interface 1 one with an endpoint; vendor classes. */
static const uint8_t device[18] = { 18,   1,    0x00, 0x02, 0, 0, 0, 64, 0x34,
				    0x12, 0x78, 0x56, 0x07, 1, 1, 2, 3,  1 };
static const uint8_t config[] = {
	9, 2, 43, 0,    2, 1,  0, 0xa0, 50, /* remote wake-up */
	9, 4, 0,  0,    0, 9,  1, 1,    0,  /* */
	9, 4, 0,  1,    0, 9,  1, 1,    2,  /* */
	9, 4, 1,  0,    1, 10, 0, 0,    0,  /* */
	7, 5, 2,  0x02, 8, 0,  0,
};
static const char *const strings[] = { "", "Maker", "Product \x7f", "0001", NULL };

/*
 * Class requests in: 0 = four bytes, 1 = NAK for `late_ns`, 2 = STALL, 3 = NAK for ever. Out:
 * 0 = leaves at once and is back after 10 ms, 1 = takes data, 2 = other descriptors after the next
 * reset, 3 = leaves at the next reset.
 */
struct fake {
	struct fm_sim_usb usb;
	struct fm_sim_usb_tables tables;
	uint8_t device[18];
	int64_t late_ns, due_ns, back_ns, seen_ns;
	bool change, vanish, waiting;
	unsigned resets, frees;
	uint8_t last[16];
};

static int fake_control(struct fm_sim_usb *unit, int64_t now_ns, const uint8_t setup[8],
			uint8_t *data)
{
	struct fake *f = (struct fake *)unit;

	f->seen_ns = now_ns;
	if ((setup[0] & 0x60) == 0)
		return fm_sim_usb_standard(&f->tables, setup, data);
	if (setup[0] == CLASS_IN) {
		if (setup[1] == 1 && !f->waiting) {
			f->waiting = true;
			f->due_ns = now_ns + f->late_ns;
		}
		if (setup[1] == 2)
			return FM_SIM_USB_STALL;
		if (setup[1] == 3 || (setup[1] == 1 && now_ns < f->due_ns))
			return FM_SIM_USB_NAK;
		f->waiting = false;
		memcpy(data, "abcd", 4);
		return 4;
	}
	if (setup[1] == 0) {
		unit->attached = false;
		f->back_ns = now_ns + 10000000;
	} else if (setup[1] == 1) {
		memcpy(f->last, data, setup[6]);
	} else {
		f->change = setup[1] == 2;
		f->vanish = setup[1] == 3;
	}
	return setup[6];
}

static int fake_transfer(struct fm_sim_usb *unit, int64_t now_ns, uint8_t endpoint, uint8_t *data,
			 size_t len)
{
	struct fake *f = (struct fake *)unit;

	(void)now_ns;
	if (endpoint == 0x02) {
		memcpy(f->last, data, len);
		return (int)len;
	}
	if (endpoint == 0x81) {
		memset(data, 0x5a, 3);
		return 3;
	}
	return FM_SIM_USB_STALL;
}

static void fake_reset(struct fm_sim_usb *unit, int64_t now_ns)
{
	struct fake *f = (struct fake *)unit;

	f->resets++;
	f->tables.configuration = 0;
	if (f->change)
		f->device[10]++;
	if (f->vanish) {
		unit->attached = false;
		f->back_ns = now_ns + 10000000;
	}
}

static void fake_advance(struct fm_sim_usb *unit, int64_t now_ns)
{
	struct fake *f = (struct fake *)unit;

	if (f->back_ns <= now_ns) {
		f->back_ns = INT64_MAX;
		unit->attached = true;
	}
	if (f->due_ns <= now_ns)
		f->due_ns = INT64_MIN;
}

static int64_t fake_next_event(const struct fm_sim_usb *unit)
{
	const struct fake *f = (const struct fake *)unit;
	int64_t due_ns = f->due_ns == INT64_MIN ? INT64_MAX : f->due_ns;

	return due_ns < f->back_ns ? due_ns : f->back_ns;
}

static void fake_free(struct fm_sim_usb *unit)
{
	((struct fake *)unit)->frees++;
}

static const struct fm_sim_usb_ops fake_ops = {
	.control = fake_control,
	.transfer = fake_transfer,
	.bus_reset = fake_reset,
	.advance = fake_advance,
	.next_event = fake_next_event,
	.free = fake_free,
};

struct fixture {
	struct fake fake;
	struct fm_virtual_clock clock;
	atomic_bool cancel;
	struct fm_link *link;
};

static void fake_init(struct fake *f)
{
	memset(f, 0, sizeof(*f));
	memcpy(f->device, device, sizeof(device));
	f->usb.ops = &fake_ops;
	f->usb.attached = true;
	f->tables = (struct fm_sim_usb_tables){ .device = f->device,
						.config = config,
						.strings = strings };
	f->due_ns = f->back_ns = INT64_MAX;
}

static void fixture_open(struct fixture *f)
{
	struct fm_error err;

	fake_init(&f->fake);
	fm_virtual_clock_init(&f->clock);
	atomic_init(&f->cancel, false);
	assert_success(
		fm_sim_usb_link_open(&f->fake.usb, true, 9, &f->clock, &f->cancel, &f->link, &err));
}

static struct fm_deadline in_ms(struct fixture *f, int64_t ms)
{
	return fm_in_ms(&f->clock.clock, ms);
}

static bool ask(struct fixture *f, uint8_t request, int64_t ms, struct fm_error *err)
{
	const struct fm_usb_setup setup = { CLASS_IN, request, 0, 0 };
	char data[8];
	size_t len;

	if (!fm_usb_control_in(f->link, &setup, data, sizeof(data), &len, in_ms(f, ms), err))
		return false;
	assert_int_equal(len, 4);
	assert_memory_equal(data, "abcd", 4);
	return true;
}

static bool tell(struct fixture *f, uint8_t request, struct fm_error *err)
{
	const struct fm_usb_setup setup = { CLASS_OUT, request, 0, 0 };

	return fm_usb_control_out(f->link, &setup, "xyz", 3, in_ms(f, 100), err);
}

/* --- standard requests --- */

static int standard(struct fm_sim_usb_tables *t, uint8_t type, uint8_t request, uint16_t value,
		    uint16_t index, uint16_t len, uint8_t *data)
{
	const uint8_t setup[8] = { type,           request,
				   (uint8_t)value, (uint8_t)(value >> 8),
				   (uint8_t)index, (uint8_t)(index >> 8),
				   (uint8_t)len,   (uint8_t)(len >> 8) };

	return fm_sim_usb_standard(t, setup, data);
}

static void test_descriptors(void **state)
{
	struct fm_sim_usb_tables t = { .device = device, .config = config, .strings = strings };
	static const uint8_t text[] = { 12, 3, 'M', 0, 'a', 0, 'k', 0, 'e', 0, 'r', 0 };
	static const uint8_t qualifier[] = { 10, 6, 0x00, 0x02, 0, 0, 0, 64, 1, 0 };
	uint8_t data[255];

	(void)state;
	assert_int_equal(standard(&t, 0x80, 6, 0x100, 0, 64, data), 18);
	assert_memory_equal(data, device, 18);
	assert_int_equal(standard(&t, 0x80, 6, 0x100, 0, 8, data), 8);
	assert_int_equal(standard(&t, 0x80, 6, 0x200, 0, 9, data), 9);
	assert_int_equal(standard(&t, 0x80, 6, 0x200, 0, 255, data), sizeof(config));
	assert_memory_equal(data, config, sizeof(config));
	assert_int_equal(standard(&t, 0x80, 6, 0x201, 0, 255, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x80, 6, 0x300, 0, 255, data), 4);
	assert_memory_equal(data, "\x04\x03\x09\x04", 4);
	assert_int_equal(standard(&t, 0x80, 6, 0x301, 0x409, 255, data), sizeof(text));
	assert_memory_equal(data, text, sizeof(text));
	assert_int_equal(standard(&t, 0x80, 6, 0x304, 0x409, 255, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x80, 6, 0x309, 0x409, 255, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x80, 6, 0x600, 0, 10, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x80, 6, 0x700, 0, 255, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x80, 6, 0x2100, 0, 255, data), FM_SIM_USB_STALL);
	t.high_speed = true;
	assert_int_equal(standard(&t, 0x80, 6, 0x600, 0, 10, data), 10);
	assert_memory_equal(data, qualifier, 10);
	assert_int_equal(standard(&t, 0x80, 6, 0x700, 0, 255, data), sizeof(config));
	assert_int_equal(data[1], 7);
}

static void test_configuration(void **state)
{
	struct fm_sim_usb_tables t = { .device = device, .config = config, .strings = strings };
	uint8_t data[2] = { 9, 9 };

	(void)state;
	assert_int_equal(standard(&t, 0x81, 10, 0, 0, 1, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x00, 9, 2, 0, 0, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x00, 9, 1, 0, 0, data), 0);
	assert_int_equal(standard(&t, 0x80, 8, 0, 0, 1, data), 1);
	assert_int_equal(data[0], 1);
	assert_int_equal(standard(&t, 0x01, 11, 1, 0, 0, data), 0);
	assert_int_equal(standard(&t, 0x01, 11, 2, 0, 0, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x01, 11, 1, 1, 0, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x01, 11, 0, 2, 0, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x81, 10, 0, 0, 1, data), 1);
	assert_int_equal(data[0], 1);
	assert_int_equal(standard(&t, 0x00, 9, 1, 0, 0, data), 0);
	assert_int_equal(t.alternates[0], 0);
}

static void test_status_and_features(void **state)
{
	struct fm_sim_usb_tables t = { .device = device, .config = config, .strings = strings };
	uint8_t data[2];

	(void)state;
	t.configuration = 1;
	assert_int_equal(standard(&t, 0x80, 0, 0, 0, 2, data), 2);
	assert_memory_equal(data, "\0", 2);
	assert_int_equal(standard(&t, 0x81, 0, 0, 1, 2, data), 2);
	assert_int_equal(standard(&t, 0x81, 0, 0, 3, 2, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x82, 0, 0, 0x02, 2, data), 2);
	assert_int_equal(standard(&t, 0x82, 0, 0, 0x83, 2, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x02, 1, 0, 0x02, 0, data), 0);
	assert_int_equal(standard(&t, 0x02, 3, 0, 0x02, 0, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x00, 3, 1, 0, 0, data), 0);
	assert_int_equal(standard(&t, 0x00, 3, 2, 0, 0, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0x00, 7, 0x100, 0, 0, data), FM_SIM_USB_STALL);
	assert_int_equal(standard(&t, 0xc0, 6, 0x100, 0, 18, data), FM_SIM_USB_STALL);
}

/* --- the link --- */

static void test_opening(void **state)
{
	struct fixture f;
	struct fm_link *link;
	char text[16];
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	assert_int_equal(f.fake.resets, 1);
	assert_int_equal(f.fake.tables.configuration, 1);
	assert_int_equal(f.link->usb_descriptors->interface, 0);
	assert_memory_equal(f.link->usb_descriptors->device, device, 18);
	assert_int_equal(f.link->usb_descriptors->config_len, sizeof(config));
	assert_memory_equal(f.link->usb_descriptors->config, config, sizeof(config));
	assert_success(f.link->usb->set_alternate(f.link, 1, &err));
	assert_int_equal(f.fake.tables.alternates[0], 1);
	assert_failure(f.link->usb->set_alternate(f.link, 2, &err), FM_NACK);
	assert_success(f.link->usb->string(f.link, 1, text, sizeof(text), &err));
	assert_string_equal(text, "Maker");
	assert_success(f.link->usb->string(f.link, 2, text, sizeof(text), &err));
	assert_string_equal(text, "Product .");
	assert_success(f.link->usb->string(f.link, 1, text, 3, &err));
	assert_string_equal(text, "Ma");
	assert_success(f.link->usb->string(f.link, 0, text, sizeof(text), &err));
	assert_string_equal(text, "");
	assert_failure(f.link->usb->string(f.link, 7, text, sizeof(text), &err), FM_NACK);
	assert_success(f.link->usb->clear_halt(f.link, 0x02, &err));
	assert_failure(f.link->usb->clear_halt(f.link, 0x03, &err), FM_NACK);
	assert_failure(fm_sim_usb_link_open(&f.fake.usb, false, 3, &f.clock, NULL, &link, &err),
		       FM_UNSUPPORTED);
	/* Opening again resets nothing: only what is new on the bus is. */
	assert_success(fm_sim_usb_link_open(&f.fake.usb, false, 10, &f.clock, NULL, &link, &err));
	assert_int_equal(f.fake.resets, 1);
	assert_int_equal(link->usb_descriptors->interface, 1);
	fm_link_close(link);
	assert_int_equal(f.fake.frees, 0);
	fm_link_close(f.link);
	assert_int_equal(f.fake.frees, 1);
}

static void test_transfers(void **state)
{
	struct fixture f;
	uint8_t in[8];
	size_t len;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	assert_success(ask(&f, 0, 10, &err));
	assert_int_equal(f.fake.seen_ns, 125000);
	assert_int_equal(f.clock.now_ns, 125000 + 4 * 1000);
	assert_failure(ask(&f, 2, 10, &err), FM_NACK);
	assert_success(tell(&f, 1, &err));
	assert_memory_equal(f.fake.last, "xyz", 3);
	assert_success(f.link->usb->out(f.link, 0x02, "12345", 5, in_ms(&f, 10), &err));
	assert_memory_equal(f.fake.last, "12345", 5);
	assert_success(f.link->usb->in(f.link, 0x81, in, sizeof(in), &len, in_ms(&f, 10), &err));
	assert_int_equal(len, 3);
	assert_int_equal(in[2], 0x5a);
	assert_failure(f.link->usb->out(f.link, 0x03, "1", 1, in_ms(&f, 10), &err), FM_NACK);
	atomic_store(&f.cancel, true);
	assert_failure(ask(&f, 0, 10, &err), FM_CANCELLED);
	fm_link_close(f.link);
}

/* A high-speed bus carries the same in less time. */
static void test_speed(void **state)
{
	struct fixture f;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	f.fake.usb.high_speed = true;
	assert_success(ask(&f, 0, 10, &err));
	assert_int_equal(f.clock.now_ns, 125000 + 4 * 25);
	fm_link_close(f.link);
}

/* While it says NAK time passes: to its next event, or to the deadline. */
static void test_nak(void **state)
{
	struct fixture f;
	int64_t start_ns;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	f.fake.late_ns = 700 * INT64_C(1000000);
	assert_success(ask(&f, 1, 1000, &err));
	assert_int_equal(f.fake.seen_ns, 125000 + 700000000);
	start_ns = f.clock.now_ns;
	assert_failure(ask(&f, 1, 500, &err), FM_TIMEOUT);
	assert_int_equal(f.clock.now_ns - start_ns, 500000000);
	assert_success(ask(&f, 1, 500, &err));
	start_ns = f.clock.now_ns;
	assert_failure(ask(&f, 3, 5000, &err), FM_TIMEOUT);
	assert_int_equal(f.clock.now_ns - start_ns, 5000000000);
	fm_link_close(f.link);
}

/* The link is dead once the unit has left, even when it is back; a new one works. */
static void test_leaving(void **state)
{
	struct fixture f;
	struct fm_link *again;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	assert_failure(tell(&f, 0, &err), FM_GONE);
	assert_failure(ask(&f, 0, 5, &err), FM_GONE);
	assert_failure(fm_sim_usb_link_open(&f.fake.usb, false, 9, &f.clock, NULL, &again, &err),
		       FM_GONE);
	fm_sim_usb_pass(&f.fake.usb, &f.clock, 11);
	assert_true(f.fake.usb.attached);
	assert_int_equal(f.fake.resets, 2);
	assert_failure(ask(&f, 0, 5, &err), FM_GONE);
	assert_success(fm_sim_usb_link_open(&f.fake.usb, false, 9, &f.clock, NULL, &again, &err));
	fm_link_close(f.link);
	f.link = again;
	assert_success(ask(&f, 0, 5, &err));
	fm_link_close(again);
}

static void test_reset(void **state)
{
	struct fixture f;
	struct fm_link *again;
	struct fm_error err;

	(void)state;
	fixture_open(&f);
	assert_success(f.link->usb->reset(f.link, &err));
	assert_int_equal(f.fake.resets, 2);
	assert_int_equal(f.fake.tables.configuration, 1);
	assert_success(ask(&f, 0, 5, &err));
	assert_success(tell(&f, 2, &err));
	assert_failure(f.link->usb->reset(f.link, &err), FM_GONE);
	assert_failure(ask(&f, 0, 5, &err), FM_GONE);
	assert_success(fm_sim_usb_link_open(&f.fake.usb, false, 9, &f.clock, NULL, &again, &err));
	fm_link_close(f.link);
	f.link = again;
	assert_success(tell(&f, 3, &err));
	assert_failure(f.link->usb->reset(f.link, &err), FM_GONE);
	fm_link_close(f.link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_configuration),
		cmocka_unit_test(test_status_and_features),
		cmocka_unit_test(test_opening),
		cmocka_unit_test(test_transfers),
		cmocka_unit_test(test_speed),
		cmocka_unit_test(test_nak),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
