/* Where a unit is, as a bench names it, and choosing by that name. */
#include "units.h"

#include "base/scope.h"
#include "detect/scan.h"

static const struct fm_entry gateway = { .id = "gateway", .family = "" };

static struct fm_seen slot_usb(const char *usb_path, const char *tty, const char *interface)
{
	struct fm_seen seen = { .present = true,
				.vid = 0x1209,
				.models = { &gateway },
				.model_count = 1,
				.model_total = 1 };

	fm_text_copy(seen.usb_path, sizeof(seen.usb_path), usb_path);
	snprintf(seen.by_path, sizeof(seen.by_path), "usb %s%s", usb_path, interface);
	fm_text_copy(seen.path, sizeof(seen.path), *tty ? tty : seen.by_path);
	return seen;
}

/* One of the ports of a bridge that no definition names. */
static struct fm_seen slot_bridge(unsigned part)
{
	char tty[32], interface[8];
	struct fm_seen seen;

	snprintf(tty, sizeof(tty), "/dev/ttyUSB%u", part);
	snprintf(interface, sizeof(interface), ":1.%u", part);
	seen = slot_usb("1-3", tty, interface);
	seen.model_count = seen.model_total = 0;
	seen.part = part;
	unit_tty(&seen.usb, "/dev/ttyUSB0");
	unit_tty(&seen.usb, "/dev/ttyUSB1");
	return seen;
}

static void assert_place(const struct fm_seen *seen, const char *wanted)
{
	char place[256];

	fm_scan_place(seen, place);
	assert_string_equal(place, wanted);
}

static void a_place_lasts(void **state)
{
	struct fm_seen seen = slot_usb("1-1.4", "/dev/ttyACM3", ":1.0");

	(void)state;
	assert_place(&seen, "usb 1-1.4"); /* in every mode, whatever its port is called */
	seen = slot_bridge(1);
	assert_place(&seen, "usb 1-3:1.1"); /* each has its own unit */
	seen = (struct fm_seen){ .path = "/tmp/port", .added = true };
	assert_place(&seen, "/tmp/port");
	/* added by hand, and on USB all the same */
	fm_text_copy(seen.by_path, sizeof(seen.by_path), "usb 1-2:1.0");
	assert_place(&seen, "usb 1-2:1.0");
}

static void names_go_to_places(void **state)
{
	static const struct fm_scan_slot slots[] = { { "usb 1-1.4", "A1" },
						     { "usb 1-3", "B" },
						     { "usb 1-3:1.1", "B2" },
						     { "/tmp/port", "P" },
						     { "/dev/ttyACM3", "old" } };
	struct fm_seen seen[] = { slot_usb("1-1.4", "/dev/ttyACM3", ":1.0"),
				  slot_usb("1-1.40", "", ""),
				  slot_bridge(0),
				  slot_bridge(1),
				  { .path = "/tmp/port" } };

	(void)state;
	fm_scan_slots(seen, FM_COUNT(seen), slots, FM_COUNT(slots));
	assert_string_equal(seen[0].slot, "A1"); /* not by the name that the kernel gave it */
	assert_string_equal(seen[1].slot, "");
	assert_string_equal(seen[2].slot, "B");
	assert_string_equal(seen[3].slot, "B2");
	assert_string_equal(seen[4].slot, "P");
}

static enum fm_code slot_select(struct fm_seen *seen, size_t count, const char *device,
				struct fm_seen *ret, struct fm_error *err)
{
	struct fm_catalog catalog = { 0 };
	struct fm_selector selector = { .device = device };
	char model[48];

	*err = (struct fm_error){ 0 };
	return fm_scan_select(&catalog, seen, count, &selector, ret, model, err) ? FM_OK
										 : err->code;
}

static void a_slot_selects(void **state)
{
	static const struct fm_scan_slot slots[] = { { "usb 1-1", "A1" },
						     { "usb 1-2", "A2" },
						     { "/tmp/port", "A3" } };
	struct fm_seen seen[] = { slot_usb("1-1", "", ""), slot_usb("1-2", "", ""),
				  slot_usb("", "/tmp/port", "") };
	struct fm_seen chosen;
	struct fm_error err;

	(void)state;
	seen[2] = (struct fm_seen){ .path = "/tmp/port", .added = true }; /* it is away */
	fm_scan_slots(seen, FM_COUNT(seen), slots, FM_COUNT(slots));
	assert_int_equal(slot_select(seen, 3, "slot:a2", &chosen, &err), FM_OK);
	assert_string_equal(chosen.usb_path, "1-2");
	assert_int_equal(slot_select(seen, 3, "slot:A9", &chosen, &err), FM_NO_UNIT);
	assert_non_null(strstr(err.text, "slot A9 (there are: A1 usb 1-1, A2 usb 1-2)"));
	assert_int_equal(slot_select(seen, 3, "slot:A3", &chosen, &err), FM_NO_UNIT);
	assert_int_equal(slot_select(seen, 0, "slot:A3", &chosen, &err), FM_NO_UNIT);
	assert_non_null(strstr(err.text, "nor in any other slot"));
	assert_int_equal(slot_select(seen, 3, "slot:", &chosen, &err), FM_USAGE);
}

/* Two ports of a bridge are in the slot that the bridge is. */
static void a_slot_may_be_ambiguous(void **state)
{
	static const struct fm_scan_slot slot = { "usb 1-3", "B" };
	struct fm_seen seen[] = { slot_bridge(0), slot_bridge(1) }, chosen;
	struct fm_error err;

	(void)state;
	fm_scan_slots(seen, 2, &slot, 1);
	assert_int_equal(slot_select(seen, 2, "slot:B", &chosen, &err), FM_AMBIGUOUS);
	assert_non_null(strstr(err.text, "/dev/ttyUSB0, /dev/ttyUSB1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_lasts),
		cmocka_unit_test(names_go_to_places),
		cmocka_unit_test(a_slot_selects),
		cmocka_unit_test(a_slot_may_be_ambiguous),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
