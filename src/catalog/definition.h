/*
 * From the elements of a validated file to the structs of device.h, with the checks that a schema
 * can't make. What is wrong becomes a finding; the caller looks at the count.
 */
#ifndef FM_CATALOG_DEFINITION_H
#define FM_CATALOG_DEFINITION_H

#include "catalog/device.h"
#include "catalog/xml.h"

struct fm_def_chip {
	char id[48], name[96];
	char chip_id[24]; /* "" = it can't tell */
	struct fm_memory memory;
	struct fm_range size_register, unique_id;
	bool no_erase_all;
	const char *identify_only; /* why; NULL = all is known. In the document, as the next */
	const char *unknown;       /* NULL = nothing */
};

void fm_def_chip(struct _xmlNode *node, struct fm_findings *findings, struct fm_def_chip *ret);

/* A <loader> without its chip; its own regions into ret_own. */
void fm_def_loader(struct _xmlNode *node, fm_param_lookup *params, struct fm_findings *findings,
		   struct fm_loader *ret, struct fm_memory *ret_own);
/* Give the loader its chip: the chip's regions, replaced by its own of the same name. Findings are
 * at `line`. */
void fm_def_apply(struct fm_loader *loader, const struct fm_memory *own,
		  const struct fm_def_chip *chip, long line, struct fm_findings *findings);
/* Of a loader without a chip: its own regions. None: the unit tells of its memory. */
void fm_def_own(struct fm_loader *loader, const struct fm_memory *own, long line,
		struct fm_findings *findings);
/* Add what is not known of the chip to the device. */
void fm_def_doubts(struct fm_device *device, const struct fm_def_chip *chip);

/* malloc'd, or NULL when it can't be used. */
struct fm_question *fm_def_question(struct _xmlNode *node, struct fm_findings *findings);
/* The <post-check> elements of a board. */
void fm_def_post_checks(struct _xmlNode *board, struct fm_findings *findings,
			struct fm_device *ret);
/* Its <ask-person> elements. */
void fm_def_person(struct _xmlNode *board, struct fm_findings *findings, struct fm_device *ret);

/* Never NULL. */
struct fm_blink *fm_def_blink(struct _xmlNode *node, struct fm_findings *findings);

/* The <usb> elements of a board or a family. */
void fm_def_usb(struct _xmlNode *parent, struct fm_findings *findings, struct fm_device *ret);
/* The mode that a loader or a step names. */
void fm_def_mode(const struct _xmlNode *node, struct fm_findings *findings, enum fm_mode *ret);
/* The device must be there in the modes that a <loader> and its steps want. */
void fm_def_check_modes(const struct _xmlNode *node, const struct fm_loader *loader,
			const struct fm_device *device, struct fm_findings *findings);

/* <enter> or <leave>. */
void fm_def_steps(struct _xmlNode *node, struct fm_findings *findings, struct fm_steps *ret);

/* attribute.c: for the functions above. Text that is too long and numbers out of range are
 * findings, and give a cut text or `min`. */
void fm_def_text(const struct _xmlNode *node, const char *name, struct fm_findings *findings,
		 char *ret, size_t size);
/* `normal` where the attribute is absent. */
uint64_t fm_def_number(const struct _xmlNode *node, const char *name, uint64_t normal, uint64_t min,
		       uint64_t max, struct fm_findings *findings);
/* baud and framing */
void fm_def_line(const struct _xmlNode *node, struct fm_findings *findings,
		 struct fm_line_settings *ret);

#endif
