#include "sim/dfu.h"

#include "base/scope.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum option_kind { FLAG, NUMBER, TEXT, CHOICE, NAME, FAULT };

struct option {
	struct fm_sim_dfu_option_info info;
	enum option_kind kind;
	size_t at;  /* in the options; NAME, FAULT: which one */
	size_t max; /* NUMBER: the most; TEXT: size */
};

#define AT(member) offsetof(struct fm_sim_dfu_options, member)
#define OPTION_FLAG(name, member, help)                                                            \
	{                                                                                          \
		{ name, NULL, help }, FLAG, AT(member), 0                                          \
	}
#define OPTION_NUMBER(name, member, max, help)                                                     \
	{                                                                                          \
		{ name, "N", help }, NUMBER, AT(member), max                                       \
	}
#define OPTION_TEXT(name, member, help)                                                            \
	{                                                                                          \
		{ name, "TEXT", help }, TEXT, AT(member),                                          \
			sizeof(((struct fm_sim_dfu_options *)NULL)->member)                        \
	}
#define OPTION_CHOICE(name, member, words, help)                                                   \
	{                                                                                          \
		{ name, words, help }, CHOICE, AT(member), 0                                       \
	}
#define OPTION_NAME(name, n, help)                                                                 \
	{                                                                                          \
		{ name, "TEXT", help }, NAME, n, FM_SIM_DFU_NAME_MOST                              \
	}
#define OPTION_FAULT(name, fault, help)                                                            \
	{                                                                                          \
		{ name, "N", help }, FAULT, fault, ULONG_MAX                                       \
	}

static const struct option options[] = {
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
	OPTION_NAME("alt0", 0, "name of the first memory; with '@' a layout string"),
	OPTION_NAME("alt1", 1, "of the second"),
	OPTION_NAME("alt2", 2, "of the third"),
	OPTION_NAME("alt3", 3, "of the fourth"),
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

const struct fm_sim_dfu_option_info *fm_sim_dfu_option_at(size_t index)
{
	return index < FM_COUNT(options) ? &options[index].info : NULL;
}

static bool options_number(const struct option *option, const char *value, unsigned long *ret,
			   struct fm_error *err)
{
	char *end;

	errno = 0;
	*ret = strtoul(value, &end, 0);
	if (errno || end == value || *end || *value == '-' || *ret > option->max)
		return fm_fail(err, FM_USAGE, "%s: '%s' is no number that it takes",
			       option->info.name, value);
	return true;
}

static bool options_choice(const struct option *option, const char *value, uint32_t *ret,
			   struct fm_error *err)
{
	const char *word = option->info.value;
	size_t len = strlen(value);

	for (uint32_t i = 0;; i++) {
		size_t word_len = strcspn(word, "|");

		if (word_len == len && strncmp(word, value, len) == 0) {
			*ret = i;
			return true;
		}
		if (!word[word_len])
			return fm_fail(err, FM_USAGE, "%s: '%s' is none of %s", option->info.name,
				       value, option->info.value);
		word += word_len + 1;
	}
}

static bool options_text(const struct option *option, char *ret, const char *value,
			 struct fm_error *err)
{
	if (strlen(value) >= option->max)
		return fm_fail(err, FM_USAGE, "%s: longer than %zu characters", option->info.name,
			       option->max - 1);
	fm_text_copy(ret, option->max, value);
	return true;
}

static bool options_set(struct fm_sim_dfu_options *o, const struct option *option,
			const char *value, struct fm_error *err)
{
	void *at = (char *)o + option->at;
	unsigned long number = 0;
	uint32_t choice = 0;

	switch (option->kind) {
	case FLAG:
		*(bool *)at = true;
		return true;
	case NUMBER:
		if (!options_number(option, value, &number, err))
			return false;
		*(uint32_t *)at = (uint32_t)number;
		return true;
	case TEXT:
		return options_text(option, at, value, err);
	case NAME:
		return options_text(option, o->names[option->at], value, err);
	case CHOICE:
		if (!options_choice(option, value, &choice, err))
			return false;
		*(uint32_t *)at = choice;
		if (option->at == AT(chip))
			options_set_chip(o, choice);
		return true;
	case FAULT:
		if (!options_number(option, value, &o->fault[option->at], err))
			return false;
		o->has_fault[option->at] = true;
		return true;
	}
	return false;
}

bool fm_sim_dfu_option(struct fm_sim_dfu_options *o, const char *name, const char *value,
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
	return fm_fail(err, FM_USAGE, "a simulated DFU unit has no option '%s'", name);
}
