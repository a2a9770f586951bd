/*
 * Does this firmware fit this unit: separate rules, each with what the file says and what the unit
 * says. Pure. BLOCKED is never written; WARN is written when a person or --yes accepts it, and that
 * is recorded.
 */
#ifndef FM_JOB_VERDICT_H
#define FM_JOB_VERDICT_H

#include "base/identity.h"
#include "catalog/device.h"
#include "image/image.h"
#include "job/event.h"
#include "package/metainfo.h"
#include "package/signature.h"
#include "package/sums.h"

struct fm_verdict_input {
	const struct fm_device *device;
	const struct fm_loader *loader; /* its chip and memory resolved */
	const struct fm_image *image;
	const struct fm_identity *identity;
	bool locked; /* read protected: the boot loader refuses to read, and so to write */
	const struct fm_error *plan_error; /* FM_OK: the plan could be made */
	const struct fm_usb_match *usb;    /* how the unit looks on USB, in any of its modes */
	size_t usb_count;
	const struct fm_usb_device *attached; /* how it looks now, NULL = not known */
	const struct fm_component *component; /* of the package that the image is from; NULL = */
	const struct fm_release *release;     /* none, a bare file */
	const struct fm_signature *signature; /* NULL: nothing lies beside the file */
	const struct fm_sums *sums;           /* likewise */
	enum fm_signing signing; /* what the configuration asks for, beside the definition */
	const char *version_running, *version_file, *version_expected; /* "" = not known */
	enum fm_version_format version_format;                         /* how these are compared */
};

#define FM_RULES_MOST 16

/* Returns the number of rules in ret, in a fixed order. Those about USB identities, UF2 families,
 * signature and integrity are left out where neither file nor unit says anything. */
size_t fm_verdict_make(const struct fm_verdict_input *input,
		       struct fm_rule_result ret[FM_RULES_MOST]);
/* Which of the file's UF2 families is this loader's: the first that it takes, or the file's only
 * one where the definition names none. False: none can be told. */
bool fm_verdict_family(const struct fm_loader *loader, const struct fm_image *image,
		       uint32_t *ret_family);
/* How versions of this firmware and this unit are compared: as the package says (component NULL: it
 * is none), else as the definition does, else as MCUboot's header is written; PLAIN: they are the
 * same text or not. image may be NULL. */
enum fm_version_format fm_verdict_format(const struct fm_device *device,
					 const struct fm_component *component,
					 const struct fm_image *image);
bool fm_verdict_same_version(const char *a, const char *b, enum fm_version_format format);
/* The worst of them. */
enum fm_verdict fm_verdict_of(const struct fm_rule_result *rules, size_t count);

#endif
