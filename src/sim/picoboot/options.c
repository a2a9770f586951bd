#include "sim/picoboot/picoboot.h"

#include "base/scope.h"

#define OPTION_FLAG(name, member, help) FM_SIM_FLAG(fm_sim_picoboot_options, name, member, help)
#define OPTION_NUMBER(name, member, max, help)                                                     \
	FM_SIM_NUMBER(fm_sim_picoboot_options, name, member, max, help)
#define OPTION_FAULT(name, fault, help)                                                            \
	FM_SIM_FAULT(fm_sim_picoboot_options, name, FM_SIM_PICOBOOT_##fault, help)

static const struct fm_sim_option options[] = {
	FM_SIM_CHOICE(fm_sim_picoboot_options, "chip", chip, "rp2040|rp2350",
		      "which of the two it is"),
	OPTION_NUMBER("flash-size", flash_len, 16 << 20, "bytes of its flash, a power of two"),
	OPTION_NUMBER("serial", serial, 0xffff, "part of its unique id"),
	OPTION_NUMBER("slow", slow, 100, "erases and programs N times slower"),
	OPTION_FLAG("fast", fast, "erases and programs in no time"),
	OPTION_FLAG("closed", closed, "RP2350: its flash may not be read"),
	OPTION_FLAG("application", application,
		    "BOOTSEL is not held: it runs what is in its flash"),
	OPTION_NUMBER("app-pid", app_pid, 0xffff, "product id of its application"),
	OPTION_FAULT("unplug", UNPLUG, "leaves the bus at the Nth bulk transfer"),
	OPTION_FAULT("unplug-byte", UNPLUG_BYTE, "at the Nth byte programmed"),
	OPTION_FAULT("stall", STALL, "refuses the Nth bulk transfer"),
	OPTION_FAULT("lose", LOSE, "loses the Nth bulk transfer"),
	OPTION_FAULT("late", LATE, "NAKs for 4 s at the Nth bulk transfer"),
	OPTION_FAULT("weak", WEAK, "sector N does not keep what is written"),
	OPTION_FAULT("stuck", STUCK, "sector N is not erased"),
	OPTION_FAULT("stay", STAY, "the Nth restart never happens"),
	OPTION_FAULT("wrong-id", WRONG_ID, "comes back with product id N"),
};

const struct fm_sim_option_info *fm_sim_picoboot_option_at(size_t index)
{
	return index < FM_COUNT(options) ? &options[index].info : NULL;
}

bool fm_sim_picoboot_option(struct fm_sim_picoboot_options *o, const char *name, const char *value,
			    struct fm_error *err)
{
	const struct fm_sim_option *set;

	return fm_sim_option_set(options, FM_COUNT(options), "a simulated RP2040 or RP2350", o,
				 name, value, &set, err);
}
