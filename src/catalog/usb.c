/* How a unit looks on USB in its modes: from attributes to matches, and whether loaders and steps
 * use modes that the unit has. */
#include "base/scope.h"
#include "catalog/definition.h"
#include "catalog/field.h"
#include "catalog/internal.h"

#include <stdlib.h>
#include <string.h>

static bool usb_mode(const struct fm_xml_slice *slice, enum fm_mode *ret)
{
	for (enum fm_mode mode = FM_MODE_APPLICATION; mode <= FM_MODE_ROM; mode++) {
		const char *name = fm_mode_name(mode);

		if (strlen(name) == slice->len && memcmp(name, slice->value, slice->len) == 0) {
			*ret = mode;
			return true;
		}
	}
	return false;
}

static bool usb_number(const struct fm_xml_slice *slice, int *ret)
{
	uint16_t number;

	if (!fm_field_hex16(slice->value, slice->len, &number))
		return false;
	*ret = number;
	return true;
}

/* What a rule for udev can hold too: no quotes, no alternatives, no control characters. */
static bool usb_glob(const struct fm_xml_slice *slice, char *ret, size_t size)
{
	if (slice->len == 0 || slice->len >= size)
		return false;
	for (size_t i = 0; i < slice->len; i++) {
		char c = slice->value[i];

		if ((unsigned char)c < ' ' || c == '"' || c == '\\' || c == '|')
			return false;
	}
	memcpy(ret, slice->value, slice->len);
	ret[slice->len] = '\0';
	return true;
}

static bool usb_attribute(const struct fm_xml_slice *slice, struct fm_usb_match *ret)
{
	if (strcmp(slice->name, "vid") == 0)
		return usb_number(slice, &ret->vid);
	if (strcmp(slice->name, "pid") == 0)
		return usb_number(slice, &ret->pid);
	if (strcmp(slice->name, "release") == 0)
		return usb_number(slice, &ret->release);
	if (strcmp(slice->name, "mode") == 0)
		return usb_mode(slice, &ret->mode);
	if (strcmp(slice->name, "interface") == 0)
		return fm_field_interface(slice->value, slice->len, &ret->class_code,
					  &ret->subclass, &ret->protocol);
	if (strcmp(slice->name, "product") == 0)
		return usb_glob(slice, ret->product, sizeof(ret->product));
	if (strcmp(slice->name, "volume") == 0)
		return usb_glob(slice, ret->volume, sizeof(ret->volume));
	if (strcmp(slice->name, "version") == 0)
		return ret->release_is_version =
			       slice->len == 7 && memcmp(slice->value, "release", 7) == 0;
	if (strcmp(slice->name, "serial") == 0)
		return ret->serial_is_shared =
			       slice->len == 6 && memcmp(slice->value, "shared", 6) == 0;
	if (strcmp(slice->name, "program") == 0)
		return ret->program_is_any = slice->len == 3 && memcmp(slice->value, "any", 3) == 0;
	return true; /* the schema refuses what is not known */
}

bool fm_usb_match_parse(const struct fm_xml_slice *slices, size_t count, long line,
			struct fm_findings *findings, struct fm_usb_match *ret)
{
	*ret = (struct fm_usb_match){ .vid = -1,
				      .pid = -1,
				      .release = -1,
				      .class_code = -1,
				      .subclass = -1,
				      .protocol = -1,
				      .mode = FM_MODE_APPLICATION };
	for (size_t i = 0; i < count; i++) {
		if (usb_attribute(&slices[i], ret))
			continue;
		fm_finding(findings, line, "<usb>: %s can't be '%.*s'", slices[i].name,
			   (int)slices[i].len, slices[i].value);
		return false;
	}
	if ((ret->vid < 0) != (ret->pid < 0))
		fm_finding(findings, line, "<usb> has vid and pid, or neither");
	else if (ret->vid < 0 && !*ret->volume && ret->class_code < 0)
		fm_finding(findings, line,
			   "<usb> needs vid and pid as hexadecimal numbers (0x2341), or the class "
			   "of an interface, or a volume");
	else
		return true;
	return false;
}

void fm_def_usb(struct _xmlNode *parent, struct fm_findings *findings, struct fm_device *ret)
{
	for (struct _xmlNode *node = fm_xml_child(parent, "usb"); node;
	     node = fm_xml_next(node, "usb")) {
		struct fm_xml_slice slices[FM_XML_SLICE_MOST];
		size_t count = 0;

		for (const char *name;
		     count < FM_XML_SLICE_MOST && (name = fm_xml_attr_name(node, count)); count++) {
			const char *value = fm_xml_attr(node, name);

			slices[count] = (struct fm_xml_slice){ name, value, strlen(value) };
		}
		ret->usb = reallocarray(ret->usb, ret->usb_count + 1, sizeof(*ret->usb));
		if (!ret->usb)
			abort();
		if (fm_usb_match_parse(slices, count, fm_xml_line(node), findings,
				       &ret->usb[ret->usb_count]))
			ret->usb_count++;
	}
}

void fm_def_mode(const struct _xmlNode *node, struct fm_findings *findings, enum fm_mode *ret)
{
	const char *name = fm_xml_attr(node, "mode");
	const struct fm_xml_slice slice = { "mode", name ? name : "", name ? strlen(name) : 0 };

	if (!usb_mode(&slice, ret))
		fm_finding(findings, fm_xml_line(node),
			   "mode is application, bootloader or rom, not '%s'", slice.value);
}

static bool usb_has_mode(const struct fm_device *device, enum fm_mode mode)
{
	for (size_t i = 0; i < device->usb_count; i++) {
		if (device->usb[i].mode == mode)
			return true;
	}
	return false;
}

static void usb_check_steps(const struct _xmlNode *parent, const struct fm_steps *steps,
			    const struct fm_device *device, struct fm_findings *findings)
{
	struct _xmlNode *node = parent ? fm_xml_child(parent, NULL) : NULL;

	for (size_t i = 0; i < steps->count && node; i++, node = fm_xml_next(node, NULL)) {
		const struct fm_step *step = &steps->steps[i];

		if (step->kind == FM_STEP_REAPPEAR && !usb_has_mode(device, step->mode))
			fm_finding(findings, fm_xml_line(node),
				   "'%s' has no <usb> in the mode '%s' that is waited for",
				   device->id, fm_mode_name(step->mode));
		if ((step->kind == FM_STEP_TOUCH || step->kind == FM_STEP_DETACH) &&
		    !usb_has_mode(device, FM_MODE_APPLICATION))
			fm_finding(findings, fm_xml_line(node),
				   "'%s' has no <usb> of its application, which <%s> needs",
				   device->id, fm_xml_name(node));
		if (step->kind == FM_STEP_REQUEST && device->usb_count == 0)
			fm_finding(findings, fm_xml_line(node),
				   "'%s' has no <usb>, which <request> needs", device->id);
	}
}

void fm_def_check_modes(const struct _xmlNode *node, const struct fm_loader *loader,
			const struct fm_device *device, struct fm_findings *findings)
{
	if (loader->wire != FM_WIRE_SERIAL && !usb_has_mode(device, loader->mode))
		fm_finding(findings, fm_xml_line(node),
			   "loader '%s' speaks in the mode '%s', in which '%s' has no <usb>",
			   loader->name, fm_mode_name(loader->mode), device->id);
	usb_check_steps(fm_xml_child(node, "enter"), &loader->enter, device, findings);
	usb_check_steps(fm_xml_child(node, "leave"), &loader->leave, device, findings);
}
