#include "front/tui/work.h"

#include "base/text.h"
#include "front/tui/errand.h"
#include "front/tui/jobfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORK_QUEUE 256
#define WORK_MOST 32 /* jobs at once */

/* First its file is read, then the job runs, then it is looked for what leads to a package that
 * can't follow yet. What it was asked lives as long as it. */
struct work_slot {
	uint64_t number;
	struct fm_job *job;
	struct fm_errand reading, offering;
	enum fm_code cancelled; /* while its file was read, FM_OK = it was not */
	struct fm_choices choices;
	struct fm_chosen chosen; /* of them */
	struct fm_job_request request;
	struct fm_jobfile file;
	struct fm_event end; /* while it is looked what leads there */
};

struct fm_work {
	const struct fm_tui_options *options;
	struct fm_queue *queue;
	int news; /* of files that were read */
	struct work_slot running[WORK_MOST];
	struct fm_error problem;
};

static bool work_is_taken(const struct work_slot *slot)
{
	return slot->job || slot->reading.runs || slot->offering.runs;
}

/* Nothing waits for a file that is still read for a job that was cancelled. */
static bool work_runs(const struct work_slot *slot)
{
	return slot->job || slot->offering.runs || (slot->reading.runs && slot->cancelled == FM_OK);
}

bool fm_work_new(const struct fm_tui_options *options, struct fm_work **ret_work,
		 struct fm_error *err)
{
	struct fm_work *work = calloc(1, sizeof(*work));

	if (!work)
		return fm_fail(err, FM_NO_MEMORY, "no memory for jobs");
	work->options = options;
	work->news = fm_errand_news();
	if (work->news < 0)
		fm_fail_os(err, FM_INTERNAL, errno, "eventfd");
	if (work->news < 0 ||
	    !fm_queue_new(sizeof(struct fm_event), WORK_QUEUE, &work->queue, err)) {
		if (work->news >= 0)
			close(work->news);
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
		fm_errand_wait(&work->running[i].reading);
		fm_errand_wait(&work->running[i].offering);
		fm_job_free(work->running[i].job);
		fm_jobfile_done(&work->running[i].file);
	}
	fm_queue_free(work->queue);
	close(work->news);
	free(work);
}

int fm_work_fd(const struct fm_work *work)
{
	return fm_queue_fd(work->queue);
}

int fm_work_news(const struct fm_work *work)
{
	return work->news;
}

size_t fm_work_running(const struct fm_work *work)
{
	size_t count = 0;

	for (size_t i = 0; i < WORK_MOST; i++)
		count += work_runs(&work->running[i]);
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
	fm_ui_fates_make(&shown->fates, fm_job_plan(job), &loader->memory);
	if (shown->map.count == 0)
		fm_ui_map_make(&shown->map, fm_job_plan(job), &loader->memory);
	if (!unit || unit->attachment != shown->attachment)
		return;
	unit->memory = loader->memory;
	fm_text_copy(unit->loader, sizeof(unit->loader), loader->name);
	fm_text_copy(unit->chip, sizeof(unit->chip), loader->chip_name);
}

/* A package that cannot follow on what runs: which ones lead there? For that the library is read.
 * False: there is nothing to be asked. */
static bool work_offers(struct fm_work *work, const struct fm_ui *ui, struct work_slot *slot,
			const struct fm_event *event)
{
	struct fm_error err;

	if (event->u.end.code != FM_BLOCKED_REQUIREMENT || !slot->request.component)
		return false;
	slot->end = *event;
	slot->file.identity = fm_ui_job(ui, slot->number)->identity;
	slot->file.err = event->u.end.error;
	slot->file.err.code = event->u.end.code;
	return fm_errand_begin(&slot->offering, work->news, fm_jobfile_offer, &slot->file, &err);
}

/* Its end is told. */
static void work_close(struct fm_work *work, struct fm_ui *ui, struct work_slot *slot,
		       const struct fm_event *event)
{
	const struct fm_job_end *end = &event->u.end;

	fm_jobfile_done(&slot->file);
	if (end->changed && end->code != FM_OK && work->problem.code == FM_OK) {
		work->problem = end->error;
		work->problem.code = end->code;
	}
	fm_ui_job_event(ui, event);
}

static struct work_slot *work_slot(struct fm_work *work, uint64_t number)
{
	for (size_t i = 0; i < WORK_MOST; i++) {
		if (work->running[i].job && work->running[i].number == number)
			return &work->running[i];
	}
	return NULL;
}

/* True: it is told. */
static bool work_end(struct fm_work *work, struct fm_ui *ui, const struct fm_event *event)
{
	struct work_slot *slot = work_slot(work, event->job);

	if (!slot) /* it had no thread, which was told */
		return false;
	work_keep(slot->job, ui, fm_ui_job(ui, event->job));
	fm_job_free(slot->job);
	slot->job = NULL;
	if (work_offers(work, ui, slot, event))
		return false;
	work_close(work, ui, slot, event);
	return true;
}

static bool work_begin(struct work_slot *slot, struct fm_error *err)
{
	if (!fm_job_start(&slot->request, &slot->job, err))
		return false;
	slot->request.image = NULL; /* the job has its content */
	return true;
}

static void work_refused_keys(struct fm_ui *ui, const struct work_slot *slot)
{
	const char *at = slot->file.refused.data ? slot->file.refused.data : "";

	for (size_t len; *at; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		fm_ui_log(ui, FM_STYLE_WARN, slot->number, "key left out: %.*s", (int)len, at);
	}
}

/* The file of a job was read. */
static void work_read(struct work_slot *slot, struct fm_ui *ui)
{
	struct fm_ui_job *shown = fm_ui_job(ui, slot->number);
	struct fm_error err = slot->file.err;

	if (slot->cancelled != FM_OK) {
		fm_jobfile_done(&slot->file);
		return;
	}
	shown->reading = false;
	shown->heard_ns = ui->now_ns;
	work_refused_keys(ui, slot);
	memcpy(shown->sha256, slot->file.sha256, sizeof(shown->sha256));
	slot->request.image = &slot->file.image;
	if (slot->file.good && work_begin(slot, &err))
		return;
	fm_jobfile_done(&slot->file);
	fm_ui_job_refused(ui, shown, &err);
}

/* Files that were read. */
static bool work_news(struct fm_work *work, struct fm_ui *ui, bool *ret_ended)
{
	bool any = false;

	fm_errand_heard(work->news);
	for (size_t i = 0; i < WORK_MOST; i++) {
		struct work_slot *slot = &work->running[i];

		if (fm_errand_ended(&slot->reading)) {
			work_read(slot, ui);
			any = true;
		} else if (fm_errand_ended(&slot->offering)) {
			memcpy(slot->end.u.end.error.hint, slot->file.err.hint,
			       sizeof(slot->end.u.end.error.hint));
			work_close(work, ui, slot, &slot->end);
			any = *ret_ended = true;
		}
	}
	return any;
}

bool fm_work_take(struct fm_work *work, struct fm_ui *ui, bool *ret_ended)
{
	bool any = work_news(work, ui, ret_ended);
	struct fm_event event;

	while (fm_queue_get(work->queue, &event)) {
		any = true;
		if (event.kind != FM_EVENT_END)
			fm_ui_job_event(ui, &event);
		else if (work_end(work, ui, &event))
			*ret_ended = true;
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
static bool work_choices(const struct fm_choices *choices, const struct fm_ui_request *request,
			 struct fm_job_request *ret, struct fm_chosen *chosen, struct fm_error *err)
{
	enum fm_verb verb = request->verb == FM_VERB_CHECK ? FM_VERB_FLASH : request->verb;
	int64_t now_s = (int64_t)time(NULL);

	if (!fm_choices_apply(choices, verb, ret, chosen, err))
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

/* What stands in the way of it without its file. */
static bool work_asked(const struct fm_work *work, struct fm_ui *ui,
		       const struct fm_ui_request *request, const struct fm_ui_unit *unit,
		       struct fm_ui_job *shown, struct work_slot *slot, struct fm_error *err)
{
	struct fm_job_request *of_job = &slot->request;

	slot->number = shown->number;
	slot->cancelled = FM_OK;
	slot->choices = unit->choices;
	if (!work_request(work, ui, request, unit, shown, of_job, err) ||
	    !work_choices(&slot->choices, request, of_job, &slot->chosen, err))
		return false;
	/* before a minute of reading */
	if (*of_job->backup_path && !of_job->backup_replace &&
	    access(of_job->backup_path, F_OK) == 0)
		return fm_fail(err, FM_FILE_WRITE, "%s exists already", request->path) ||
		       fm_hint(err, "Choose another name, or the option replace.");
	return true;
}

static bool work_launch(struct fm_work *work, struct fm_ui *ui, const struct fm_ui_request *request,
			const struct fm_ui_unit *unit, struct fm_ui_job *shown,
			struct fm_error *err)
{
	struct work_slot *slot = work->running;

	while (slot < work->running + WORK_MOST && work_is_taken(slot))
		slot++;
	if (slot == work->running + WORK_MOST)
		return fm_fail(err, FM_BUSY, "%d jobs run already", WORK_MOST);
	if (!work_asked(work, ui, request, unit, shown, slot, err))
		return false;
	if (!*request->path || request->verb == FM_VERB_BACKUP)
		return work_begin(slot, err);
	slot->file = (struct fm_jobfile){ .options = work->options,
					  .chosen = &slot->chosen,
					  .request = &slot->request };
	fm_text_copy(slot->file.path, sizeof(slot->file.path), request->path);
	shown->reading =
		fm_errand_begin(&slot->reading, work->news, fm_jobfile_read, &slot->file, err);
	return shown->reading;
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

/* The unit is free at once, however long the file takes. */
static void work_cancel(struct work_slot *slot, struct fm_ui *ui, enum fm_code code)
{
	struct fm_ui_job *shown = fm_ui_job(ui, slot->number);
	struct fm_error err;

	if (!slot->reading.runs || slot->cancelled != FM_OK)
		return;
	slot->cancelled = code;
	shown->reading = false;
	fm_fail(&err, code, "stopped while its file was read; the unit is as it was");
	fm_ui_job_refused(ui, shown, &err);
}

void fm_work_stop(struct fm_work *work, struct fm_ui *ui, uint64_t number)
{
	struct fm_ui_job *shown = fm_ui_job(ui, number);

	for (size_t i = 0; i < WORK_MOST; i++) {
		struct work_slot *slot = &work->running[i];

		if (!work_runs(slot) || slot->number != number)
			continue;
		work_cancel(slot, ui, FM_CANCELLED);
		if (!slot->job)
			continue;
		if (!fm_job_cancel(slot->job, FM_CANCELLED))
			fm_job_stop(slot->job);
		if (shown)
			shown->stopping = true;
	}
}

void fm_work_cancel(struct fm_work *work, struct fm_ui *ui, enum fm_code code)
{
	for (size_t i = 0; i < WORK_MOST; i++) {
		work_cancel(&work->running[i], ui, code);
		/* One that writes goes on to its record. */
		if (work->running[i].job && fm_job_cancel(work->running[i].job, code))
			continue;
	}
}
