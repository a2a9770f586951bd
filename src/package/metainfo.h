/*
 * What a package says about itself: AppStream metainfo (component type "firmware") as the LVFS uses
 * it. Texts are in the language without a tag, blanks folded, printable UTF-8. Nothing is fetched,
 * and there is no DTD, so there are no entities.
 */
#ifndef FM_PACKAGE_METAINFO_H
#define FM_PACKAGE_METAINFO_H

#include "base/error.h"
#include "base/text.h"
#include "package/digest.h"
#include "package/guid.h"
#include "package/version.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FM_METAINFO_FILE_MOST (1u << 20)
#define FM_METAINFO_GUIDS_MOST 512
#define FM_METAINFO_REQUIREMENTS_MOST 32
#define FM_METAINFO_RELEASES_MOST 256
#define FM_METAINFO_CHECKSUMS_MOST 16 /* of a release; of the device more are passed over */

enum fm_requirement_kind {
	FM_REQUIRE_RUNNING,      /* version of the unit's application */
	FM_REQUIRE_LOADER,       /* version of its boot loader */
	FM_REQUIRE_VENDOR,       /* its vendor ids, such as "USB:0x1209", follow the pattern */
	FM_REQUIRE_NOT_CHILD,    /* no unit behind it may have such a version */
	FM_REQUIRE_OTHER_UNIT,   /* another unit, named by GUIDs, with such a version */
	FM_REQUIRE_HARDWARE,     /* the computer is one of these (hardware ids) */
	FM_REQUIRE_NOT_HARDWARE, /* the computer is none of these */
	FM_REQUIRE_UPDATER,      /* version of fwupd: says nothing of the unit */
	FM_REQUIRE_SOFTWARE,     /* version of another program on the computer */
	FM_REQUIRE_CLIENT,       /* a feature of the program that shows the update */
	FM_REQUIRE_UNKNOWN       /* may mean anything: a package with it can't be judged */
};

enum fm_compare {
	FM_COMPARE_NONE, /* it has to exist, in any version */
	FM_COMPARE_EQ,
	FM_COMPARE_NE,
	FM_COMPARE_LT,
	FM_COMPARE_LE,
	FM_COMPARE_GT,
	FM_COMPARE_GE,
	FM_COMPARE_GLOB,
	FM_COMPARE_REGEX,
	FM_COMPARE_UNKNOWN
};

struct fm_requirement {
	enum fm_requirement_kind kind;
	enum fm_compare compare;
	bool has_depth; /* OTHER_UNIT: it is `depth` steps up from this one */
	int depth;
	char version[256]; /* what to compare with; a pattern for GLOB, REGEX and VENDOR */
	char subject[512]; /* the element's text: a program, GUIDs with '|' between them */
	/* One that is too long for these is kept, cut, as UNKNOWN. */
	char text[200]; /* all of it for people: "firmware bootloader ge 0.1.2" */
};

struct fm_checksum {
	char file[200];             /* in the package, "" = not said */
	char value[FM_DIGEST_TEXT]; /* "" = not said */
	char target[16]; /* "container": the package itself; "device": what runs then ... */
	bool content;    /* the target is the payload */
};

enum fm_urgency {
	FM_URGENCY_UNKNOWN,
	FM_URGENCY_LOW,
	FM_URGENCY_MEDIUM,
	FM_URGENCY_HIGH,
	FM_URGENCY_CRITICAL
};

struct fm_member;

/* How it is known that a payload is the release's. */
enum fm_payload_proof {
	FM_PAYLOAD_NONE,  /* the package does not have it */
	FM_PAYLOAD_NAME,  /* by its name alone */
	FM_PAYLOAD_WEAK,  /* by SHA-1 */
	FM_PAYLOAD_PROVED /* by SHA-256 or better */
};

struct fm_release {
	char version[FM_VERSION_TEXT]; /* as people write it */
	char date[24];                 /* "2026-01-31", "" = not said */
	enum fm_urgency urgency;
	struct fm_text notes; /* lines; data NULL = none */
	char location[256];
	struct fm_checksum checksums[FM_METAINFO_CHECKSUMS_MOST];
	size_t checksum_count;
	bool has_size;
	uint64_t size;      /* of the payload */
	unsigned install_s; /* how long it takes, 0 = not said */
	/* package.c fills these */
	const struct fm_member *payload; /* NULL = the package does not have it */
	enum fm_payload_proof proof;
	bool shared;       /* the file that it names belongs to another release too */
	char problem[200]; /* why it has none, or what is odd about it; "" = nothing */
};

struct fm_component {
	char source[200]; /* the file that says so */
	char id[200], name[128], variant[96], summary[200], developer[96], licence[96], url[256];
	struct fm_text description;
	char guids[FM_METAINFO_GUIDS_MOST][FM_GUID_TEXT];
	size_t guid_count;
	struct fm_requirement requirements[FM_METAINFO_REQUIREMENTS_MOST];
	size_t requirement_count;
	bool has_format; /* said by the package; else guessed from its newest version */
	enum fm_version_format format;
	char protocol[96];           /* LVFS::UpdateProtocol, "" = not said */
	char integrity[32];          /* LVFS::DeviceIntegrity: "signed", "unsigned" */
	char message[1000];          /* LVFS::UpdateMessage: what a person has to know */
	struct fm_release *releases; /* newest first */
	size_t release_count;
};

void fm_component_done(struct fm_component *component);

/* Every component of one file; name is for messages. FM_PACKAGE_METAINFO with the line, or
 * FM_PACKAGE_VERSION. The array is malloc'd; nothing after a failure. */
bool fm_metainfo_parse(const char *name, const void *data, size_t len,
		       struct fm_component **ret_components, size_t *ret_count,
		       struct fm_error *err) FM_MUST_CHECK;

const char *fm_urgency_name(enum fm_urgency urgency);
const char *fm_requirement_kind_name(enum fm_requirement_kind kind);
const char *fm_compare_name(enum fm_compare compare);

#endif
