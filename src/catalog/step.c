/* Steps into and out of a boot loader, and how a unit shows itself. */
#include "base/scope.h"
#include "base/text.h"
#include "catalog/definition.h"
#include "catalog/field.h"

#include <string.h>

#define STEP_WAIT_MOST_MS 60000
#define STEP_BREAK_MOST_MS 5000
#define STEP_REAPPEAR_MOST_MS 300000
#define STEP_BLINK_MOST_MS 30000

static void step_line(const struct _xmlNode *node, const char *name, unsigned line,
		      struct fm_step *ret)
{
	const char *state = fm_xml_attr(node, name);

	if (!state)
		return;
	ret->lines |= line;
	if (strcmp(state, "on") == 0)
		ret->on |= line;
}

static void step_send(const struct _xmlNode *node, struct fm_findings *findings,
		      struct fm_step *ret)
{
	const char *text = fm_xml_attr(node, "text");
	const char *hex = fm_xml_attr(node, "hex");

	if (text && !fm_field_escaped(text, &ret->data, &ret->data_len))
		fm_finding(findings, fm_xml_line(node),
			   "'%s': after a backslash comes r, n, t, 0, \\ or x with two digits",
			   text);
	else if (hex && !fm_field_hex(hex, &ret->data, &ret->data_len))
		fm_finding(findings, fm_xml_line(node), "hex is pairs of digits, not '%s'", hex);
}

static unsigned step_ms(const struct _xmlNode *node, uint64_t most, struct fm_findings *findings)
{
	return (unsigned)fm_def_number(node, "ms", 1, 1, most, findings);
}

static void step_request(const struct _xmlNode *node, struct fm_findings *findings,
			 struct fm_step *ret)
{
	const char *interface = fm_xml_attr(node, "interface");

	ret->request_type = (uint8_t)fm_def_number(node, "type", 0, 0, 0x7F, findings);
	ret->request = (uint8_t)fm_def_number(node, "request", 0, 0, 0xFF, findings);
	ret->value = (uint16_t)fm_def_number(node, "value", 0, 0, 0xFFFF, findings);
	if (!fm_field_interface(interface, strlen(interface), &ret->class_code, &ret->subclass,
				&ret->protocol))
		fm_finding(findings, fm_xml_line(node),
			   "interface is class, subclass and protocol like ff0001, not '%s'",
			   interface);
}

/* Steps of a unit on USB. */
static void step_parse_usb(const struct _xmlNode *node, const char *name,
			   struct fm_findings *findings, struct fm_step *ret)
{
	if (strcmp(name, "touch") == 0) {
		ret->kind = FM_STEP_TOUCH;
		ret->baud = (unsigned)fm_def_number(node, "baud", 1200, 50, 12000000, findings);
	} else if (strcmp(name, "detach") == 0) {
		ret->kind = FM_STEP_DETACH;
		ret->force = fm_xml_attr(node, "force") != NULL; /* "yes" or not there */
	} else if (strcmp(name, "request") == 0) {
		ret->kind = FM_STEP_REQUEST;
		step_request(node, findings, ret);
	} else if (strcmp(name, "reappear") == 0) {
		ret->kind = FM_STEP_REAPPEAR;
		fm_def_mode(node, findings, &ret->mode);
		ret->within_ms = (unsigned)fm_def_number(node, "within-ms", 1, 1,
							 STEP_REAPPEAR_MOST_MS, findings);
	}
}

static struct fm_step step_parse(const struct _xmlNode *node, struct fm_findings *findings)
{
	struct fm_step step = { .kind = FM_STEP_DISCARD };
	const char *name = fm_xml_name(node);

	if (strcmp(name, "lines") == 0) {
		step.kind = FM_STEP_LINES;
		step_line(node, "dtr", FM_LINE_DTR, &step);
		step_line(node, "rts", FM_LINE_RTS, &step);
	} else if (strcmp(name, "wait") == 0) {
		step.kind = FM_STEP_WAIT;
		step.ms = step_ms(node, STEP_WAIT_MOST_MS, findings);
	} else if (strcmp(name, "break") == 0) {
		step.kind = FM_STEP_BREAK;
		step.ms = step_ms(node, STEP_BREAK_MOST_MS, findings);
	} else if (strcmp(name, "send") == 0) {
		step.kind = FM_STEP_SEND;
		step_send(node, findings, &step);
	} else if (strcmp(name, "ask") == 0) {
		char text[256]; /* an event's text is not longer */

		step.kind = FM_STEP_ASK;
		fm_def_text(node, "text", findings, text, sizeof(text));
		step.text = strdup(text);
	} else {
		step_parse_usb(node, name, findings, &step);
	}
	return step;
}

void fm_def_steps(struct _xmlNode *node, struct fm_findings *findings, struct fm_steps *ret)
{
	size_t count = 0;

	for (struct _xmlNode *step = fm_xml_child(node, NULL); step; step = fm_xml_next(step, NULL))
		count++;
	ret->steps = count > 0 ? calloc(count, sizeof(*ret->steps)) : NULL;
	if (count > 0 && !ret->steps)
		abort();
	for (struct _xmlNode *step = fm_xml_child(node, NULL); step; step = fm_xml_next(step, NULL))
		ret->steps[ret->count++] = step_parse(step, findings);
}

/* A round without a wait would be repeated without end and pause. */
static void step_check_blink(const struct _xmlNode *node, const struct fm_blink *blink,
			     struct fm_findings *findings)
{
	const unsigned wire =
		FM_STEP_BIT(LINES) | FM_STEP_BIT(BREAK) | FM_STEP_BIT(SEND) | FM_STEP_BIT(DISCARD);

	if (!fm_steps_have(&blink->steps, FM_STEP_BIT(WAIT)))
		fm_finding(findings, fm_xml_line(node), "<blink> needs a <wait>");
	if (fm_steps_have(&blink->steps, wire) && !blink->line.baud)
		fm_finding(findings, fm_xml_line(node),
			   "<blink> over a serial port needs baud and framing");
}

struct fm_blink *fm_def_blink(struct _xmlNode *node, struct fm_findings *findings)
{
	struct fm_blink *blink = calloc(1, sizeof(*blink));

	if (!blink)
		abort();
	fm_def_mode(node, findings, &blink->mode);
	blink->for_ms = (unsigned)fm_def_number(node, "for-ms", 1, 1, STEP_BLINK_MOST_MS, findings);
	if (fm_xml_attr(node, "baud"))
		fm_def_line(node, findings, &blink->line);
	fm_def_steps(node, findings, &blink->steps);
	step_check_blink(node, blink, findings);
	return blink;
}
