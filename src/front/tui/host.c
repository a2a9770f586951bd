#include "front/tui/host.h"

#include "base/text.h"
#include "front/tui/files.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define HOST_WAIT_MS 200

static void host_run(void *what)
{
	struct fm_host_changed *changed = what;

	fm_host_file(changed->path, &changed->then, changed->sha256, &changed->row);
}

/* Is that what is known of it, or is being found out? */
static bool host_same(const struct fm_host_changed *changed, const struct fm_ui_file *file,
		      const struct fm_host_stamp *now)
{
	return strcmp(changed->path, file->path) == 0 &&
	       strcmp(changed->sha256, file->sha256) == 0 &&
	       fm_host_same_stamp(&changed->then, &file->stamp) &&
	       fm_host_same_stamp(&changed->now, now);
}

/* Most are read within a moment. */
static bool host_begin(struct fm_host_changed *changed, const struct fm_ui_file *file,
		       const struct fm_host_stamp *now, struct fm_error *err)
{
	struct pollfd news = { -1, POLLIN, 0 };

	fm_text_copy(changed->path, sizeof(changed->path), file->path);
	memcpy(changed->sha256, file->sha256, sizeof(changed->sha256));
	changed->then = file->stamp;
	changed->now = *now;
	changed->known = false;
	if (changed->news <= 0)
		changed->news = fm_errand_news();
	if (changed->news < 0)
		return fm_fail_os(err, FM_INTERNAL, errno, "eventfd");
	fm_errand_heard(changed->news);
	if (!fm_errand_begin(&changed->errand, changed->news, host_run, changed, err))
		return false;
	news.fd = changed->news;
	poll(&news, 1, HOST_WAIT_MS);
	return true;
}

/* It is another one: with the same content all the same? */
static void host_changed(struct fm_host_changed *changed, const struct fm_ui_file *file,
			 const struct fm_host_stamp *now, struct fm_host_row *ret)
{
	struct fm_error err = { 0 };

	changed->known = fm_errand_ended(&changed->errand) || changed->known;
	if (!changed->errand.runs && !(changed->known && host_same(changed, file, now)) &&
	    host_begin(changed, file, now, &err))
		changed->known = fm_errand_ended(&changed->errand);
	ret->state = FM_BLOCKED;
	if (changed->known && host_same(changed, file, now))
		*ret = changed->row;
	else
		fm_text_copy(ret->text, sizeof(ret->text),
			     err.code != FM_OK
				     ? err.text
				     : "it was changed on the disk: reading it again ...");
}

/* Still what was checked? The job asks it again before the first byte. */
static void host_file(const struct fm_ui *ui, struct fm_host_changed *changed,
		      struct fm_host_row *ret)
{
	const struct fm_ui_file *file = fm_files_find(ui, ui->path);
	struct fm_host_stamp now;

	*ret = (struct fm_host_row){ .name = "file", .state = FM_FITS };
	if (!*ui->path) /* no file is written */
		return;
	if (!file) {
		ret->state = FM_BLOCKED;
		fm_text_copy(ret->text, sizeof(ret->text),
			     "it is not in the list of files any more");
	} else if (!fm_host_stamp(ui->path, &now) || fm_host_same_stamp(&now, &file->stamp)) {
		/* nothing is read for that */
		fm_host_file(ui->path, &file->stamp, file->sha256, ret);
	} else {
		host_changed(changed, file, &now, ret);
	}
}

/* Of a unit with a serial port that, else its node on USB. */
static void host_port(const struct fm_ui *ui, struct fm_host_row *ret)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);

	*ret = (struct fm_host_row){ .name = "port", .state = FM_FITS };
	if (unit && !unit->left)
		fm_host_port(*unit->seen.path == '/' ? unit->seen.path : unit->seen.usb.node, ret);
}

void fm_host_look(struct fm_ui *ui, const struct fm_tui_options *options,
		  struct fm_host_changed *changed)
{
	struct fm_ui_host *host = &ui->host;

	fm_host_power("/sys", &host->power);
	fm_host_room(options->state_folder, &host->room);
	fm_host_records(options->state_folder, &host->records);
	if (options->store_err.code != FM_OK) {
		host->records.state = FM_BLOCKED;
		fm_text_copy(host->records.text, sizeof(host->records.text),
			     options->store_err.text);
	}
	host_file(ui, changed, &host->file);
	host_port(ui, &host->port);
}

void fm_host_changed_done(struct fm_host_changed *changed)
{
	fm_errand_wait(&changed->errand);
	if (changed->news > 0)
		close(changed->news);
	*changed = (struct fm_host_changed){ 0 };
}

bool fm_host_fails(const struct fm_ui *ui)
{
	const struct fm_ui_host *host = &ui->host;

	return host->power.state == FM_BLOCKED || host->records.state == FM_BLOCKED ||
	       host->file.state == FM_BLOCKED || host->port.state == FM_BLOCKED;
}
