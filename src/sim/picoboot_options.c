#include "sim/picoboot.h"

#include "base/scope.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum option_kind { FLAG, NUMBER, CHIP, FAULT };

struct option {
	struct fm_sim_picoboot_option_info info;
	enum option_kind kind;
	size_t at;         /* in the options; FAULT: which one */
	unsigned long max; /* NUMBER */
};

#define AT(member) offsetof(struct fm_sim_picoboot_options, member)

static const struct option options[] = {
	{ { "chip", "rp2040|rp2350", "which of the two it is" }, CHIP, 0, 0 },
	{ { "flash", "N", "bytes of its flash, a power of two" }, NUMBER, AT(flash_len), 16 << 20 },
	{ { "serial", "N", "part of its unique id" }, NUMBER, AT(serial), 0xffff },
	{ { "slow", "N", "erases and programs N times slower" }, NUMBER, AT(slow), 100 },
	{ { "fast", NULL, "erases and programs in no time" }, FLAG, AT(fast), 0 },
	{ { "closed", NULL, "RP2350: its flash may not be read" }, FLAG, AT(closed), 0 },
	{ { "application", NULL, "BOOTSEL is not held: it runs what is in its flash" },
	  FLAG,
	  AT(application),
	  0 },
	{ { "app-pid", "N", "product id of its application" }, NUMBER, AT(app_pid), 0xffff },
	{ { "unplug", "N", "leaves the bus at the Nth bulk transfer" },
	  FAULT,
	  FM_SIM_PICOBOOT_UNPLUG,
	  0 },
	{ { "unplug-byte", "N", "at the Nth byte programmed" },
	  FAULT,
	  FM_SIM_PICOBOOT_UNPLUG_BYTE,
	  0 },
	{ { "stall", "N", "refuses the Nth bulk transfer" }, FAULT, FM_SIM_PICOBOOT_STALL, 0 },
	{ { "lose", "N", "loses the Nth bulk transfer" }, FAULT, FM_SIM_PICOBOOT_LOSE, 0 },
	{ { "late", "N", "NAKs for 4 s at the Nth bulk transfer" },
	  FAULT,
	  FM_SIM_PICOBOOT_LATE,
	  0 },
	{ { "weak", "N", "sector N does not keep what is written" },
	  FAULT,
	  FM_SIM_PICOBOOT_WEAK,
	  0 },
	{ { "stuck", "N", "sector N is not erased" }, FAULT, FM_SIM_PICOBOOT_STUCK, 0 },
	{ { "stay", "N", "the Nth restart never happens" }, FAULT, FM_SIM_PICOBOOT_STAY, 0 },
	{ { "wrong-id", "N", "comes back with product id N" }, FAULT, FM_SIM_PICOBOOT_WRONG_ID, 0 },
};

const struct fm_sim_picoboot_option_info *fm_sim_picoboot_option_list(void)
{
	static struct fm_sim_picoboot_option_info list[FM_COUNT(options) + 1];

	for (size_t i = 0; i < FM_COUNT(options); i++)
		list[i] = options[i].info;
	return list;
}

static bool options_number(const struct option *option, const char *value, unsigned long max,
			   unsigned long *ret, struct fm_error *err)
{
	char *end;

	errno = 0;
	*ret = strtoul(value, &end, 0);
	if (errno || end == value || *end || *value == '-' || *ret > max)
		return fm_fail(err, FM_USAGE, "%s: '%s' is no number that it takes",
			       option->info.name, value);
	return true;
}

static bool options_set(struct fm_sim_picoboot_options *o, const struct option *option,
			const char *value, struct fm_error *err)
{
	void *at = (char *)o + option->at;
	unsigned long number = 0;

	switch (option->kind) {
	case FLAG:
		*(bool *)at = true;
		return true;
	case NUMBER:
		if (!options_number(option, value, option->max, &number, err))
			return false;
		*(uint32_t *)at = (uint32_t)number;
		return true;
	case CHIP:
		o->chip = strcmp(value, "rp2350") == 0 ? FM_SIM_RP2350 : FM_SIM_RP2040;
		return o->chip == FM_SIM_RP2350 || strcmp(value, "rp2040") == 0 ||
		       fm_fail(err, FM_USAGE, "%s: '%s' is none of %s", option->info.name, value,
			       option->info.value);
	case FAULT:
		if (!options_number(option, value, UINT32_MAX, &number, err))
			return false;
		o->has_fault[option->at] = true;
		o->fault[option->at] = number;
		return true;
	}
	return false;
}

bool fm_sim_picoboot_option(struct fm_sim_picoboot_options *o, const char *name, const char *value,
			    struct fm_error *err)
{
	for (size_t i = 0; i < FM_COUNT(options); i++) {
		if (strcmp(options[i].info.name, name) != 0)
			continue;
		if (!options[i].info.value != !value)
			return fm_fail(err, FM_USAGE,
				       value ? "%s takes no value" : "%s needs a value", name);
		return options_set(o, &options[i], value, err);
	}
	return fm_fail(err, FM_USAGE, "a simulated RP2040 or RP2350 has no option '%s'", name);
}
