/* From the lists of the system to units, and which of them is meant. */
#include "units.h"

#include "base/scope.h"
#include "detect/private.h"

#include <unistd.h>

#define MANY (FM_SEEN_MODELS + 4)

/* A gateway with an application and a boot loader, an STM32 in ROM that MANY boards share, and the
 * generic DFU device. */
struct world {
	struct fm_usb_match gateway[2], rom, generic;
	char names[MANY][16];
	struct fm_entry entries[2 + MANY];
	struct fm_catalog catalog;
	struct fm_usb_device devices[4];
	struct fm_serial_port ports[4];
	struct fm_scan_added added[2];
	struct fm_lists lists;
	struct fm_seen *seen;
	size_t count;
};

static int world_setup(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	world->gateway[0] = unit_match(0x1209, 0x0001, FM_MODE_APPLICATION);
	world->gateway[0].release_is_version = true;
	world->gateway[1] = unit_match(0x1209, 0x0002, FM_MODE_BOOTLOADER);
	world->rom = unit_match(0x0483, 0xdf11, FM_MODE_ROM);
	world->generic = unit_match(-1, -1, FM_MODE_BOOTLOADER);
	world->generic.class_code = 0xfe;
	world->generic.subclass = 1;
	world->generic.protocol = 2;
	world->entries[0] = (struct fm_entry){
		.id = "gateway", .family = "", .usb = world->gateway, .usb_count = 2
	};
	world->entries[1] = (struct fm_entry){
		.id = "generic-dfu", .family = "", .usb = &world->generic, .usb_count = 1
	};
	for (size_t i = 0; i < MANY; i++) {
		snprintf(world->names[i], sizeof(world->names[i]), "board-%02zu", i);
		world->entries[2 + i] = (struct fm_entry){
			.id = world->names[i], .family = "", .usb = &world->rom, .usb_count = 1
		};
	}
	world->catalog.entries = world->entries;
	world->catalog.count = 2 + MANY;
	fm_catalog_index(&world->catalog);
	world->lists.devices = world->devices;
	world->lists.ports = world->ports;
	world->lists.added = world->added;
	*state = world;
	return 0;
}

static int world_teardown(void **state)
{
	struct world *world = *state;

	free(world->catalog.names);
	free(world->seen);
	free(world);
	return 0;
}

static struct fm_usb_device *world_add(struct world *world, const char *path, unsigned vid,
				       unsigned pid)
{
	struct fm_usb_device *device = &world->devices[world->lists.device_count++];

	*device = unit_device(path, vid, pid);
	return device;
}

static void world_add_port(struct world *world, const char *path, const char *by_path, int vid)
{
	struct fm_serial_port *port = &world->ports[world->lists.port_count++];

	*port = (struct fm_serial_port){ .vid = vid, .pid = vid < 0 ? -1 : 1 };
	fm_text_copy(port->path, sizeof(port->path), path);
	fm_text_copy(port->by_path, sizeof(port->by_path), by_path);
}

static void world_look(struct world *world)
{
	struct fm_error err;

	free(world->seen);
	assert_success(
		fm_seen_collect(&world->catalog, &world->lists, &world->seen, &world->count, &err));
}

static bool world_select(struct world *world, const char *device, const char *model,
			 struct fm_seen *ret, char ret_model[48], struct fm_error *err)
{
	const struct fm_selector selector = { device, model };

	return fm_scan_select(&world->catalog, world->seen, world->count, &selector, ret, ret_model,
			      err);
}

static void test_a_device_with_a_port_is_one_row(void **state)
{
	struct world *world = *state;
	struct fm_usb_device *device = world_add(world, "1-1.4", 0x1209, 1);

	unit_tty(device, "/dev/null");
	unit_tty(device, "/dev/zero");
	fm_text_copy(device->serial, sizeof(device->serial), "GX-7");
	world_add_port(world, "/dev/null", "usb 1-1.4:1.0", 0x1209);
	world_add_port(world, "/dev/zero", "usb 1-1.4:1.1", 0x1209);
	world_look(world);
	assert_int_equal(world->count, 1);
	assert_string_equal(world->seen->path, "/dev/null");
	assert_string_equal(world->seen->usb_path, "1-1.4");
	assert_string_equal(world->seen->by_path, "usb 1-1.4:1.0");
	assert_string_equal(world->seen->description, "ACME Gateway");
	assert_string_equal(world->seen->serial, "GX-7");
	assert_string_equal(world->seen->version, "2.10");
	assert_int_equal(world->seen->mode, FM_MODE_APPLICATION);
	assert_true(world->seen->access && world->seen->settled && world->seen->present);
}

static void test_a_device_without_port(void **state)
{
	struct world *world = *state;

	world_add(world, "1-1.4", 0x1209, 2)->access = false;
	world_look(world);
	assert_int_equal(world->count, 1);
	assert_string_equal(world->seen->path, "usb 1-1.4");
	assert_int_equal(world->seen->mode, FM_MODE_BOOTLOADER);
	assert_string_equal(world->seen->version, "");
	assert_false(world->seen->access);
	assert_false(world->seen->settled);
}

static void test_a_disk_is_a_way_in(void **state)
{
	struct world *world = *state;
	struct fm_usb_device *device = world_add(world, "1-1", 0x1209, 2);
	struct fm_usb_interface *disk = unit_interface(device, 8, 6, 0x50);

	device->access = false;
	fm_text_copy(disk->block, sizeof(disk->block), "/dev/null");
	world_look(world);
	assert_true(world->seen->access);
}

static void test_strangers_are_left_out(void **state)
{
	struct world *world = *state;

	unit_interface(world_add(world, "1-1", 0x046d, 1), 3, 1, 1);    /* keyboard */
	unit_interface(world_add(world, "1-2", 0x0781, 2), 8, 6, 0x50); /* stick */
	unit_interface(world_add(world, "1-3", 0x047f, 3), 0xfe, 1, 1); /* headset */
	world_look(world);
	assert_int_equal(world->count, 0);
}

static void test_a_stranger_in_dfu_mode(void **state)
{
	struct world *world = *state;

	unit_interface(world_add(world, "1-1", 0x047f, 1), 0xfe, 1, 2);
	world_look(world);
	assert_int_equal(world->count, 1);
	assert_string_equal(world->seen->models[0]->id, "generic-dfu");
	/* also where no definition is there for it */
	world->entries[1].usb_count = 0;
	world_look(world);
	assert_int_equal(world->count, 1);
	assert_int_equal(world->seen->model_count, 0);
}

static void test_each_port_of_a_bare_bridge(void **state)
{
	struct world *world = *state;
	struct fm_usb_device *device = world_add(world, "1-1", 0x0403, 0x6010);
	char model[48];
	struct fm_seen one;
	struct fm_error err;

	unit_tty(device, "/dev/null");
	unit_tty(device, "/dev/zero");
	world_look(world);
	assert_int_equal(world->count, 2);
	assert_int_equal(world->seen[0].part, 0);
	assert_int_equal(world->seen[1].part, 1);
	assert_failure(world_select(world, "usb:1-1", "gateway", &one, model, &err), FM_AMBIGUOUS);
	assert_success(world_select(world, "port:/dev/zero", "gateway", &one, model, &err));
	assert_string_equal(one.usb_path, "1-1");
}

static void test_a_port_that_follows(void **state)
{
	struct world *world = *state;

	unit_tty(world_add(world, "1-1", 0x1209, 1), "");
	world_look(world);
	assert_string_equal(world->seen->path, "usb 1-1");
	assert_true(world->seen->access);
	assert_false(world->seen->settled);
}

static void test_a_port_of_no_listed_device(void **state)
{
	struct world *world = *state;

	world_add_port(world, "/dev/null", "usb 1-1.2:1.0", 0x1209);
	world_add_port(world, "/dev/zero", "", -1);
	world_look(world);
	assert_int_equal(world->count, 2);
	assert_string_equal(world->seen[0].usb_path, "1-1.2");
	assert_string_equal(world->seen[0].models[0]->id, "gateway");
	assert_string_equal(world->seen[1].usb_path, "");
	assert_int_equal(world->seen[1].vid, -1);
}

static void test_added_by_hand(void **state)
{
	struct world *world = *state;

	unit_tty(world_add(world, "1-1", 0x0403, 1), "/dev/null");
	world_add_port(world, "/dev/null", "usb 1-1:1.0", 0x0403);
	world->added[0] = (struct fm_scan_added){ "/dev/null", "gateway" };
	world->added[1] = (struct fm_scan_added){ "/dev/no-such-port", "gateway" };
	world->lists.added_count = 2;
	world_look(world);
	assert_int_equal(world->count, 2);
	assert_string_equal(world->seen[0].path, "/dev/no-such-port");
	assert_false(world->seen[0].present);
	assert_true(world->seen[1].added && world->seen[1].present && world->seen[1].access);
	assert_string_equal(world->seen[1].models[0]->id, "gateway");
}

static void test_every_way_to_name_a_unit(void **state)
{
	static const char *const good[] = { "port:usb 1-1.4", "usb:1-1.4", "1-1.4", "usb 1-1.4",
					    "serial:GX-7" };
	static const char *const bad[] = { "",     "1-",    "x1-1.4",    "1-1.4x", "serial:",
					   "usb:", "port:", "port:usb ", "1.4",    "gateway" };
	struct world *world = *state;
	struct fm_seen one;
	struct fm_error err;
	char model[48];

	fm_text_copy(world_add(world, "1-1.4", 0x1209, 2)->serial, 64, "GX-7");
	world_add(world, "1-1.40", 0x1209, 2);
	world_look(world);
	for (size_t i = 0; i < FM_COUNT(good); i++) {
		assert_success(world_select(world, good[i], NULL, &one, model, &err));
		assert_string_equal(one.usb_path, "1-1.4");
		assert_string_equal(model, "gateway");
	}
	for (size_t i = 0; i < FM_COUNT(bad); i++)
		assert_failure(world_select(world, bad[i], NULL, &one, model, &err), FM_USAGE);
	assert_failure(world_select(world, "usb:1-1", NULL, &one, model, &err), FM_NO_UNIT);
	assert_failure(world_select(world, "serial:GX-8", NULL, &one, model, &err), FM_NO_UNIT);
}

static void test_two_that_match(void **state)
{
	struct world *world = *state;
	struct fm_seen one;
	struct fm_error err;
	char model[48];

	fm_text_copy(world_add(world, "1-1", 0x1209, 2)->serial, 64, "SAME");
	fm_text_copy(world_add(world, "1-2", 0x1209, 2)->serial, 64, "SAME");
	world_look(world);
	assert_failure(world_select(world, NULL, NULL, &one, model, &err), FM_AMBIGUOUS);
	assert_non_null(strstr(err.text, "usb 1-1, usb 1-2"));
	assert_failure(world_select(world, "serial:SAME", NULL, &one, model, &err), FM_AMBIGUOUS);
	assert_non_null(strstr(err.text, "usb 1-1, usb 1-2"));
	assert_failure(world_select(world, NULL, "gateway", &one, model, &err), FM_AMBIGUOUS);
}

/* As the ROM of the RP2040: nobody is told which unit it is, nor finds it by that. */
static void test_a_serial_number_that_all_have(void **state)
{
	struct world *world = *state;
	struct fm_seen one;
	struct fm_error err;
	char model[48];

	world->gateway[1].serial_is_shared = true;
	fm_text_copy(world_add(world, "1-1", 0x1209, 2)->serial, 64, "ROM1");
	fm_text_copy(world_add(world, "1-2", 0x1209, 1)->serial, 64, "GX-7");
	world_look(world);
	assert_string_equal(world->seen[0].serial, "");
	assert_string_equal(world->seen[1].serial, "GX-7");
	assert_failure(world_select(world, "serial:ROM1", NULL, &one, model, &err), FM_NO_UNIT);
	assert_success(world_select(world, "serial:GX-7", NULL, &one, model, &err));
}

static void test_a_boot_loader_that_many_boards_share(void **state)
{
	struct world *world = *state;
	struct fm_seen one;
	struct fm_error err;
	char model[48];

	world_add(world, "1-1", 0x0483, 0xdf11);
	world_look(world);
	assert_int_equal(world->seen->model_count, FM_SEEN_MODELS);
	assert_int_equal(world->seen->model_total, MANY);
	assert_failure(world_select(world, NULL, NULL, &one, model, &err), FM_AMBIGUOUS);
	assert_non_null(strstr(err.text, "board-00"));
	assert_non_null(strstr(err.hint, "--model"));
	/* one that the row has no room for */
	assert_success(world_select(world, NULL, "board-11", &one, model, &err));
	assert_int_equal(one.mode, FM_MODE_ROM);
	assert_success(world_select(world, "1-1", "board-11", &one, model, &err));
	assert_string_equal(model, "board-11");
	assert_failure(world_select(world, "1-1", "gateway", &one, model, &err), FM_WRONG_UNIT);
	assert_failure(world_select(world, "1-1", "generic-dfu", &one, model, &err), FM_WRONG_UNIT);
}

/* By its ids it is a board; by its class it may be what the person says. */
static void test_a_model_that_fits_by_class(void **state)
{
	struct world *world = *state;
	struct fm_seen one;
	struct fm_error err;
	char model[48];

	unit_interface(world_add(world, "1-1", 0x1209, 2), 0xfe, 1, 2);
	world_look(world);
	assert_success(world_select(world, NULL, NULL, &one, model, &err));
	assert_string_equal(model, "gateway");
	assert_success(world_select(world, NULL, "generic-dfu", &one, model, &err));
	assert_string_equal(model, "generic-dfu");
	assert_success(world_select(world, "1-1", "generic-dfu", &one, model, &err));
	assert_failure(world_select(world, "1-1", "board-00", &one, model, &err), FM_WRONG_UNIT);
}

static void test_silent_ports_only_are_guessed_at(void **state)
{
	struct world *world = *state;
	struct fm_seen one;
	struct fm_error err;
	char model[48];

	world->entries[1].usb_count = 0;
	unit_interface(world_add(world, "1-1", 0x047f, 1), 0xfe, 1, 2);
	world_look(world);
	assert_failure(world_select(world, NULL, "gateway", &one, model, &err), FM_NO_UNIT);
	unit_tty(world_add(world, "1-2", 0x0403, 1), "/dev/null");
	world_look(world);
	assert_success(world_select(world, NULL, "gateway", &one, model, &err));
	assert_string_equal(one.path, "/dev/null");
	assert_failure(world_select(world, "/dev/null", NULL, &one, model, &err), FM_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
		WORLD_TEST(test_a_device_with_a_port_is_one_row),
		WORLD_TEST(test_a_device_without_port),
		WORLD_TEST(test_a_disk_is_a_way_in),
		WORLD_TEST(test_strangers_are_left_out),
		WORLD_TEST(test_a_stranger_in_dfu_mode),
		WORLD_TEST(test_each_port_of_a_bare_bridge),
		WORLD_TEST(test_a_port_that_follows),
		WORLD_TEST(test_a_port_of_no_listed_device),
		WORLD_TEST(test_added_by_hand),
		WORLD_TEST(test_every_way_to_name_a_unit),
		WORLD_TEST(test_two_that_match),
		WORLD_TEST(test_a_serial_number_that_all_have),
		WORLD_TEST(test_a_boot_loader_that_many_boards_share),
		WORLD_TEST(test_a_model_that_fits_by_class),
		WORLD_TEST(test_silent_ports_only_are_guessed_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
