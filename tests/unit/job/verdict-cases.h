/* The cases of test-verdict-table.c: a pure table. */
#ifndef FM_TESTS_VERDICT_CASES_H
#define FM_TESTS_VERDICT_CASES_H

#include "paper-rig.h"

#define BASE FLASH_BASE

/* What is not named here is as in the pair that fits. NULL and 0: as it is there; "" = not known.
 */
struct table_case {
	const char *rule;
	enum fm_verdict verdict;
	enum fm_code code;
	/* the definition */
	bool identify_only;
	const char *unknown;
	enum fm_signing asks;
	bool downgrade_allowed;
	struct fm_package_name names[2];
	uint32_t takes[2];
	enum fm_wire wire;
	struct fm_usb_match mode; /* another mode of the unit, its vid 0 = none */
	/* the unit */
	const char *chip, *protection, *revision, *region, *running, *loader;
	bool locked, detached; /* detached: nothing is known of it on USB */
	int vid, pid, release; /* release -1 = 0 */
	/* the file */
	const char *format, *file_chip, *file_version;
	bool told; /* the definition knows where an image has what the unit will say */
	struct fm_range at[2];
	uint32_t stack, start, families[2];
	struct fm_image_target usb;
	struct fm_signature signature;
	enum fm_sums_state sums;
	/* the package */
	bool bare;
	const char *guids[2], *version;
	enum fm_version_format versions;
	bool plain; /* no version is newer than another */
	struct {
		enum fm_requirement_kind kind;
		enum fm_compare compare;
		const char *version;
	} requires[2];
	/* what was asked for */
	const char *expected;
	enum fm_signing config;
	bool allow_config, allow_path, compared;
};

#define FITS(rule, ...)                                                                            \
	{                                                                                          \
		rule, FM_FITS, FM_OK, __VA_ARGS__                                                  \
	}
#define WARN(rule, ...)                                                                            \
	{                                                                                          \
		rule, FM_WARN, FM_OK, __VA_ARGS__                                                  \
	}
#define BLOCKED(rule, code, ...)                                                                   \
	{                                                                                          \
		rule, FM_BLOCKED, FM_BLOCKED_##code, __VA_ARGS__                                   \
	}
#define AT(space, addr, len) .at = { { FM_SPACE_##space, addr, len } }
#define AND_AT(space, addr, len)                                                                   \
	.at = { { FM_SPACE_FLASH, BASE, 1300 }, { FM_SPACE_##space, addr, len } }
#define NEEDS(kind, compare, version)                                                              \
	.requires = { { FM_REQUIRE_##kind, FM_COMPARE_##compare, version } }
#define NEEDS_TOO(kind, compare, version, kind2, compare2, version2)                               \
	.requires = { { FM_REQUIRE_##kind, FM_COMPARE_##compare, version },                        \
		      { FM_REQUIRE_##kind2, FM_COMPARE_##compare2, version2 } }
#define SUFFIX(vid, pid) .usb = { true, vid, pid, 0xffff }
#define MODE(vid_, pid_, mode_)                                                                    \
	.mode = { .vid = vid_,                                                                     \
		  .pid = pid_,                                                                     \
		  .release = -1,                                                                   \
		  .class_code = -1,                                                                \
		  .subclass = -1,                                                                  \
		  .protocol = -1,                                                                  \
		  .mode = FM_MODE_##mode_ }
#define VERSIONS(format) .versions = FM_VERSION_##format
#define SIGNED(state_, ...) .signature = { .state = FM_SIGNATURE_##state_, __VA_ARGS__ }

static const struct table_case table_files[] = {
	FITS("model", .unknown = NULL),
	WARN("model", .unknown = "its clock is not known"),
	{ "model", FM_BLOCKED, FM_UNSUPPORTED, .identify_only = true },
	{ "model", FM_BLOCKED, FM_UNSUPPORTED, .identify_only = true, .unknown = "no geometry" },

	FITS("chip", .file_chip = "0410"),
	FITS("chip", .chip = "", .file_chip = ""),
	FITS("chip", .chip = "esp32s3", .file_chip = "esp32s3"),
	FITS("chip", .chip = "", .file_chip = "esp32s3", .takes = { RP2040, ESP32S3 }),
	BLOCKED("chip", MODEL, .file_chip = "0411"),
	BLOCKED("chip", MODEL, .file_chip = "1e950f"),
	BLOCKED("chip", MODEL, .chip = "1e950f", .file_chip = "1e9514"),
	BLOCKED("chip", MODEL, .chip = "esp32s2", .file_chip = "esp32s3"),
	BLOCKED("chip", MODEL, .chip = "esp32s3", .file_chip = "esp32s2", .takes = { ESP32S3 }),
	BLOCKED("chip", MODEL, .chip = "", .file_chip = "1e950f"),
	BLOCKED("chip", MODEL, .chip = "", .file_chip = "esp32s3"),
	BLOCKED("chip", MODEL, .chip = "", .file_chip = "esp32s2", .takes = { ESP32S3 }),

	FITS("suffix", SUFFIX(0x273f, 0x1004)),
	FITS("suffix", SUFFIX(0x273f, 0xffff)),
	FITS("suffix", SUFFIX(0xffff, 0xffff)),
	FITS("suffix", SUFFIX(0x0483, 0xdf11), MODE(0x0483, 0xdf11, ROM)),
	WARN("suffix", SUFFIX(0x273f, 0x1004), .detached = true, .bare = true),
	BLOCKED("suffix", MODEL, SUFFIX(0x273f, 0x1005)),
	BLOCKED("suffix", MODEL, SUFFIX(0x1209, 0x1004)),
	BLOCKED("suffix", MODEL, SUFFIX(0x1209, 0xffff)),
	BLOCKED("suffix", MODEL, SUFFIX(0xffff, 0x1005)),
	BLOCKED("suffix", MODEL, SUFFIX(0x0483, 0x1004), MODE(0x0483, 0xdf11, ROM)),
	BLOCKED("suffix", MODEL, SUFFIX(0x273f, 0x1004), MODE(0x0483, 0xdf11, ROM),
		.detached = true, .bare = true),

	FITS("family", .format = "uf2", .families = { RP2040 }, .takes = { RP2040 }),
	FITS("family", .format = "uf2", .families = { SAMD21 }, .takes = { RP2040, SAMD21 }),
	FITS("family", .format = "uf2", .families = { SAMD21, RP2040 }, .takes = { RP2040 }),
	WARN("family", .format = "uf2", .takes = { RP2040 }),
	WARN("family", .format = "uf2", .families = { RP2040 }),
	BLOCKED("family", MODEL, .format = "uf2", .families = { RP2350 }, .takes = { RP2040 }),
	BLOCKED("family", MODEL, .format = "uf2", .families = { RP2040 },
		.takes = { RP2350, SAMD21 }),
	BLOCKED("family", MODEL, .format = "uf2", .families = { 0x12345678 }, .takes = { RP2040 }),
	BLOCKED("family", MODEL, .wire = FM_WIRE_VOLUME),
	BLOCKED("family", MODEL, .format = "uf2", .wire = FM_WIRE_VOLUME),

	FITS("protection", .protection = "not protected"),
	{ "protection", FM_BLOCKED, FM_READ_PROTECTED, .locked = true },
	{ "protection", FM_BLOCKED, FM_READ_PROTECTED, .locked = true, .protection = "RDP 1" },

	FITS("file", .format = "srec"),
	WARN("file", .format = "raw"),

	FITS("memory", AT(FLASH, BASE, 0x4000)),
	FITS("memory", AT(FLASH, BASE + 0x3fff, 1)),
	FITS("memory", AND_AT(EEPROM, 0, 512)),
	FITS("memory", AND_AT(ALT1, 0x100, 0x400)),
	FITS("memory", AND_AT(FLASH, BASE + 0x4000, 0x400), .allow_config = true),
	BLOCKED("memory", MEMORY, AT(FLASH, BASE + 0x5000, 1)),
	BLOCKED("memory", MEMORY, AT(FLASH, BASE - 1, 2)),
	BLOCKED("memory", MEMORY, AT(FLASH, 0, 1300)),
	BLOCKED("memory", MEMORY, AT(EEPROM, 512, 1)),
	BLOCKED("memory", MEMORY, AT(EEPROM, 0, 513)),
	BLOCKED("memory", MEMORY, AT(ALT1, 0, 0x101)),
	BLOCKED("memory", MEMORY, AT(ALT7, 0x100, 4)),
	BLOCKED("memory", MEMORY, AT(OPTION, 0, 4)),
	BLOCKED("memory", MEMORY, AND_AT(FUSE, 0, 3)),
	BLOCKED("memory", MEMORY, AND_AT(FLASH, 0x0800f000, 16)),
	BLOCKED("memory", PROTECTED, AT(FLASH, BASE + 0x4000, 1)),
	BLOCKED("memory", PROTECTED, AT(FLASH, BASE, 0x4001)),
	BLOCKED("memory", PROTECTED, AT(FLASH, BASE + 0x4400, 1)),
	BLOCKED("memory", PROTECTED, AND_AT(FLASH, BASE + 0x4fff, 1)),
	BLOCKED("memory", PROTECTED, AND_AT(FLASH, BASE + 0x4400, 1), .allow_config = true),
	BLOCKED("memory", PROTECTED, AT(RAM, 0x20000000, 64)),

	FITS("start", .stack = 0x20005000),
	FITS("start", AT(FLASH, BASE, 4)),
	WARN("start", .stack = 0x10000000),
	WARN("start", .start = BASE + 0x100),
	WARN("start", .start = BASE + 0x4401),

	FITS("version", .expected = "2.0.0"),
	FITS("version", .file_version = ""),
	FITS("version", .running = "", .expected = "2.0.0"),
	FITS("version", .file_version = "", .expected = "2.0.1"),
	WARN("version", .running = "2.0.0"),
	BLOCKED("version", VERSION, .expected = "2.0.1"),
	FITS("version", .expected = "2.0"),
	BLOCKED("version", VERSION, .expected = "2.0", .versions = FM_VERSION_PLAIN, .bare = true),
	BLOCKED("version", VERSION, .expected = "1.0.0", .bare = true),
	BLOCKED("version", VERSION, .expected = "2.0.0", .file_version = "2.0.0-rc1"),
	/* a bare file that is older; where the two are not written alike nobody can say */
	WARN("version", .file_version = "1.9.0", .running = "1.10.0", .bare = true),
	FITS("version", .file_version = "1.10.0", .running = "1.9.0", .bare = true),
	FITS("version", .file_version = "1.9", .running = "1.10.0", .bare = true),
	FITS("version", .file_version = "Amber", .running = "Beryl", .bare = true),
	/* the image is another one than its package says */
	FITS("version", .file_version = "v2.0", .told = true),
	FITS("version", .file_version = "2.0.0+7", .told = true),
	FITS("version", .file_version = "1.5.0", .told = true, .bare = true),
	WARN("version", .file_version = "0.0.0"),
	BLOCKED("version", VERSION, .file_version = "1.5.0", .told = true),
	BLOCKED("version", VERSION, .file_version = "2.0.1", .told = true),
	BLOCKED("version", VERSION, .file_version = "1.5.0", .told = true, .expected = "1.5.0"),

	FITS("signature", SIGNED(GOOD, .key_name = "site"), .asks = FM_SIGNING_REQUIRED),
	FITS("signature", SIGNED(GOOD, .vendor = "acme-corp"), .asks = FM_SIGNING_REQUIRED),
	FITS("signature", SIGNED(GOOD, .vendor = "other"), .asks = FM_SIGNING_IGNORE),
	FITS("signature", SIGNED(UNKNOWN_KEY), .asks = FM_SIGNING_IGNORE),
	WARN("signature", SIGNED(NONE), .asks = FM_SIGNING_WARN),
	WARN("signature", SIGNED(NONE), .config = FM_SIGNING_WARN),
	WARN("signature", SIGNED(UNKNOWN_KEY), .config = FM_SIGNING_WARN),
	WARN("signature", SIGNED(GOOD, .vendor = "other"), .asks = FM_SIGNING_WARN),
	BLOCKED("signature", SIGNATURE, SIGNED(NONE), .asks = FM_SIGNING_REQUIRED),
	BLOCKED("signature", SIGNATURE, SIGNED(NONE), .config = FM_SIGNING_REQUIRED),
	BLOCKED("signature", SIGNATURE, SIGNED(NONE), .asks = FM_SIGNING_REQUIRED,
		.config = FM_SIGNING_WARN),
	BLOCKED("signature", SIGNATURE, SIGNED(UNKNOWN_KEY), .asks = FM_SIGNING_REQUIRED),
	BLOCKED("signature", SIGNATURE, SIGNED(UNKNOWN_KEY), .config = FM_SIGNING_REQUIRED),
	BLOCKED("signature", SIGNATURE, SIGNED(GOOD, .vendor = "other"),
		.asks = FM_SIGNING_REQUIRED),
	BLOCKED("signature", SIGNATURE, SIGNED(BAD, .text = "changed")),
	BLOCKED("signature", SIGNATURE, SIGNED(BAD, .text = "changed"), .asks = FM_SIGNING_WARN),
	BLOCKED("signature", SIGNATURE, SIGNED(BAD, .text = "changed"),
		.config = FM_SIGNING_REQUIRED),

	FITS("integrity", .sums = FM_SUMS_WEAK),
	FITS("integrity", .sums = FM_SUMS_GOOD),
	WARN("integrity", .sums = FM_SUMS_UNREADABLE),
	BLOCKED("integrity", INTEGRITY, .sums = FM_SUMS_BAD),
	BLOCKED("integrity", INTEGRITY, .sums = FM_SUMS_BAD, SIGNED(GOOD, .key_name = "site")),
};

static const struct table_case table_packages[] = {
	FITS("package", .guids = { GUID_MODEL }),
	FITS("package", .guids = { GUID_RELEASE }),
	FITS("package", .guids = { GUID_OTHER, GUID_MODEL }),
	FITS("package", .guids = { GUID_OTHER }, .names = { { .guid = GUID_OTHER } }),
	FITS("package", .pid = 0xffff, MODE(0x273f, 0x1004, APPLICATION)),
	WARN("package", .guids = { "" }),
	WARN("package", .detached = true),
	WARN("package", .vid = 0x0483, .pid = 0xdf11, MODE(0x0483, 0xdf11, ROM)),
	BLOCKED("package", MODEL, .guids = { GUID_OTHER }),
	BLOCKED("package", MODEL, .vid = 0x1209),
	BLOCKED("package", MODEL, .pid = 0x1005),
	BLOCKED("package", MODEL, .guids = { GUID_RELEASE }, .release = 3),
	BLOCKED("package", MODEL, .guids = { GUID_RELEASE }, .release = -1),
	BLOCKED("package", MODEL, .guids = { GUID_OTHER, GUID_RELEASE }, .release = 3),
	BLOCKED("package", MODEL, .detached = true, MODE(0x273f, 0x1005, BOOTLOADER)),
	BLOCKED("package", MODEL, .detached = true, .names = { { .guid = GUID_OTHER } }),

	FITS("revision", .guids = { GUID_OTHER }, .revision = "Pump-v1",
	     .names = { { GUID_OTHER, "", "*-v1" } }),
	FITS("revision", .guids = { GUID_OTHER }, .revision = "Pump-v2",
	     .names = { { GUID_OTHER, "", "*-v1" }, { GUID_OTHER, "", "*-v2" } }),
	FITS("revision", .revision = "Pump-v2",
	     .names = { { "", "USB\\VID_273F&PID_1004", "*-v2" } }),
	BLOCKED("revision", MODEL, .guids = { GUID_OTHER }, .revision = "Pump-v2",
		.names = { { GUID_OTHER, "", "*-v1" } }),
	BLOCKED("revision", MODEL, .guids = { GUID_OTHER }, .revision = "Pump-v3",
		.names = { { GUID_OTHER, "", "*-v1" }, { GUID_OTHER, "", "*-v2" } }),
	BLOCKED("revision", MODEL, .guids = { GUID_OTHER }, .names = { { GUID_OTHER, "", "*" } }),
	BLOCKED("revision", MODEL, .revision = "Pump-v2",
		.names = { { "", "USB\\VID_273F&PID_1004", "*-v1" } }),
	BLOCKED("revision", MODEL, .guids = { GUID_OTHER }, .revision = "Pump-v10",
		.names = { { GUID_OTHER, "", "*-v1" } }, .compared = true),

	FITS("region", .guids = { GUID_OTHER }, .region = "EU",
	     .names = { { GUID_OTHER, "", "", "EU" } }),
	FITS("region", .guids = { GUID_OTHER }, .region = "US-902",
	     .names = { { GUID_OTHER, "", "", "EU*" }, { GUID_OTHER, "", "", "US*" } }),
	FITS("region", .region = "EU", .names = { { "", "USB\\VID_273F&PID_1004", "", "E[UA]" } }),
	FITS("region", .guids = { GUID_OTHER }, .revision = "Pump-v2", .region = "US",
	     .names = { { GUID_OTHER, "", "*-v1", "EU" }, { GUID_OTHER, "", "*-v2", "US" } }),
	WARN("region", .guids = { GUID_OTHER }, .names = { { GUID_OTHER, "", "", "EU" } }),
	WARN("region", .names = { { "", "USB\\VID_273F&PID_1004", "", "*" } }),
	BLOCKED("region", MODEL, .guids = { GUID_OTHER }, .region = "US",
		.names = { { GUID_OTHER, "", "", "EU" } }),
	BLOCKED("region", MODEL, .guids = { GUID_OTHER }, .region = "JP",
		.names = { { GUID_OTHER, "", "", "EU*" }, { GUID_OTHER, "", "", "US*" } }),
	BLOCKED("region", MODEL, .guids = { GUID_OTHER }, .region = "EU-868",
		.names = { { GUID_OTHER, "", "", "EU" } }),
	BLOCKED("region", MODEL, .region = "us",
		.names = { { "", "USB\\VID_273F&PID_1004", "", "US" } }),
	/* right for another revision only */
	BLOCKED("region", MODEL, .guids = { GUID_OTHER }, .revision = "Pump-v1", .region = "US",
		.names = { { GUID_OTHER, "", "*-v1", "EU" }, { GUID_OTHER, "", "*-v2", "US" } }),
	BLOCKED("region", MODEL, .guids = { GUID_OTHER }, .region = "US",
		.names = { { GUID_OTHER, "", "", "EU" } }, .compared = true),

	FITS("direction", .running = "1.9.9"),
	FITS("direction", .version = "1.10.0", .running = "v1.9.0"),
	FITS("direction", .version = "2.0", .running = "1.99", VERSIONS(PAIR)),
	FITS("direction", .version = "1.0.0.1", .running = "1.0.0.0", VERSIONS(QUAD)),
	FITS("direction", .version = "20260101", .running = "20251231", VERSIONS(NUMBER)),
	FITS("direction", .running = "2.0.0~rc1"),
	WARN("direction", .running = ""),
	WARN("direction", .running = "2.0"),
	WARN("direction", .running = "2.0.0+7"),
	WARN("direction", .running = "2.1.0", .downgrade_allowed = true),
	WARN("direction", .version = "Beryl", .running = "Amber", .plain = true),
	BLOCKED("direction", DOWNGRADE, .running = "2.0.1"),
	BLOCKED("direction", DOWNGRADE, .running = "10.0.0"),
	BLOCKED("direction", DOWNGRADE, .running = "v2.1"),
	BLOCKED("direction", DOWNGRADE, .running = "2.0.1+1"),
	BLOCKED("direction", DOWNGRADE, .version = "2.0.0~rc1", .running = "2.0.0"),
	BLOCKED("direction", DOWNGRADE, .version = "1.9", .running = "1.10", VERSIONS(PAIR)),
	BLOCKED("direction", DOWNGRADE, .version = "1.0.0.1", .running = "1.0.0.2", VERSIONS(QUAD)),
	BLOCKED("direction", DOWNGRADE, .version = "0x10", .running = "0x11", VERSIONS(HEX)),
	BLOCKED("direction", DOWNGRADE, .version = "1.09", .running = "1.10", VERSIONS(BCD)),
	BLOCKED("direction", DOWNGRADE, .version = "20251231", .running = "20260101",
		VERSIONS(NUMBER)),

	FITS("path", NEEDS(RUNNING, GE, "1.0.0")),
	FITS("path", NEEDS(RUNNING, GT, "0.9.9")),
	FITS("path", NEEDS(RUNNING, EQ, "1.0")),
	FITS("path", NEEDS(RUNNING, NE, "1.0.1")),
	FITS("path", NEEDS(RUNNING, LE, "1.0.0")),
	FITS("path", NEEDS(RUNNING, LT, "1.1.0")),
	FITS("path", NEEDS(RUNNING, GLOB, "1.*")),
	FITS("path", NEEDS(RUNNING, REGEX, "^1[.]0")),
	FITS("path", NEEDS(RUNNING, REGEX, "^1\\.0")),
	FITS("path", NEEDS_TOO(RUNNING, GE, "1.0.0", RUNNING, LT, "2.0.0")),
	WARN("path", NEEDS(RUNNING, GE, "1.1.0"), .running = "", .allow_path = true),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, GE, "1.0.1")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, GT, "1.0.0")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, EQ, "1.1.0")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, NE, "1.0.0")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, LE, "0.9.0")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, LT, "1.0.0")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, GLOB, "0.*")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, REGEX, "^0[.]")),
	/* what POSIX and fwupd's PCRE do not read alike */
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, REGEX, "1\\d0")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, REGEX, "[1\\.]+0")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, REGEX, "(?i)1")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, REGEX, "1.0\\")),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, GE, "1.0.0"), .running = ""),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, GE, "1.1.0"), .allow_path = true),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, GE, "Amber"), .version = "Coral",
		.running = "Beryl", .plain = true),
	BLOCKED("path", REQUIREMENT, NEEDS(RUNNING, GE, "Amber"), .version = "Coral",
		.running = "Beryl", .plain = true, .allow_path = true),
	BLOCKED("path", REQUIREMENT, NEEDS_TOO(RUNNING, GE, "1.0.0", RUNNING, LT, "1.0.0")),
	BLOCKED("path", REQUIREMENT, NEEDS_TOO(RUNNING, GE, "1.1.0", RUNNING, LT, "2.0.0")),

	FITS("bootloader", NEEDS(LOADER, GE, "6.0"), .loader = "Optiboot 6.2"),
	FITS("bootloader", NEEDS(LOADER, EQ, "3.1"), .loader = "AN3155 v3.1"),
	FITS("bootloader", NEEDS(LOADER, LT, "7.0"), .loader = "Optiboot 6.2"),
	BLOCKED("bootloader", REQUIREMENT, NEEDS(LOADER, GE, "6.3"), .loader = "Optiboot 6.2"),
	BLOCKED("bootloader", REQUIREMENT, NEEDS(LOADER, LT, "6.2"), .loader = "Optiboot 6.2"),
	BLOCKED("bootloader", REQUIREMENT, NEEDS(LOADER, NE, "6.2"), .loader = "Optiboot 6.2"),
	BLOCKED("bootloader", REQUIREMENT, NEEDS(LOADER, GE, "6.0"), .loader = "Optiboot"),
	BLOCKED("bootloader", REQUIREMENT, NEEDS(LOADER, GE, "1.0"), .allow_path = true),

	FITS("vendor", NEEDS(VENDOR, REGEX, "USB:0x273F")),
	FITS("vendor", NEEDS(VENDOR, REGEX, "USB:0x(1209|273F)")),
	FITS("vendor", NEEDS(VENDOR, REGEX, "USB:0x1209"), MODE(0x1209, 0x0001, BOOTLOADER)),
	FITS("vendor", NEEDS(VENDOR, REGEX, "^USB:0x1209$"), MODE(0x1209, 0x0001, BOOTLOADER)),
	FITS("vendor", NEEDS(VENDOR, REGEX, "^(USB:0x273F|PCI:0x1234)$"),
	     MODE(0x1209, 0x0001, BOOTLOADER)),
	BLOCKED("vendor", REQUIREMENT, NEEDS(VENDOR, REGEX, "USB:0x1209.USB:0x273F"),
		MODE(0x1209, 0x0001, BOOTLOADER)),
	WARN("vendor", NEEDS(VENDOR, REGEX, "USB:0x1209"), .detached = true),
	BLOCKED("vendor", REQUIREMENT, NEEDS(VENDOR, REGEX, "USB:0x1209")),
	BLOCKED("vendor", REQUIREMENT, NEEDS(VENDOR, REGEX, "^0x273F")),
	BLOCKED("vendor", REQUIREMENT, NEEDS(VENDOR, REGEX, "USB:0x1209"), .compared = true),

	FITS("requires", NEEDS(UPDATER, GE, "99")),
	FITS("requires", NEEDS(NOT_CHILD, GE, "1")),
	WARN("requires", NEEDS(CLIENT, NONE, "")),
	BLOCKED("requires", REQUIREMENT, NEEDS(OTHER_UNIT, GE, "1")),
	BLOCKED("requires", REQUIREMENT, NEEDS(HARDWARE, NONE, "")),
	BLOCKED("requires", REQUIREMENT, NEEDS(NOT_HARDWARE, NONE, "")),
	BLOCKED("requires", REQUIREMENT, NEEDS(SOFTWARE, GE, "1")),
	BLOCKED("requires", REQUIREMENT, NEEDS(UNKNOWN, GE, "1")),
	BLOCKED("requires", REQUIREMENT, NEEDS_TOO(UPDATER, GE, "1", UNKNOWN, EQ, "x")),
	BLOCKED("requires", REQUIREMENT, NEEDS_TOO(UNKNOWN, EQ, "x", CLIENT, NONE, ""),
		.allow_path = true),
};

/* Every rule that can block. */
static const char *const table_rules[] = { "model",      "chip",    "suffix",    "family",
					   "protection", "memory",  "version",   "signature",
					   "integrity",  "package", "direction", "path",
					   "bootloader", "vendor",  "requires",  "revision",
					   "region" };

#endif
