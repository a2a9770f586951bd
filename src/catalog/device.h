/*
 * The definition of a model, as the XML files in devices/ say it. Everything is resolved: a board's
 * chip is looked up, its regions replaced by name. A definition is read-only once loaded and may be
 * shared by threads.
 */
#ifndef FM_CATALOG_DEVICE_H
#define FM_CATALOG_DEVICE_H

#include "base/line.h"
#include "base/param.h"
#include "base/usb.h"
#include "image/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Must firmware for the model be signed by a trusted key? The strictest of definition and
 * configuration counts. */
enum fm_signing { FM_SIGNING_IGNORE, FM_SIGNING_WARN, FM_SIGNING_REQUIRED };

/* Which of its programs a unit runs. */
enum fm_mode { FM_MODE_APPLICATION, FM_MODE_BOOTLOADER, FM_MODE_ROM };

/* How a unit looks on USB in one of its modes. Numbers: -1 = any. */
struct fm_usb_match {
	int vid, pid, release;
	int class_code, subclass, protocol; /* of one of its interfaces */
	char product[32];                   /* glob over the product string; "" = any */
	char volume[32];                    /* glob over the label of its volume; "" = any */
	enum fm_mode mode;
	bool release_is_version; /* bcdDevice tells the application's version, as "2.10" */
	bool serial_is_shared;   /* other units have the same serial number: it tells no unit */
	bool program_is_any;     /* an application may as well look otherwise, or not be on USB */
};

/* The closed vocabulary of steps from one mode to another. */
enum fm_step_kind {
	FM_STEP_LINES,   /* set DTR and RTS, in one step */
	FM_STEP_WAIT,    /* wait; left out after LINES on a link without modem lines */
	FM_STEP_BREAK,   /* break on TX */
	FM_STEP_SEND,    /* bytes */
	FM_STEP_DISCARD, /* forget what came in */
	FM_STEP_ASK,     /* tell a person what to do and wait for the answer */
	FM_STEP_TOUCH,   /* open the unit's serial port, set `baud`, drop DTR, close */
	FM_STEP_DETACH,  /* DFU_DETACH to its run-time interface, with the reset where it wants one
			  */
	FM_STEP_REQUEST, /* a control transfer without data to one of its interfaces; that it fails
			    because the unit leaves at once is success */
	FM_STEP_REAPPEAR /* wait until it is there in `mode`, at the same USB path */
};

struct fm_step {
	enum fm_step_kind kind;
	unsigned lines, on; /* LINES: FM_LINE_... */
	unsigned ms;        /* WAIT, BREAK */
	uint8_t *data;      /* SEND */
	size_t data_len;
	char *text;                    /* ASK */
	unsigned baud;                 /* TOUCH */
	uint8_t request_type, request; /* REQUEST, with the number of the interface as wIndex */
	uint16_t value;
	bool force;                         /* DETACH: with bit 8 of wIndex set */
	int class_code, subclass, protocol; /* REQUEST: of the interface; -1 = any */
	enum fm_mode mode;                  /* REAPPEAR */
	unsigned within_ms;
};

struct fm_steps {
	struct fm_step *steps;
	size_t count;
};

/* Is one of them of these kinds? */
#define FM_STEP_BIT(kind) (1u << FM_STEP_##kind)
static inline bool fm_steps_have(const struct fm_steps *steps, unsigned bits)
{
	for (size_t i = 0; i < steps->count; i++) {
		if (bits & 1u << steps->steps[i].kind)
			return true;
	}
	return false;
}

#define FM_WITHOUT_MOST 2

/* What a loader is spoken to over. */
enum fm_wire { FM_WIRE_SERIAL, FM_WIRE_USB, FM_WIRE_VOLUME };

#define FM_FAMILY_MOST 8

/* One way to write the unit: a boot loader or ROM, its line, and the memory as it sees it. */
struct fm_loader {
	char name[64]; /* for people: "Optiboot, 115200 baud" */
	char protocol[32];
	enum fm_wire wire;
	enum fm_mode mode;                 /* USB, VOLUME: in which the loader speaks */
	struct fm_line_settings line;      /* SERIAL */
	uint32_t families[FM_FAMILY_MOST]; /* UF2 family ids that it takes */
	size_t family_count;
	struct fm_params params;
	struct fm_steps enter, leave;
	unsigned tries; /* how often entering is tried */
	char *help; /* what a person can do when nobody answers, for a hint; NULL = nothing known */
	char chip[48]; /* id of the chip; "" = the chip says it itself */
	char chip_name[96];
	char chip_ids[4][24]; /* what the loader must report; none = any */
	size_t chip_id_count;
	struct fm_memory memory;           /* empty until the chip is known */
	struct fm_range size_register;     /* len 2: KiB of flash, little-endian; len 0 = none */
	struct fm_range unique_id;         /* len 0 = none */
	bool no_erase_all;                 /* the chip has no mass erase */
	char without[FM_WITHOUT_MOST][32]; /* regions of the chip that this loader can't reach: not
					      in memory */
	size_t without_count;
};

/* What the running application is asked: its version, or (in_image NULL) something else. */
struct fm_question {
	struct fm_line_settings line;
	uint8_t *send;
	size_t send_len;
	char *expect;   /* POSIX extended regular expression over what came */
	unsigned group; /* that holds the answer */
	unsigned repeat_ms, within_ms;
	char *in_image; /* the same over the image's bytes: which version a file holds; NULL = can't
			   be told */
	unsigned in_image_group;
};

#define FM_POST_CHECK_MOST 6

/* What the application must answer after it was written; asked again until it does or the time is
 * over. */
struct fm_post_check {
	char name[32];
	struct fm_question question;
};

#define FM_PERSON_MOST 8

/* What a person must have looked at before a unit of the model is written. */
struct fm_person_question {
	char id[24]; /* "mains" */
	char text[160];
	char answer[24]; /* the only one with which a job starts; upper and lower case are the same
			  */
};

/* By what packages name the model, beside its USB ids: one of them, "" = not this one. */
struct fm_package_name {
	char guid[40];        /* lower case */
	char instance_id[64]; /* as fwupd writes it; the GUID is made from it */
	char revision[48];    /* glob over the hardware revision that the unit tells: by this name
				 packages mean that one only; "" = all */
	char region[24];      /* the same over its region variant */
};

/* How a unit shows which one it is, without leaving its mode. */
struct fm_blink {
	enum fm_mode mode;            /* in which it can */
	unsigned for_ms;              /* the steps are repeated for so long */
	struct fm_line_settings line; /* of steps over its serial port */
	struct fm_steps steps;        /* LINES, WAIT, BREAK, SEND, DISCARD, REQUEST */
};

#define FM_LOADER_MOST 4

/* What kind of thing an id names. */
enum fm_device_kind { FM_DEVICE_BOARD, FM_DEVICE_CHIP, FM_DEVICE_FAMILY };

struct fm_device {
	enum fm_device_kind kind;
	char id[48], vendor[48], name[96];
	char file[256];
	int line;
	bool user;          /* from the user's own folder */
	bool identify_only; /* geometry is not known: never written; `unknown` says why */
	struct fm_usb_match *usb;
	size_t usb_count;
	struct fm_package_name *packages;
	size_t package_count;
	struct fm_loader loaders[FM_LOADER_MOST];
	size_t loader_count;
	struct fm_question *question;        /* NULL = the application can't be asked */
	struct fm_blink *blink;              /* NULL = it can't show itself */
	struct fm_question *region_question; /* for its region variant; NULL = it can't be asked */
	struct fm_post_check post_checks[FM_POST_CHECK_MOST];
	size_t post_check_count;
	struct fm_person_question person_questions[FM_PERSON_MOST];
	size_t person_question_count;
	char *unknown; /* what nobody knows about this model, a WARN; NULL = all is known */
	enum fm_signing signing;
	bool downgrade_allowed;  /* an older release is a WARN */
	char version_format[24]; /* how its versions are written, fwupd's name; "" = not said */
};

/* "application", "bootloader", "rom" */
const char *fm_mode_name(enum fm_mode mode);

/* "ignore", "warn", "required" */
const char *fm_signing_name(enum fm_signing signing);
bool fm_signing_parse(const char *name, enum fm_signing *ret);

void fm_device_done(struct fm_device *device);
#define FM_DEVICE_DONE __attribute__((cleanup(fm_device_done)))

#endif
