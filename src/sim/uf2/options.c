#include "sim/uf2/uf2.h"

#include "base/scope.h"
#include "base/text.h"

#include <string.h>

#define OPTION_FLAG(name, member, help) FM_SIM_FLAG(fm_sim_uf2_options, name, member, help)
#define OPTION_NUMBER(name, member, max, help)                                                     \
	FM_SIM_NUMBER(fm_sim_uf2_options, name, member, max, help)
#define OPTION_TEXT(name, member, help) FM_SIM_TEXT(fm_sim_uf2_options, name, member, help)
#define OPTION_FAULT(name, fault, help) FM_SIM_FAULT(fm_sim_uf2_options, name, fault, help)

static const struct fm_sim_option options[] = {
	FM_SIM_CHOICE(fm_sim_uf2_options, "manners", manners, "board|rp2040",
		      "whose boot loader; give it before other options"),
	OPTION_NUMBER("vid", vid, 0xffff, "of its boot loader"),
	OPTION_NUMBER("pid", pid, 0xffff, "of its boot loader"),
	OPTION_NUMBER("app-vid", app_vid, 0xffff, "of its application"),
	OPTION_NUMBER("app-pid", app_pid, 0xffff, "of its application"),
	OPTION_NUMBER("app-release", app_release, 0xffff, "bcdDevice of its application"),
	OPTION_TEXT("serial", serial, "serial number"),
	OPTION_NUMBER("family", family, UINT32_MAX, "the UF2 family that it takes"),
	OPTION_NUMBER("flash-base", flash_base, UINT32_MAX, "where its flash begins"),
	OPTION_NUMBER("flash-size", flash_len, 16 << 20, "bytes of its flash"),
	OPTION_NUMBER("loader-size", loader_len, 16 << 20, "of them its boot loader's own"),
	OPTION_TEXT("label", label, "of its drive"),
	OPTION_TEXT("version", version, "first line of INFO_UF2.TXT"),
	OPTION_TEXT("model", model, "its line Model:"),
	OPTION_TEXT("board", board, "its line Board-ID:"),
	OPTION_FLAG("no-info", no_info, "no INFO_UF2.TXT"),
	OPTION_FLAG("no-text", no_text, "nothing in it"),
	OPTION_FLAG("fat12", fat12, "a drive of 2 MB"),
	OPTION_FLAG("current", current, "it shows its flash as CURRENT.UF2"),
	OPTION_FLAG("read-only", read_only, "its drive is write protected"),
	OPTION_NUMBER("restart-ms", restart_ms, 60000, "from the last block to its restart"),
	OPTION_NUMBER("absent-ms", absent_ms, 60000, "off the bus before its application"),
	OPTION_FLAG("stay", stay, "it takes all blocks and never restarts"),
	OPTION_FAULT("unplug", FM_SIM_UF2_UNPLUG, "the cable is pulled at block N, once"),
	OPTION_FAULT("write-error", FM_SIM_UF2_WRITE_ERROR, "block N is never taken"),
};

/* Names and figures of section 2 and 3, and of a SAMD21 with uf2-samdx1. */
static void options_set_manners(struct fm_sim_uf2_options *o, uint32_t manners)
{
	bool rp2040 = manners == FM_SIM_UF2_RP2040;

	o->manners = manners;
	o->vid = rp2040 ? 0x2e8a : 0x1209; /* pid.codes: for tests */
	o->pid = 0x0003;
	o->app_vid = o->vid;
	o->app_pid = rp2040 ? 0x000a : 0x0004;
	o->family = rp2040 ? 0xe48bff56 : 0x68ed2b88;
	o->flash_base = rp2040 ? 0x10000000 : 0;
	o->flash_len = rp2040 ? 2 << 20 : 256 << 10;
	o->loader_len = rp2040 ? 0 : 8 << 10;
	o->restart_ms = rp2040 ? 1000 : 0;
	fm_text_copy(o->label, sizeof(o->label), rp2040 ? "RPI-RP2" : "SIMBOOT");
	fm_text_copy(o->serial, sizeof(o->serial), rp2040 ? "E0C9125B0D9B" : "UF0001");
	fm_text_copy(o->version, sizeof(o->version), "UF2 Bootloader v3.0");
	fm_text_copy(o->model, sizeof(o->model), rp2040 ? "Raspberry Pi RP2" : "Simulated board");
	fm_text_copy(o->board, sizeof(o->board), rp2040 ? "RPI-RP2" : "SAMD21G18A-Sim-v0");
}

void fm_sim_uf2_defaults(struct fm_sim_uf2_options *o)
{
	memset(o, 0, sizeof(*o));
	o->app_release = 0x0100;
	o->absent_ms = 300;
	options_set_manners(o, FM_SIM_UF2_BOARD);
}

const struct fm_sim_option_info *fm_sim_uf2_option_at(size_t index)
{
	return index < FM_COUNT(options) ? &options[index].info : NULL;
}

bool fm_sim_uf2_option(struct fm_sim_uf2_options *o, const char *name, const char *value,
		       struct fm_error *err)
{
	const struct fm_sim_option *set;

	if (!fm_sim_option_set(options, FM_COUNT(options), "a simulated UF2 unit", o, name, value,
			       &set, err))
		return false;
	if (set->at == offsetof(struct fm_sim_uf2_options, manners))
		options_set_manners(o, o->manners);
	return true;
}
