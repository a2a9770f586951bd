/* Units over time: what is told of them, and when. */
#include "units.h"

#include "detect/track.h"

#define MS INT64_C(1000000)

static const struct fm_entry gateway = { .id = "gateway" }, other = { .id = "other" };

/* What was told since the last look: "attached 1-1 0001;" and so on. */
struct told {
	struct fm_track *track;
	char text[512];
};

static int told_setup(void **state)
{
	struct told *told = calloc(1, sizeof(*told));

	told->track = fm_track_new();
	*state = told;
	return told->track ? 0 : -1;
}

static int told_teardown(void **state)
{
	struct told *told = *state;

	fm_track_free(told->track);
	free(told);
	return 0;
}

static void told_report(void *user, enum fm_track_event event, const struct fm_seen *seen)
{
	static const char *const names[] = { "attached", "changed", "returned", "left" };
	struct told *told = user;
	size_t len = strlen(told->text);

	snprintf(told->text + len, sizeof(told->text) - len, "%s %s %04x;", names[event],
		 *seen->usb_path ? seen->usb_path : seen->path, (unsigned)seen->pid & 0xffff);
}

static const char *told_look(struct told *told, int64_t at_ms, const struct fm_seen *seen,
			     size_t count)
{
	struct fm_error err;

	told->text[0] = '\0';
	assert_success(
		fm_track_update(told->track, seen, count, at_ms * MS, told_report, told, &err));
	return told->text;
}

static struct fm_seen seen_at(const char *usb_path, int pid, enum fm_mode mode)
{
	static unsigned address;
	struct fm_seen seen = { .vid = 0x1209,
				.pid = pid,
				.mode = mode,
				.present = true,
				.access = true,
				.settled = true,
				.models = { &gateway },
				.model_count = 1,
				.model_total = 1 };

	snprintf(seen.path, sizeof(seen.path), "usb %s", usb_path);
	fm_text_copy(seen.usb_path, sizeof(seen.usb_path), usb_path);
	seen.usb = unit_device(usb_path, 0x1209, (unsigned)pid);
	seen.usb.address = ++address;
	return seen;
}

static void test_comes_and_goes(void **state)
{
	struct told *told = *state;
	struct fm_seen unit = seen_at("1-1", 1, FM_MODE_APPLICATION);

	assert_string_equal(told_look(told, 0, &unit, 1), "attached 1-1 0001;");
	assert_true(fm_track_due_ns(told->track) == INT64_MAX);
	assert_string_equal(told_look(told, 10, &unit, 1), "");
	assert_string_equal(told_look(told, 20, NULL, 0), "");
	assert_true(fm_track_due_ns(told->track) == (20 + FM_TRACK_AWAY_MS) * MS);
	assert_string_equal(told_look(told, 20 + FM_TRACK_AWAY_MS - 1, NULL, 0), "");
	assert_string_equal(told_look(told, 20 + FM_TRACK_AWAY_MS, NULL, 0), "left 1-1 0001;");
	assert_true(fm_track_due_ns(told->track) == INT64_MAX);
	assert_string_equal(told_look(told, 9000, NULL, 0), "");
}

static void test_another_mode_is_the_same_unit(void **state)
{
	struct told *told = *state;
	struct fm_seen before = seen_at("1-1", 1, FM_MODE_APPLICATION);
	struct fm_seen after = seen_at("1-1", 2, FM_MODE_BOOTLOADER);

	fm_text_copy(before.serial, sizeof(before.serial), "GX-7");
	fm_text_copy(after.serial, sizeof(after.serial), "0123456789");
	fm_text_copy(after.path, sizeof(after.path), "/dev/ttyACM0");
	after.models[0] = &other;
	told_look(told, 0, &before, 1);
	told_look(told, 100, NULL, 0);
	assert_string_equal(told_look(told, 900, &after, 1), "changed 1-1 0002;");
	/* without a look at the gap */
	before.usb.address += 10;
	assert_string_equal(told_look(told, 2000, &before, 1), "changed 1-1 0001;");
	assert_string_equal(told_look(told, 9000, &before, 1), "");
}

static void test_a_restart(void **state)
{
	struct told *told = *state;
	struct fm_seen unit = seen_at("1-1", 1, FM_MODE_APPLICATION);

	told_look(told, 0, &unit, 1);
	told_look(told, 100, NULL, 0);
	unit.usb.address++;
	assert_string_equal(told_look(told, 900, &unit, 1), "returned 1-1 0001;");
	unit.usb.address++;
	assert_string_equal(told_look(told, 950, &unit, 1), "returned 1-1 0001;");
}

static void test_another_unit_in_the_same_port(void **state)
{
	struct told *told = *state;
	struct fm_seen first = seen_at("1-1", 1, FM_MODE_APPLICATION);
	struct fm_seen second = seen_at("1-1", 1, FM_MODE_APPLICATION);
	struct fm_seen third = seen_at("1-1", 3, FM_MODE_APPLICATION);

	fm_text_copy(first.serial, sizeof(first.serial), "GX-7");
	fm_text_copy(second.serial, sizeof(second.serial), "GX-8");
	third.models[0] = &other;
	told_look(told, 0, &first, 1);
	told_look(told, 100, NULL, 0);
	assert_string_equal(told_look(told, 900, &second, 1), "left 1-1 0001;attached 1-1 0001;");
	assert_string_equal(told_look(told, 950, &third, 1), "left 1-1 0001;attached 1-1 0003;");
}

static void test_a_new_unit_is_held_until_it_is_settled(void **state)
{
	struct told *told = *state;
	struct fm_seen unit = seen_at("1-1", 1, FM_MODE_APPLICATION);

	unit.settled = unit.access = false;
	assert_string_equal(told_look(told, 0, &unit, 1), "");
	assert_true(fm_track_due_ns(told->track) == FM_TRACK_SETTLE_MS * MS);
	unit.settled = unit.access = true;
	assert_string_equal(told_look(told, 20, &unit, 1), "attached 1-1 0001;");
	/* never to be opened */
	unit = seen_at("1-2", 1, FM_MODE_APPLICATION);
	unit.settled = unit.access = false;
	told_look(told, 1000, &unit, 1);
	assert_string_equal(told_look(told, 1000 + FM_TRACK_SETTLE_MS, &unit, 1),
			    "attached 1-2 0001;");
	/* the rule was installed meanwhile */
	unit.access = true;
	assert_string_equal(told_look(told, 5000, &unit, 1), "left 1-1 0001;changed 1-2 0001;");
}

static void test_one_that_never_settles(void **state)
{
	struct told *told = *state;
	struct fm_seen unit = seen_at("1-1", 1, FM_MODE_APPLICATION);

	unit.settled = false;
	told_look(told, 0, &unit, 1);
	assert_string_equal(told_look(told, 10, NULL, 0), "");
	assert_true(fm_track_due_ns(told->track) == INT64_MAX);
	/* back in another mode, and gone again before it was settled: away since the last time */
	unit.settled = true;
	told_look(told, 100, &unit, 1);
	told_look(told, 200, NULL, 0);
	unit = seen_at("1-1", 2, FM_MODE_BOOTLOADER);
	unit.settled = false;
	assert_string_equal(told_look(told, 1200, &unit, 1), "");
	assert_string_equal(told_look(told, 1300, NULL, 0), "");
	assert_string_equal(told_look(told, 3299, NULL, 0), "");
	assert_string_equal(told_look(told, 3300, NULL, 0), "left 1-1 0001;");
}

static void test_ports_that_are_not_usb(void **state)
{
	struct told *told = *state;
	struct fm_seen port = { .vid = -1, .pid = -1, .present = true };

	fm_text_copy(port.path, sizeof(port.path), "/dev/pts/1");
	assert_string_equal(told_look(told, 0, &port, 1), "attached /dev/pts/1 ffff;");
	port.present = false;
	assert_string_equal(told_look(told, 10, &port, 1), "left /dev/pts/1 ffff;");
	assert_string_equal(told_look(told, 20, &port, 1), "");
}

static void test_the_parts_of_a_bridge(void **state)
{
	struct told *told = *state;
	struct fm_seen ports[] = { seen_at("1-1", 1, FM_MODE_APPLICATION),
				   seen_at("1-1", 1, FM_MODE_APPLICATION) };

	ports[1].usb.address = ports[0].usb.address;
	ports[1].part = 1;
	assert_string_equal(told_look(told, 0, ports, 2), "attached 1-1 0001;attached 1-1 0001;");
	assert_string_equal(told_look(told, 10, ports, 2), "");
	told_look(told, 20, ports, 1);
	assert_string_equal(told_look(told, 2020, ports, 1), "left 1-1 0001;");
}

/* 200 times in and out, eight units: nothing is left behind and each is told once. */
static void test_many_times(void **state)
{
	struct told *told = *state;
	struct fm_seen units[8];
	int64_t at_ms = 0;

	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < 8; i++) {
			char path[16];

			snprintf(path, sizeof(path), "1-%d", i + 1);
			units[i] = seen_at(path, 1, FM_MODE_APPLICATION);
		}
		told_look(told, at_ms, units, 8);
		assert_int_equal(strlen(told->text), 8 * strlen("attached 1-1 0001;"));
		told_look(told, at_ms + 10, NULL, 0);
		told_look(told, at_ms + 10 + FM_TRACK_AWAY_MS, NULL, 0);
		assert_int_equal(strlen(told->text), 8 * strlen("left 1-1 0001;"));
		at_ms += 5000;
	}
	assert_true(fm_track_due_ns(told->track) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TOLD_TEST(name) cmocka_unit_test_setup_teardown(name, told_setup, told_teardown)
		TOLD_TEST(test_comes_and_goes),
		TOLD_TEST(test_another_mode_is_the_same_unit),
		TOLD_TEST(test_a_restart),
		TOLD_TEST(test_another_unit_in_the_same_port),
		TOLD_TEST(test_a_new_unit_is_held_until_it_is_settled),
		TOLD_TEST(test_one_that_never_settles),
		TOLD_TEST(test_ports_that_are_not_usb),
		TOLD_TEST(test_the_parts_of_a_bridge),
		TOLD_TEST(test_many_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
