#include "front/tui/host.h"

#include "base/text.h"
#include "front/tui/files.h"

#include <stdio.h>

/* Still what was checked? The job asks it again before the first byte. */
static void host_file(const struct fm_ui *ui, struct fm_host_row *ret)
{
	const struct fm_ui_file *file = fm_files_find(ui, ui->path);

	*ret = (struct fm_host_row){ .name = "file", .state = FM_FITS };
	if (!*ui->path) /* no file is written */
		return;
	if (file) {
		fm_host_file(ui->path, &file->stamp, file->sha256, ret);
		return;
	}
	ret->state = FM_BLOCKED;
	fm_text_copy(ret->text, sizeof(ret->text), "it is not in the list of files any more");
}

/* Of a unit with a serial port that, else its node on USB. */
static void host_port(const struct fm_ui *ui, struct fm_host_row *ret)
{
	const struct fm_ui_unit *unit = fm_ui_unit(ui, ui->unit);

	*ret = (struct fm_host_row){ .name = "port", .state = FM_FITS };
	if (unit && !unit->left)
		fm_host_port(*unit->seen.path == '/' ? unit->seen.path : unit->seen.usb.node, ret);
}

void fm_host_look(struct fm_ui *ui, const struct fm_tui_options *options)
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
	host_file(ui, &host->file);
	host_port(ui, &host->port);
}

bool fm_host_fails(const struct fm_ui *ui)
{
	const struct fm_ui_host *host = &ui->host;

	return host->power.state == FM_BLOCKED || host->records.state == FM_BLOCKED ||
	       host->file.state == FM_BLOCKED || host->port.state == FM_BLOCKED;
}
