#include "catalog/device.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

const char *fm_mode_name(enum fm_mode mode)
{
	static const char *const names[] = { [FM_MODE_APPLICATION] = "application",
					     [FM_MODE_BOOTLOADER] = "bootloader",
					     [FM_MODE_ROM] = "rom" };

	return names[mode];
}

static const char *const device_signings[] = { [FM_SIGNING_IGNORE] = "ignore",
					       [FM_SIGNING_WARN] = "warn",
					       [FM_SIGNING_REQUIRED] = "required" };

const char *fm_signing_name(enum fm_signing signing)
{
	return device_signings[signing];
}

bool fm_signing_parse(const char *name, enum fm_signing *ret)
{
	for (size_t i = 0; i < FM_COUNT(device_signings); i++) {
		if (strcmp(device_signings[i], name) == 0) {
			*ret = (enum fm_signing)i;
			return true;
		}
	}
	return false;
}

static void device_steps_done(struct fm_steps *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		free(steps->steps[i].data);
		free(steps->steps[i].text);
	}
	free(steps->steps);
}

static void device_question_done(struct fm_question *question)
{
	free(question->send);
	free(question->expect);
	free(question->in_image);
}

void fm_device_done(struct fm_device *device)
{
	free(device->usb);
	free(device->packages);
	for (size_t i = 0; i < device->loader_count; i++) {
		free(device->loaders[i].help);
		device_steps_done(&device->loaders[i].enter);
		device_steps_done(&device->loaders[i].leave);
	}
	if (device->blink) {
		device_steps_done(&device->blink->steps);
		free(device->blink);
	}
	if (device->question) {
		device_question_done(device->question);
		free(device->question);
	}
	if (device->region_question) {
		device_question_done(device->region_question);
		free(device->region_question);
	}
	for (size_t i = 0; i < device->post_check_count; i++)
		device_question_done(&device->post_checks[i].question);
	free(device->unknown);
	*device = (struct fm_device){ 0 };
}
