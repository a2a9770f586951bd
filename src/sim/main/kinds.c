#include "sim/main/kinds.h"

#include "base/scope.h"

#include <string.h>

#define ROW_LEN 256 /* SAMD21: what its NVM controller erases at once */

static void kind_number(unsigned number, char *ret_serial, size_t size)
{
	if (number)
		snprintf(ret_serial, size, "SIM%04u", number);
}

/* --- dfu, dfuse --- */

static void kind_dfu_defaults(struct fm_sim_made *ret)
{
	fm_sim_dfu_defaults(&ret->dfu);
}

static void kind_dfuse_defaults(struct fm_sim_made *ret)
{
	struct fm_error err;

	fm_sim_dfu_defaults(&ret->dfu);
	/* a chip that there is */
	(void)!fm_sim_dfu_option(&ret->dfu, "chip", "f4", &err);
}

static bool kind_dfu_option(struct fm_sim_made *made, const char *name, const char *value,
			    struct fm_error *err)
{
	return fm_sim_dfu_option(&made->dfu, name, value, err);
}

static bool kind_dfu_make(const struct fm_sim_made *made, unsigned number,
			  struct fm_sim_usb **ret_unit, struct fm_error *err)
{
	struct fm_sim_dfu_options options = made->dfu;

	kind_number(number, options.serial, sizeof(options.serial));
	return fm_sim_dfu_new(&options, ret_unit, err);
}

static void kind_dfu_log(const struct fm_sim_usb *unit, FILE *file)
{
	const struct fm_sim_dfu_seen *seen = fm_sim_dfu_seen(unit);

	fprintf(file,
		"log downloads=%lu downloaded=%llu first_download_ns=%lld last_download_ns=%lld\n"
		"log uploads=%lu uploaded=%llu first_upload_ns=%lld last_upload_ns=%lld\n"
		"log transfers=%lu statuses=%lu early=%lu disorder=%lu erases=%lu "
		"mass_erases=%lu detach_ns=%lld\n",
		seen->downloads, (unsigned long long)seen->downloaded,
		(long long)seen->first_download_ns, (long long)seen->last_download_ns,
		seen->uploads, (unsigned long long)seen->uploaded, (long long)seen->first_upload_ns,
		(long long)seen->last_upload_ns, seen->transfers, seen->statuses, seen->early,
		seen->disorder, seen->erases, seen->mass_erases, (long long)seen->detach_ns);
}

/* --- picoboot --- */

static bool kind_picoboot_option(struct fm_sim_made *made, const char *name, const char *value,
				 struct fm_error *err)
{
	return fm_sim_picoboot_option(&made->picoboot, name, value, err);
}

static bool kind_picoboot_make(const struct fm_sim_made *made, unsigned number,
			       struct fm_sim_usb **ret_unit, struct fm_error *err)
{
	struct fm_sim_picoboot_options options = made->picoboot;

	if (number)
		options.serial = number;
	return fm_sim_picoboot_new(&options, ret_unit, err);
}

static void kind_picoboot_flash(struct fm_sim_usb *unit, uint8_t **ret_data, size_t *ret_len)
{
	*ret_data = fm_sim_picoboot_flash(unit, ret_len);
}

/* --- touch --- */

static void kind_touch_defaults(struct fm_sim_made *ret)
{
	fm_sim_touch_defaults(&ret->touch);
}

static bool kind_touch_option(struct fm_sim_made *made, const char *name, const char *value,
			      struct fm_error *err)
{
	return fm_sim_touch_option(&made->touch, name, value, err);
}

static bool kind_touch_make(const struct fm_sim_made *made, unsigned number,
			    struct fm_sim_usb **ret_unit, struct fm_error *err)
{
	struct fm_sim_touch_options options = made->touch;

	kind_number(number, options.serial, sizeof(options.serial));
	return fm_sim_touch_new(&options, ret_unit, err);
}

/* --- uf2 --- */

static void kind_uf2_defaults(struct fm_sim_made *ret)
{
	fm_sim_uf2_defaults(&ret->uf2);
}

static bool kind_uf2_option(struct fm_sim_made *made, const char *name, const char *value,
			    struct fm_error *err)
{
	return fm_sim_uf2_option(&made->uf2, name, value, err);
}

static bool kind_uf2_make(const struct fm_sim_made *made, unsigned number,
			  struct fm_sim_usb **ret_unit, struct fm_error *err)
{
	struct fm_sim_uf2_options options = made->uf2;

	kind_number(number, options.serial, sizeof(options.serial));
	return fm_sim_uf2_new(&options, ret_unit, err);
}

static void kind_uf2_log(const struct fm_sim_usb *unit, FILE *file)
{
	const struct fm_sim_uf2_seen *seen = fm_sim_uf2_seen(unit);

	fprintf(file, "log sectors=%lu blocks=%lu repeated=%lu foreign=%lu restarts=%lu\n",
		seen->sectors, seen->blocks, seen->repeated, seen->foreign, seen->restarts);
}

/* --- all --- */

static const struct fm_sim_kind kinds[] = {
	{ .name = "dfu",
	  .title = "a unit with USB DFU 1.1",
	  .defaults = kind_dfu_defaults,
	  .option = kind_dfu_option,
	  .option_at = fm_sim_dfu_option_at,
	  .make = kind_dfu_make,
	  .runs = fm_sim_dfu_runs,
	  .flash = fm_sim_dfu_flash,
	  .log = kind_dfu_log },
	{ .name = "dfuse",
	  .title = "an STM32 in its boot loader",
	  .defaults = kind_dfuse_defaults,
	  .option = kind_dfu_option,
	  .option_at = fm_sim_dfu_option_at,
	  .make = kind_dfu_make,
	  .runs = fm_sim_dfu_runs,
	  .flash = fm_sim_dfu_flash,
	  .log = kind_dfu_log },
	{ .name = "picoboot",
	  .title = "an RP2040 or RP2350",
	  .option = kind_picoboot_option,
	  .option_at = fm_sim_picoboot_option_at,
	  .make = kind_picoboot_make,
	  .runs = fm_sim_picoboot_runs,
	  .flash = kind_picoboot_flash },
	{ .name = "touch",
	  .title = "an application with a serial port",
	  .is_application = true,
	  .defaults = kind_touch_defaults,
	  .option = kind_touch_option,
	  .option_at = fm_sim_touch_option_at,
	  .make = kind_touch_make,
	  .runs = fm_sim_touch_left },
	{ .name = "uf2",
	  .title = "a board with a UF2 boot loader",
	  .defaults = kind_uf2_defaults,
	  .option = kind_uf2_option,
	  .option_at = fm_sim_uf2_option_at,
	  .make = kind_uf2_make,
	  .runs = fm_sim_uf2_runs,
	  .flash = fm_sim_uf2_flash,
	  .log = kind_uf2_log },
};

const struct fm_sim_kind *fm_sim_kind_find(const char *name)
{
	for (size_t i = 0; i < FM_COUNT(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

void fm_sim_kind_help(const struct fm_sim_kind *kind, FILE *file)
{
	const struct fm_sim_option_info *info;
	char text[48];

	for (size_t i = 0; (info = kind->option_at(i)); i++) {
		snprintf(text, sizeof(text), "--%s%s%s", info->name, info->value ? "=" : "",
			 info->value ? info->value : "");
		fprintf(file, "  %-24s %s\n", text, info->help);
	}
}

void fm_sim_made_begin(struct fm_sim_made *ret, const struct fm_sim_kind *kind)
{
	memset(ret, 0, sizeof(*ret));
	ret->kind = kind;
	if (kind->defaults)
		kind->defaults(ret);
}

void fm_sim_made_behind(struct fm_sim_made *made)
{
	if (made->kind->flash == fm_sim_dfu_flash) {
		made->dfu.runtime = false;
		made->dfu.silent = true;
	}
}

const struct fm_sim_made *fm_sim_made_program(struct fm_sim_made *made, uint8_t *flash)
{
	if (made->kind->is_application && made->touch.kind == FM_SIM_TOUCH_SAMD) {
		made->touch.program = flash;
		made->touch.row_len = ROW_LEN;
	}
	return made;
}
