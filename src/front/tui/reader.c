#include "front/tui/reader.h"

#include "base/clock.h"
#include "front/tui/errand.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READER_MOST 4 /* one that is waited for; the others hang in files of earlier lists */
#define READER_MS INT64_C(1000000)

struct reader_slot {
	struct fm_errand errand;
	void (*read)(struct fm_ui_file *file);
	struct fm_ui_file file;
};

struct fm_reader {
	int news;
	struct reader_slot slots[READER_MOST];
};

bool fm_reader_new(void (*read)(struct fm_ui_file *file), struct fm_reader **ret_reader,
		   struct fm_error *err)
{
	struct fm_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return fm_fail(err, FM_NO_MEMORY, "no memory for reading files");
	for (size_t i = 0; i < READER_MOST; i++)
		reader->slots[i].read = read;
	reader->news = fm_errand_news();
	if (reader->news < 0) {
		free(reader);
		return fm_fail_os(err, FM_INTERNAL, errno, "eventfd");
	}
	*ret_reader = reader;
	return true;
}

void fm_reader_free(struct fm_reader *reader)
{
	if (!reader)
		return;
	for (size_t i = 0; i < READER_MOST; i++)
		fm_errand_wait(&reader->slots[i].errand);
	close(reader->news);
	free(reader);
}

int fm_reader_fd(const struct fm_reader *reader)
{
	return reader->news;
}

/* Its place in the list, where it is still the file that was begun with. */
static struct fm_ui_file *reader_place(const struct fm_ui *ui, const struct fm_ui_file *file)
{
	for (size_t i = 0; i < ui->file_count; i++) {
		if (ui->files[i].unread && strcmp(ui->files[i].path, file->path) == 0 &&
		    fm_host_same_stamp(&ui->files[i].stamp, &file->stamp))
			return &ui->files[i];
	}
	return NULL;
}

static void reader_run(void *what)
{
	struct reader_slot *slot = what;

	slot->read(&slot->file);
}

/* Is a file of this list being read? */
static bool reader_busy(const struct fm_reader *reader, const struct fm_ui *ui)
{
	for (size_t i = 0; i < READER_MOST; i++) {
		if (reader->slots[i].errand.runs && reader_place(ui, &reader->slots[i].file))
			return true;
	}
	return false;
}

static struct fm_ui_file *reader_next(const struct fm_ui *ui)
{
	struct fm_ui_file *next = NULL;

	for (size_t i = 0; i < ui->file_count; i++) {
		if (ui->files[i].unread && (!next || ui->files[i].len < next->len))
			next = &ui->files[i];
	}
	return next;
}

static bool reader_begin(struct fm_reader *reader, struct fm_ui *ui)
{
	struct fm_ui_file *next = reader_next(ui);
	size_t at = 0;

	while (at < READER_MOST && reader->slots[at].errand.runs)
		at++;
	if (!next || at == READER_MOST || reader_busy(reader, ui))
		return false;
	reader->slots[at].file = *next;
	if (fm_errand_begin(&reader->slots[at].errand, reader->news, reader_run, &reader->slots[at],
			    &next->problem))
		return false;
	next->unread = false;
	return true;
}

bool fm_reader_go(struct fm_reader *reader, struct fm_ui *ui)
{
	bool changed = false;

	fm_errand_heard(reader->news);
	for (size_t i = 0; i < READER_MOST; i++) {
		struct reader_slot *slot = &reader->slots[i];
		struct fm_ui_file *place;

		if (!fm_errand_ended(&slot->errand))
			continue;
		place = reader_place(ui, &slot->file);
		if (!place)
			continue;
		*place = slot->file;
		place->unread = false;
		changed = true;
	}
	while (reader_begin(reader, ui)) /* true: it could not, which is said */
		changed = true;
	return changed;
}

void fm_reader_wait(struct fm_reader *reader, struct fm_ui *ui, int ms)
{
	int64_t end_ns = fm_now_ns(fm_clock_real()) + ms * READER_MS, left_ns;
	struct pollfd news = { reader->news, POLLIN, 0 };

	for (;;) {
		fm_reader_go(reader, ui);
		left_ns = end_ns - fm_now_ns(fm_clock_real());
		if (left_ns <= 0 || !reader_busy(reader, ui))
			return;
		poll(&news, 1, (int)(left_ns / READER_MS) + 1);
	}
}
