#include "front/tui/work.h"

#include "base/text.h"
#include "front/firmware/firmware.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORK_QUEUE 256
#define WORK_MOST 32 /* jobs at once */

struct fm_work {
	const struct fm_tui_options *options;
	struct fm_queue *queue;
	struct {
		uint64_t number;
		struct fm_job *job; /* NULL = free */
		/* what it was asked, which lives as long as the job */
		struct fm_job_request request;
		struct fm_package package;
	} running[WORK_MOST];
	struct fm_error problem;
};

bool fm_work_new(const struct fm_tui_options *options, struct fm_work **ret_work,
		 struct fm_error *err)
{
	struct fm_work *work = calloc(1, sizeof(*work));

	if (!work)
		return fm_fail(err, FM_NO_MEMORY, "no memory for jobs");
	work->options = options;
	if (!fm_queue_new(sizeof(struct fm_event), WORK_QUEUE, &work->queue, err)) {
		free(work);
		return false;
	}
	*ret_work = work;
	return true;
}

void fm_work_free(struct fm_work *work)
{
	if (!work)
		return;
	fm_queue_close(work->queue);
	for (size_t i = 0; i < WORK_MOST; i++) {
		fm_job_free(work->running[i].job);
		fm_package_done(&work->running[i].package);
	}
	fm_queue_free(work->queue);
	free(work);
}

int fm_work_fd(const struct fm_work *work)
{
	return fm_queue_fd(work->queue);
}

size_t fm_work_running(const struct fm_work *work)
{
	size_t count = 0;

	for (size_t i = 0; i < WORK_MOST; i++)
		count += work->running[i].job != NULL;
	return count;
}

const struct fm_error *fm_work_problem(const struct fm_work *work)
{
	return &work->problem;
}

/* What the job itself knows after its end, before it is forgotten. */
static void work_keep(const struct fm_job *job, struct fm_ui *ui, struct fm_ui_job *shown)
{
	const struct fm_loader *loader = fm_job_loader(job);
	struct fm_ui_unit *unit = fm_ui_unit(ui, shown->unit);

	shown->plan = strdup(fm_job_plan_text(job));
	shown->at = *fm_job_at(job);
	if (!loader)
		return;
	fm_ui_job_stays(shown, fm_job_plan(job), &loader->memory, loader->mode);
	if (shown->map.count == 0)
		fm_ui_map_make(&shown->map, fm_job_plan(job), &loader->memory);
	if (!unit || unit->attachment != shown->attachment)
		return;
	unit->memory = loader->memory;
	fm_text_copy(unit->loader, sizeof(unit->loader), loader->name);
	fm_text_copy(unit->chip, sizeof(unit->chip), loader->chip_name);
}

/* A package that cannot follow on what runs: which ones lead there. */
static void work_offer_path(const struct fm_work *work, const struct fm_job_request *request,
			    const struct fm_ui_job *shown, struct fm_job_end *end)
{
	struct fm_error err = end->error;

	err.code = end->code;
	fm_firmware_offer_path(request, &shown->identity, work->options->library, &err);
	memcpy(end->error.hint, err.hint, sizeof(end->error.hint));
}

static void work_end(struct fm_work *work, struct fm_ui *ui, struct fm_event *event)
{
	struct fm_ui_job *shown = fm_ui_job(ui, event->job);

	for (size_t i = 0; i < WORK_MOST; i++) {
		if (!work->running[i].job || work->running[i].number != event->job)
			continue;
		work_keep(work->running[i].job, ui, shown);
		fm_job_free(work->running[i].job);
		work->running[i].job = NULL;
		work_offer_path(work, &work->running[i].request, shown, &event->u.end);
		fm_package_done(&work->running[i].package);
	}
	if (event->u.end.changed && event->u.end.code != FM_OK && work->problem.code == FM_OK) {
		work->problem = event->u.end.error;
		work->problem.code = event->u.end.code;
	}
}

bool fm_work_take(struct fm_work *work, struct fm_ui *ui, bool *ret_ended)
{
	struct fm_event event;
	bool any = false;

	while (fm_queue_get(work->queue, &event)) {
		any = true;
		if (event.kind == FM_EVENT_END) {
			work_end(work, ui, &event);
			*ret_ended = true;
		}
		fm_ui_job_event(ui, &event);
	}
	return any;
}

void fm_work_look(const struct fm_work *work, struct fm_ui *ui)
{
	for (size_t i = 0; i < WORK_MOST; i++) {
		struct fm_ui_job *shown =
			work->running[i].job ? fm_ui_job(ui, work->running[i].number) : NULL;

		if (shown)
			shown->limit_ns = fm_job_gives_up_ns(work->running[i].job);
	}
}

/* They count for one job: before the next somebody has to look again. */
static void work_answers(struct fm_ui_job *check, struct fm_job_request *ret)
{
	for (size_t i = 0; i < check->asked_count; i++) {
		struct fm_job_answer *answer = &ret->answers[ret->answer_count++];

		fm_text_copy(answer->id, sizeof(answer->id), check->asked[i].id);
		fm_text_copy(answer->text, sizeof(answer->text), check->asked[i].given);
		*check->asked[i].given = '\0';
	}
}

/* What was chosen of this unit's jobs. A check answers for the flash that it leads to. */
static bool work_choices(const struct fm_ui_unit *unit, const struct fm_ui_request *request,
			 struct fm_job_request *ret, struct fm_chosen *chosen, struct fm_error *err)
{
	enum fm_verb verb = request->verb == FM_VERB_CHECK ? FM_VERB_FLASH : request->verb;
	int64_t now_s = (int64_t)time(NULL);

	if (!fm_choices_apply(&unit->choices, verb, ret, chosen, err))
		return false;
	if (!fm_ui_request_changes(request) || chosen->not_before_s <= now_s)
		return true;
	fm_fail(err, FM_WINDOW, "the window begins in %lld s; nothing was started",
		(long long)(chosen->not_before_s - now_s));
	return fm_hint(err, "start it then, or take not-before back with x (options)");
}

/* What was confirmed is what runs: the same plan, the same unit. */
static bool work_confirmed(struct fm_ui *ui, const struct fm_ui_request *request,
			   struct fm_job_request *ret, struct fm_ui_job *shown,
			   struct fm_error *err)
{
	struct fm_ui_job *check = fm_ui_job(ui, request->check);

	if (!check || check->running || check->end.code != FM_OK || !*check->plan_sha256 ||
	    check->chosen != shown->chosen)
		return fm_fail(err, FM_REFUSED, "no plan was confirmed for this unit");
	work_answers(check, ret);
	memcpy(ret->plan_sha256, check->plan_sha256, sizeof(ret->plan_sha256));
	ret->expected = check->identity;
	ret->seen = check->at;
	shown->map = check->map;
	fm_ui_map_restart(&shown->map);
	fm_text_copy(shown->stays, sizeof(shown->stays), check->stays);
	return true;
}

static bool work_request(const struct fm_work *work, struct fm_ui *ui,
			 const struct fm_ui_request *request, const struct fm_ui_unit *unit,
			 struct fm_ui_job *shown, struct fm_job_request *ret, struct fm_error *err)
{
	const struct fm_tui_options *options = work->options;

	*ret = (struct fm_job_request){ .verb = request->verb,
					.number = shown->number,
					.catalog = options->catalog,
					.queue = work->queue,
					.dry_run = request->dry_run,
					.state_folder = options->state_folder };
	ret->restore_job = request->source;
	fm_text_copy(ret->restore_sha256, sizeof(ret->restore_sha256), request->backup);
	/* a dry run is not recorded, but backups are found in the records */
	if (!fm_ui_verb_asks(request->verb) &&
	    (!request->dry_run || request->verb != FM_VERB_ERASE)) {
		ret->store = options->store;
		if (!ret->store || (!request->dry_run && options->store_err.code != FM_OK)) {
			*err = options->store_err;
			return false;
		}
	}
	fm_text_copy(ret->model, sizeof(ret->model), shown->model);
	fm_text_copy(ret->port, sizeof(ret->port), unit->seen.path);
	fm_text_copy(ret->usb_path, sizeof(ret->usb_path), unit->seen.usb_path);
	fm_text_copy(ret->slot, sizeof(ret->slot), unit->seen.slot);
	if (unit->seen.usb.address)
		ret->seen = unit->seen.usb;
	fm_text_copy(ret->file, sizeof(ret->file), request->path);
	fm_text_clean(ret->file);
	if (request->verb == FM_VERB_BACKUP)
		fm_text_copy(ret->backup_path, sizeof(ret->backup_path), request->path);
	return !fm_ui_request_changes(request) || work_confirmed(ui, request, ret, shown, err);
}

/* The file, read once: what is proved of it is what is written. */
static bool work_file(const struct fm_work *work, struct fm_ui *ui, const char *path,
		      const struct fm_chosen *chosen, struct fm_package *package,
		      struct fm_job_request *request, struct fm_image *image,
		      char ret_sha256[FM_SHA256_TEXT], struct fm_error *err)
{
	struct fm_keys keys = { 0 };
	const char *at;

	/* before it is read: a change while it is read counts, too */
	fm_host_stamp(path, &request->on_disk.stamp);
	if (!fm_package_load(path, package, err) ||
	    !fm_firmware_choose(package, work->options->catalog, request->model, chosen->release,
				request, err) ||
	    !fm_package_image(package, request->release, &chosen->image, image, err))
		return false;
	if (fm_firmware_is_signed(path, package, request))
		fm_firmware_keys(work->options->keys, &keys);
	at = keys.refused.data ? keys.refused.data : "";
	for (size_t len; *at; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		fm_ui_log(ui, FM_STYLE_WARN, request->number, "key left out: %.*s", (int)len, at);
	}
	fm_firmware_trust(path, package, &keys, request);
	fm_keys_done(&keys);
	fm_text_copy(request->on_disk.path, sizeof(request->on_disk.path), path);
	fm_text_copy(request->on_disk.sha256, sizeof(request->on_disk.sha256), package->sha256);
	/* as the library shows it (files.c) */
	memcpy(ret_sha256, *package->sha256 && request->release ? package->sha256 : image->sha256,
	       FM_SHA256_TEXT);
	request->image = image;
	return true;
}

static bool work_launch(struct fm_work *work, struct fm_ui *ui, const struct fm_ui_request *request,
			const struct fm_ui_unit *unit, struct fm_ui_job *shown,
			struct fm_error *err)
{
	FM_IMAGE_DONE struct fm_image image;
	struct fm_job_request *of_job;
	struct fm_package *package;
	struct fm_chosen chosen;
	size_t slot = 0;

	fm_image_init(&image);
	while (slot < WORK_MOST && work->running[slot].job)
		slot++;
	if (slot == WORK_MOST)
		return fm_fail(err, FM_BUSY, "%d jobs run already", WORK_MOST);
	of_job = &work->running[slot].request;
	package = &work->running[slot].package;
	if (!work_request(work, ui, request, unit, shown, of_job, err) ||
	    !work_choices(unit, request, of_job, &chosen, err))
		return false;
	/* before a minute of reading */
	if (*of_job->backup_path && !of_job->backup_replace &&
	    access(of_job->backup_path, F_OK) == 0)
		return fm_fail(err, FM_FILE_WRITE, "%s exists already", request->path) ||
		       fm_hint(err, "Choose another name, or the option replace.");
	if ((*request->path && request->verb != FM_VERB_BACKUP &&
	     !work_file(work, ui, request->path, &chosen, package, of_job, &image, shown->sha256,
			err)) ||
	    !fm_job_start(of_job, &work->running[slot].job, err)) {
		fm_package_done(package);
		return false;
	}
	of_job->image = NULL; /* the job has its content */
	work->running[slot].number = shown->number;
	return true;
}

void fm_work_start(struct fm_work *work, struct fm_ui *ui, const struct fm_ui_request *request)
{
	struct fm_ui_unit *unit = fm_ui_unit(ui, request->unit);
	struct fm_ui_job *shown;
	struct fm_error err = { 0 };

	if (!unit)
		return;
	shown = fm_ui_job_new(ui, unit, request);
	if (!fm_ui_verb_asks(request->verb) && !request->dry_run) {
		unit->job = ui->job = shown->number;
		ui->unit = unit->id;
		if (fm_ui_top(ui) == FM_VIEW_PREFLIGHT)
			fm_ui_turn(ui, FM_VIEW_PROGRESS);
		else
			fm_ui_go(ui, FM_VIEW_PROGRESS);
	}
	fm_ui_say(ui, FM_STYLE_PLAIN, false, "%s %s: %s begins", ui->clock,
		  fm_ui_port(unit->seen.path), fm_ui_job_word(shown));
	if (!work_launch(work, ui, request, unit, shown, &err))
		fm_ui_job_refused(ui, shown, &err);
}

void fm_work_stop(struct fm_work *work, struct fm_ui *ui, uint64_t number)
{
	struct fm_ui_job *shown = fm_ui_job(ui, number);

	for (size_t i = 0; i < WORK_MOST; i++) {
		if (!work->running[i].job || work->running[i].number != number)
			continue;
		if (!fm_job_cancel(work->running[i].job, FM_CANCELLED))
			fm_job_stop(work->running[i].job);
		if (shown)
			shown->stopping = true;
	}
}

void fm_work_cancel(struct fm_work *work, enum fm_code code)
{
	for (size_t i = 0; i < WORK_MOST; i++) {
		/* One that writes goes on to its record. */
		if (work->running[i].job && fm_job_cancel(work->running[i].job, code))
			continue;
	}
}
