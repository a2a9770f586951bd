#include "package/guid.h"

#include <stdio.h>
#include <string.h>

#include <uuid/uuid.h>

void fm_guid_of(const char *instance_id, char ret[FM_GUID_TEXT])
{
	uuid_t guid;

	uuid_generate_sha1(guid, *uuid_get_template("dns"), instance_id, strlen(instance_id));
	uuid_unparse_lower(guid, ret);
}

bool fm_guid_parse(const char *text, char ret[FM_GUID_TEXT])
{
	uuid_t guid;

	if (strlen(text) != FM_GUID_TEXT - 1 || uuid_parse(text, guid) != 0)
		return false;
	uuid_unparse_lower(guid, ret);
	return true;
}

void fm_instances_usb(uint16_t vid, uint16_t pid, uint16_t release,
		      char ret[FM_INSTANCES_USB][FM_INSTANCE_TEXT])
{
	snprintf(ret[0], FM_INSTANCE_TEXT, "USB\\VID_%04X&PID_%04X&REV_%04X", vid, pid, release);
	snprintf(ret[1], FM_INSTANCE_TEXT, "USB\\VID_%04X&PID_%04X", vid, pid);
}
