#include "usb-rig.h"

#include "base/bytes.h"
#include "base/text.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RIG_STEP_MS 20     /* between two looks at the bus */
#define RIG_STRANGER 100u  /* what another unit's addresses differ by */
#define RIG_TTY "/dev/rig" /* where the unit has a serial port */

/* --- what is on the bus --- */

static void rig_interfaces(const struct fm_usb_descriptors *from, struct fm_usb_device *ret)
{
	const uint8_t *one;

	for (size_t at = 0; (one = fm_usb_descriptor_next(from->config, from->config_len, &at,
							  FM_USB_DESCRIPTOR_INTERFACE));) {
		struct fm_usb_interface *to = &ret->interfaces[ret->interface_count];

		if (one[3] > 0) {
			to[-1].alternates++;
			continue;
		}
		*to = (struct fm_usb_interface){ one[2], one[5], one[6], one[7], 1,
						 "",     "",     "",     "",     "" };
		if (one[5] == 2)
			fm_text_copy(to->tty, sizeof(to->tty), RIG_TTY);
		ret->interface_count++;
	}
}

static void rig_swap(struct usb_rig *rig)
{
	if (!rig->other || rig->opened < rig->swap_after)
		return;
	rig->unit->ops->free(rig->unit);
	rig->unit = rig->core = rig->other;
	rig->other = NULL;
	rig->swapped++;
}

static bool rig_look(void *user, const char *usb_path, struct fm_usb_device *ret,
		     struct fm_error *err)
{
	struct usb_rig *rig = user;
	const uint8_t *device;
	struct fm_link *link;

	rig_swap(rig);
	if (!fm_sim_usb_link_open(rig->unit, false, -1, &rig->clock, NULL, &link, err))
		return false;
	*ret = (struct fm_usb_device){ .bus = 1, .access = true };
	fm_text_copy(ret->path, sizeof(ret->path), usb_path);
	device = link->usb_descriptors->device;
	ret->vid = fm_get_le16(device + 8);
	ret->pid = fm_get_le16(device + 10);
	ret->release = fm_get_le16(device + 12);
	ret->address = rig->unit->seen.count + rig->swapped * RIG_STRANGER;
	if (!link->usb->string(link, device[15], ret->product, sizeof(ret->product), err) ||
	    !link->usb->string(link, device[16], ret->serial, sizeof(ret->serial), err)) {
		fm_link_close(link);
		return false;
	}
	rig_interfaces(link->usb_descriptors, ret);
	fm_link_close(link);
	return true;
}

static bool rig_is_wanted(const struct fm_wanted *wanted, const struct fm_usb_device *device)
{
	for (size_t i = 0; i < wanted->count; i++) {
		if (wanted->matches[i].mode == wanted->mode &&
		    fm_usb_match_find(&wanted->matches[i], 1, device))
			return true;
	}
	return false;
}

/* As fm_follow_wait does it, in virtual time. */
static bool rig_follow(void *user, const char *usb_path, const struct fm_wanted *wanted,
		       const atomic_bool *cancel, struct fm_usb_device *ret, struct fm_error *err)
{
	struct usb_rig *rig = user;
	struct fm_deadline deadline = fm_in_ms(&rig->clock.clock, wanted->within_ms);
	bool there = false, stayed = false;

	while (rig->hand == RIG_CANCEL_IN_ENTER && !atomic_load(cancel))
		usleep(100);
	while (!fm_expired(&rig->clock.clock, deadline)) {
		if (atomic_load(cancel))
			return fm_fail(err, FM_CANCELLED, "cancelled while waiting");
		there = rig_look(rig, usb_path, ret, err);
		if (!there && err->code != FM_GONE)
			return false;
		stayed = there && wanted->not_address && ret->address == wanted->not_address;
		if (there && !stayed && rig_is_wanted(wanted, ret))
			return true;
		fm_sim_usb_pass(rig->unit, &rig->clock, RIG_STEP_MS);
	}
	if (!there)
		return fm_fail(err, FM_TIMEOUT, "the unit left usb %s and nothing came back",
			       usb_path);
	return fm_fail(err, FM_TIMEOUT, "the unit at usb %s %s %04x:%04x", usb_path,
		       stayed ? "did not leave: it is still" : "came back as", ret->vid, ret->pid);
}

/* --- links --- */

/* The one that is open, and how it closes by itself. */
static struct usb_rig *rig_of_link;
static void (*rig_close_inner)(struct fm_link *);

static void rig_close(struct fm_link *link)
{
	struct usb_rig *rig = rig_of_link;
	bool struck;

	link->close = rig_close_inner;
	rig->transfers += fm_fault_count(link);
	struck = rig->fault.kind == FM_FAULT_CUT && rig->transfers >= rig->fault.nth;
	fm_link_close(link);
	if (rig->cut_unplugs && struck && !rig->unplugged) {
		rig->unplugged = true;
		rig->unit->ops->power(rig->unit, rig->clock.now_ns, false);
		fm_sim_usb_pass(rig->unit, &rig->clock, 1);
	}
}

static bool rig_open(void *user, const struct fm_usb_device *device,
		     const struct fm_usb_claim *claim, const atomic_bool *cancel,
		     struct fm_link **ret_link, struct fm_error *err)
{
	struct usb_rig *rig = user;
	struct fm_fault fault = rig->fault;
	struct fm_link *link;

	(void)device;
	rig->opened++;
	if (fault.nth > rig->transfers)
		fault.nth -= rig->transfers;
	else
		fault.kind = FM_FAULT_NONE;
	if (!fm_sim_usb_link_open(rig->unit, false, claim->class_code, &rig->clock, cancel, &link,
				  err))
		return false;
	if (!fm_fault_open(link, &fault, ret_link, err)) {
		fm_link_close(link);
		return false;
	}
	rig_of_link = rig;
	rig_close_inner = (*ret_link)->close;
	(*ret_link)->close = rig_close;
	return true;
}

/* What opening the port at 1200 baud, dropping DTR and closing it sends. */
static bool rig_touch(void *user, const char *port, unsigned baud, const atomic_bool *cancel,
		      struct fm_error *err)
{
	struct usb_rig *rig = user;
	const struct fm_usb_setup coding = { 0x21, 0x20, 0, 0 }, lines = { 0x21, 0x22, 0, 0 };
	uint8_t line[7] = { 0, 0, 0, 0, 0, 0, 8 };
	struct fm_link *link;
	bool good;

	assert_string_equal(port, RIG_TTY);
	fm_put_le32(line, baud);
	if (!fm_sim_usb_link_open(rig->unit, false, 2, &rig->clock, cancel, &link, err))
		return false;
	good = fm_usb_control_out(link, &coding, line, sizeof(line), fm_in_ms(link->clock, 1000),
				  err) &&
	       fm_usb_control_out(link, &lines, NULL, 0, fm_in_ms(link->clock, 1000), err);
	fm_link_close(link);
	return good || err->code == FM_GONE;
}

static void rig_settle(void *user, const char *port)
{
	struct usb_rig *rig = user;

	assert_string_equal(port, RIG_TTY);
	rig->settled = true;
}

/* --- units --- */

void rig_unit(struct usb_rig *rig, struct fm_sim_usb *unit, struct fm_sim_usb *core)
{
	if (rig->unit)
		rig->unit->ops->free(rig->unit);
	fm_virtual_clock_init(&rig->clock);
	rig->unit = unit;
	rig->core = core;
	rig->unplugged = false;
	fm_sim_usb_pass(unit, &rig->clock, 10);
}

void rig_dfu(struct usb_rig *rig, const struct fm_sim_dfu_options *options)
{
	struct fm_error err;
	struct fm_sim_usb *unit;
	uint8_t *flash, old[2048];
	size_t len;

	assert_success(fm_sim_dfu_new(options, &unit, &err));
	fm_sim_dfu_flash(unit, &flash, &len);
	memset(flash, 0x33, len);
	if (options->runtime) {
		rig_application(old, sizeof(old), 0x0101);
		fm_sim_dfu_preset(unit, old, sizeof(old));
	}
	rig_unit(rig, unit, unit);
}

void rig_pico(struct usb_rig *rig, const struct fm_sim_picoboot_options *options)
{
	struct fm_error err;
	struct fm_sim_usb *unit;

	assert_success(fm_sim_picoboot_new(options, &unit, &err));
	rig_unit(rig, unit, unit);
}

void rig_replug(struct usb_rig *rig)
{
	rig->unit->ops->power(rig->unit, rig->clock.now_ns, false);
	fm_sim_usb_pass(rig->unit, &rig->clock, 500);
	rig->unit->ops->power(rig->unit, rig->clock.now_ns, true);
	fm_sim_usb_pass(rig->unit, &rig->clock, 500);
	rig->unplugged = false;
}

uint8_t *rig_flash(const struct usb_rig *rig)
{
	uint8_t *flash;
	size_t len;

	if (strncmp(rig->request.model, "rpi-", 4) == 0)
		return fm_sim_picoboot_flash(rig->core, &len);
	fm_sim_dfu_flash(rig->core, &flash, &len);
	return flash;
}

bool rig_holds_image(const struct usb_rig *rig)
{
	return memcmp(rig_flash(rig), rig->image, rig->image_len) == 0;
}

void rig_application(uint8_t *image, size_t len, uint16_t release)
{
	for (size_t i = 0; i < len; i++)
		image[i] = (uint8_t)(i * 31 + (i >> 8) * 7 + release);
	memcpy(image, "\x00\x10\x00\x20\x41\x00\x00\x08", 8); /* vectors of a Cortex-M */
	fm_put_le16(image + 16, release);
}

/* --- jobs --- */

int rig_setup(void **state)
{
	static struct usb_rig rig;
	static uint8_t image[64 << 10];
	struct fm_sim_dfu_options dfu;

	rig = (struct usb_rig){ .image = image, .image_len = RIG_IMAGE_LEN };
	home_open(&rig.home, 64);
	fm_sim_dfu_defaults(&dfu);
	rig_dfu(&rig, &dfu);
	rig_application(image, sizeof(image), 0x0102);
	rig.ways = (struct fm_ways){ .open_usb = rig_open,
				     .look = rig_look,
				     .follow = rig_follow,
				     .touch = rig_touch,
				     .settle = rig_settle,
				     .user = &rig };
	rig.request = home_request(&rig.home, "sim-dfu", &rig.ways);
	snprintf(rig.request.usb_path, sizeof(rig.request.usb_path), "9-%d", (int)getpid());
	snprintf(rig.request.port, sizeof(rig.request.port), "usb %s", rig.request.usb_path);
	*state = &rig;
	return 0;
}

int rig_teardown(void **state)
{
	struct usb_rig *rig = *state;

	rig->unit->ops->free(rig->unit);
	if (rig->other)
		rig->other->ops->free(rig->other);
	return home_close(&rig->home);
}

/* The unit does not take its third block before it is let. */
static struct usb_rig *rig_of_hold;
static const struct fm_sim_usb_ops *rig_hold_inner;
static struct fm_sim_usb_ops rig_holding;

static int rig_hold_control(struct fm_sim_usb *unit, int64_t now_ns, const uint8_t setup[8],
			    uint8_t *data)
{
	if (setup[0] == 0x21 && setup[1] == 1 && setup[2] == 2) {
		atomic_store(&rig_of_hold->held, true);
		while (!atomic_load(&rig_of_hold->released))
			usleep(100);
	}
	return rig_hold_inner->control(unit, now_ns, setup, data);
}

static void rig_hold(struct usb_rig *rig)
{
	rig_of_hold = rig;
	rig_hold_inner = rig->unit->ops;
	rig_holding = *rig_hold_inner;
	rig_holding.control = rig_hold_control;
	rig->unit->ops = &rig_holding;
	atomic_store(&rig->held, false);
	atomic_store(&rig->released, false);
}

static void rig_hand(struct usb_rig *rig, struct fm_job *job, const struct fm_event *event)
{
	if (event->kind == FM_EVENT_FACT && event->u.fact.kind == FM_FACT_LOADER)
		rig->told_cleared = strstr(event->u.fact.value, "dfuERROR cleared");
	if (event->kind == FM_EVENT_FACT && event->u.fact.kind == FM_FACT_SERIAL)
		rig->told_serial = true;
	if (event->kind != FM_EVENT_PHASE_BEGIN)
		return;
	rig->phases[event->phase] = true;
	if (rig->hand == RIG_CANCEL_IN_ENTER && event->phase == FM_PHASE_ENTER)
		assert_true(fm_job_cancel(job, FM_CANCELLED));
	if (rig->hand == RIG_STOP_IN_WRITE && event->phase == FM_PHASE_WRITE) {
		while (!atomic_load(&rig->held))
			usleep(100);
		assert_false(fm_job_cancel(job, FM_CANCELLED));
		fm_job_stop(job);
		atomic_store(&rig->released, true);
	}
}

static void rig_watch(struct usb_rig *rig, struct fm_job *job)
{
	struct fm_event event = { 0 };

	while (event.kind != FM_EVENT_END) {
		struct pollfd fd = { fm_queue_fd(rig->home.queue), POLLIN, 0 };

		assert_int_equal(poll(&fd, 1, 60000), 1);
		while (event.kind != FM_EVENT_END && fm_queue_get(rig->home.queue, &event))
			rig_hand(rig, job, &event);
	}
	rig->end = event.u.end;
}

void rig_run(struct usb_rig *rig)
{
	struct fm_error err;
	enum fm_verb verb = rig->request.verb;
	struct fm_image image;
	struct fm_job *job;

	fm_image_init(&image);
	rig->request.image = NULL;
	if (verb == FM_VERB_FLASH || verb == FM_VERB_CHECK || verb == FM_VERB_VERIFY) {
		assert_success(
			fm_image_parse("image", rig->image, rig->image_len, NULL, &image, &err));
		rig->request.image = &image;
	}
	if (rig->mcuboot_version) {
		image.format = "mcuboot";
		fm_text_copy(image.version, sizeof(image.version), rig->mcuboot_version);
	}
	rig->opened = rig->transfers = 0;
	rig->told_cleared = rig->told_serial = false;
	memset(rig->phases, 0, sizeof(rig->phases));
	if (rig->hand == RIG_STOP_IN_WRITE)
		rig_hold(rig);
	assert_success(fm_job_start(&rig->request, &job, &err));
	rig_watch(rig, job);
	fm_job_free(job);
	fm_image_done(&image);
	if (rig->hand == RIG_STOP_IN_WRITE)
		rig->unit->ops = rig_hold_inner;
}

void rig_do(struct usb_rig *rig, enum fm_verb verb)
{
	rig->request.verb = verb;
	rig_run(rig);
}

void rig_back_up(struct usb_rig *rig, uint8_t *ret_data, size_t *ret_len, size_t most)
{
	FILE *file;

	snprintf(rig->request.backup_path, sizeof(rig->request.backup_path), "%s/backup",
		 rig->home.folder);
	rig->request.backup_format = &fm_format_raw;
	rig->request.backup_replace = true;
	rig_do(rig, FM_VERB_BACKUP);
	file = fopen(rig->request.backup_path, "rb");
	*ret_len = file ? fread(ret_data, 1, most, file) : 0;
	if (file)
		fclose(file);
}

void rig_model(struct usb_rig *rig, const char *model)
{
	fm_text_copy(rig->request.model, sizeof(rig->request.model), model);
}

void rig_assert_end(const struct usb_rig *rig, enum fm_outcome outcome, enum fm_code code,
		    enum fm_unit_state unit_state)
{
	if (rig->end.outcome != outcome || rig->end.code != code ||
	    rig->end.unit_state != unit_state)
		fail_msg("%s E%d %s (%s)", fm_outcome_name(rig->end.outcome),
			 fm_error_info(rig->end.code)->number,
			 fm_unit_state_name(rig->end.unit_state), rig->end.error.text);
}
