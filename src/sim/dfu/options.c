#include "sim/dfu/dfu.h"

#include "base/scope.h"
#include "base/text.h"

#include <string.h>

#define OPTION_FLAG(name, member, help) FM_SIM_FLAG(fm_sim_dfu_options, name, member, help)
#define OPTION_NUMBER(name, member, max, help)                                                     \
	FM_SIM_NUMBER(fm_sim_dfu_options, name, member, max, help)
#define OPTION_TEXT(name, member, help) FM_SIM_TEXT(fm_sim_dfu_options, name, member, help)
#define OPTION_CHOICE(name, member, words, help)                                                   \
	FM_SIM_CHOICE(fm_sim_dfu_options, name, member, words, help)
#define OPTION_FAULT(name, fault, help) FM_SIM_FAULT(fm_sim_dfu_options, name, fault, help)

static const struct fm_sim_option options[] = {
	OPTION_CHOICE("chip", chip, "plain|f1|f4|h7",
		      "DfuSe as this chip's ROM has it; give it before other options"),
	OPTION_CHOICE("manners", manners, "spec|uboot|st|opencm3|rom", "whose code it runs"),
	OPTION_NUMBER("vid", vid, 0xffff, "in DFU mode"),
	OPTION_NUMBER("pid", pid, 0xffff, "in DFU mode"),
	OPTION_NUMBER("app-vid", app_vid, 0xffff, "in run-time mode"),
	OPTION_NUMBER("app-pid", app_pid, 0xffff, "in run-time mode"),
	OPTION_NUMBER("release", release, 0xffff, "bcdDevice"),
	OPTION_NUMBER("version-at", version_at, UINT32_MAX - 2,
		      "where in the image 2 bytes are the application's bcdDevice"),
	OPTION_TEXT("serial", serial, "serial number"),
	OPTION_TEXT("alt0", names[0], "name of the first memory; with '@' a layout string"),
	OPTION_TEXT("alt1", names[1], "of the second"),
	OPTION_TEXT("alt2", names[2], "of the third"),
	OPTION_TEXT("alt3", names[3], "of the fourth"),
	OPTION_NUMBER("size", size, 64 << 20, "of memories whose name is no layout string"),
	OPTION_FLAG("high-speed", high_speed, "480 Mbit/s"),
	OPTION_FLAG("runtime", runtime, "it begins in run-time mode"),
	OPTION_FLAG("same-id", same_id, "both modes have the same VID:PID"),
	OPTION_FLAG("silent", silent, "its application is not on the bus"),
	OPTION_NUMBER("transfer-size", transfer_size, 0xffff, "wTransferSize"),
	OPTION_NUMBER("dfu-version", dfu_version, 0xffff, "bcdDFUVersion"),
	OPTION_NUMBER("protocol", protocol, 0xff, "bInterfaceProtocol in DFU mode"),
	OPTION_NUMBER("detach-timeout", detach_timeout, 0xffff, "wDetachTimeOut, ms"),
	OPTION_FLAG("short-functional", short_functional, "functional descriptor of 7 bytes"),
	OPTION_FLAG("no-functional", no_functional, "no functional descriptor"),
	OPTION_FLAG("no-download", no_download, "bitCanDnload is 0"),
	OPTION_FLAG("no-upload", no_upload, "bitCanUpload is 0"),
	OPTION_FLAG("intolerant", intolerant, "not manifestation tolerant"),
	OPTION_FLAG("cut-strings", cut_strings, "names end before their length says"),
	OPTION_FLAG("raw-serial", raw_serial, "the serial number is 8-bit text"),
	OPTION_CHOICE("arrive", arrival, "idle|error|download|upload",
		      "state in which an earlier host left it"),
	OPTION_CHOICE("vanish", vanish, "no|detach|end|manifest",
		      "where it leaves the bus at once"),
	OPTION_NUMBER("block-us", block_us, UINT32_MAX, "plain DFU: what a block takes"),
	OPTION_NUMBER("manifest-ms", manifest_ms, UINT32_MAX, "what the manifestation takes"),
	OPTION_NUMBER("poll", poll, 0xffffff, "bwPollTimeout of blocks, true or not"),
	OPTION_NUMBER("absent-ms", absent_ms, UINT32_MAX, "off the bus between its modes"),
	OPTION_TEXT("magic", magic, "what must be in the image"),
	OPTION_NUMBER("bad-status", bad_status, 0x0f, "bStatus where it is not"),
	OPTION_FLAG("needs-reset", needs_reset, "bitWillDetach is 0"),
	OPTION_FLAG("needs-force", needs_force, "DETACH wants bit 8 of wIndex"),
	OPTION_FLAG("status-stall", status_stall, "no GETSTATUS in run-time mode"),
	OPTION_FLAG("never-back", never_back, "stays away after DETACH"),
	OPTION_FLAG("wrong-id", wrong_id, "another VID:PID after DETACH"),
	OPTION_NUMBER("address-poll", address_poll, 0xffffff, "bwPollTimeout of Set Address"),
	OPTION_NUMBER("protect-from", protect_from, UINT32_MAX, "first write-protected page"),
	OPTION_NUMBER("protect-to", protect_to, UINT32_MAX, "the one behind the last"),
	OPTION_FLAG("mass-lie", mass_lie, "says 100 ms for a mass erase"),
	OPTION_FLAG("busy-stall", busy_stall, "STALL while busy"),
	OPTION_FLAG("locked", locked, "read protected"),
	OPTION_FLAG("by-length", by_length, "block numbers count in the request's length"),
	OPTION_FAULT("unplug", FM_SIM_DFU_UNPLUG, "leaves the bus at the Nth transfer"),
	OPTION_FAULT("unplug-byte", FM_SIM_DFU_UNPLUG_BYTE, "at the Nth byte downloaded"),
	OPTION_FAULT("cut-erase", FM_SIM_DFU_CUT_ERASE, "power fails within the Nth erase"),
	OPTION_FAULT("stall", FM_SIM_DFU_REFUSE, "refuses the Nth transfer"),
	OPTION_FAULT("lose", FM_SIM_DFU_LOSE, "does not answer the Nth transfer"),
	OPTION_FAULT("weak", FM_SIM_DFU_WEAK, "page N does not keep what is written"),
};

/* Sheet for DfuSe, section 4.1. */
static const char *const chip_names[][FM_SIM_DFU_ALTERNATES] = {
	[FM_SIM_DFU_PLAIN] = { "firmware" },
	[FM_SIM_DFU_F1] = { "@Internal Flash  /0x08000000/128*002Kg",
			    "@Option Bytes  /0x1FFFF800/01*016 g" },
	[FM_SIM_DFU_F4] = { "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg",
			    "@Option Bytes  /0x1FFFC000/01*016 e",
			    "@OTP Memory /0x1FFF7800/01*512 e,01*016 e",
			    "@Device Feature/0xFFFF0000/01*004 e" },
	[FM_SIM_DFU_H7] = { "@Internal Flash   /0x08000000/16*128Kg",
			    "@Option Bytes   /0x5200201C/01*297 e" },
};

static void options_set_chip(struct fm_sim_dfu_options *o, uint32_t chip)
{
	memset(o->names, 0, sizeof(o->names));
	for (unsigned i = 0; i < FM_SIM_DFU_ALTERNATES && chip_names[chip][i]; i++)
		fm_text_copy(o->names[i], sizeof(o->names[i]), chip_names[chip][i]);
	o->chip = chip;
	if (chip == FM_SIM_DFU_PLAIN)
		return;
	/* Sections 1 and 4.1: what the logs of ROMs show. */
	o->vid = 0x0483;
	o->pid = 0xdf11;
	o->release = 0x2200;
	o->manners = FM_SIM_DFU_ROM;
	o->transfer_size = 2048;
	o->dfu_version = 0x011a;
	o->detach_timeout = 255;
	o->intolerant = true;
}

void fm_sim_dfu_defaults(struct fm_sim_dfu_options *o)
{
	memset(o, 0, sizeof(*o));
	o->vid = o->app_vid = 0x1209; /* pid.codes: 0001 and 0002 are for tests */
	o->pid = 0x0002;
	o->app_pid = 0x0001;
	o->release = 0x0100;
	o->version_at = FM_SIM_DFU_NOT_SAID;
	o->size = 256 << 10;
	o->transfer_size = 1024;
	o->dfu_version = 0x0110;
	o->protocol = 2;
	o->detach_timeout = 1000;
	o->block_us = 4000;
	o->manifest_ms = 50;
	o->poll = FM_SIM_DFU_NOT_SAID;
	o->absent_ms = 300;
	o->bad_status = 2; /* errFILE */
	fm_text_copy(o->serial, sizeof(o->serial), "FM0001");
	options_set_chip(o, FM_SIM_DFU_PLAIN);
}

const struct fm_sim_option_info *fm_sim_dfu_option_at(size_t index)
{
	return index < FM_COUNT(options) ? &options[index].info : NULL;
}

bool fm_sim_dfu_option(struct fm_sim_dfu_options *o, const char *name, const char *value,
		       struct fm_error *err)
{
	const struct fm_sim_option *set;

	if (!fm_sim_option_set(options, FM_COUNT(options), "a simulated DFU unit", o, name, value,
			       &set, err))
		return false;
	if (set->at == offsetof(struct fm_sim_dfu_options, chip))
		options_set_chip(o, o->chip);
	return true;
}
