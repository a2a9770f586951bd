#include "front/row/tally.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool tally_changes(const struct fm_record *record)
{
	static const char *const verbs[] = { "flash", "erase", "recover", "restore", "rollback" };

	for (size_t i = 0; i < FM_COUNT(verbs); i++) {
		if (strcmp(record->verb, verbs[i]) == 0)
			return true;
	}
	return false;
}

static struct fm_tally *tally_find(struct fm_tally *list, size_t *count,
				   const struct fm_record *record, enum fm_tally_by by)
{
	bool by_port = by == FM_TALLY_UNIT && !*record->unit;
	const char *name = by == FM_TALLY_SLOT ? record->slot
			   : by_port           ? record->port
					       : record->unit;
	struct fm_tally *tally;

	for (size_t i = 0; i < *count; i++) {
		if (list[i].by_port == by_port && strcasecmp(list[i].name, name) == 0)
			return &list[i];
	}
	tally = &list[(*count)++];
	*tally = (struct fm_tally){ .by_port = by_port };
	fm_text_copy(tally->name, sizeof(tally->name), name);
	fm_text_copy(tally->model, sizeof(tally->model), record->model);
	fm_text_copy(tally->newest, sizeof(tally->newest), record->start_utc);
	return tally;
}

static void tally_code(struct fm_tally *tally, int code)
{
	for (size_t i = 0; code && i < FM_TALLY_CODES; i++) {
		if (tally->codes[i].count && tally->codes[i].code != code)
			continue;
		tally->codes[i].code = code;
		tally->codes[i].count++;
		return;
	}
	tally->more_codes += code != 0;
}

static void tally_add(struct fm_tally *tally, const struct fm_record *record)
{
	tally->jobs++;
	tally_code(tally, record->code);
	if (!tally_changes(record))
		return;
	tally->passed += strcmp(record->outcome, "PASS") == 0;
	tally->failed += strcmp(record->outcome, "FAIL") == 0;
	tally->unclear += strcmp(record->outcome, "UNCLEAR") == 0;
}

static int tally_order(const void *a, const void *b)
{
	return strverscmp(((const struct fm_tally *)a)->name, ((const struct fm_tally *)b)->name);
}

bool fm_tally_make(const struct fm_record *records, size_t count, enum fm_tally_by by,
		   struct fm_tally **ret, size_t *ret_count, struct fm_error *err)
{
	struct fm_tally *list = calloc(count + 1, sizeof(*list));

	*ret = NULL;
	*ret_count = 0;
	if (!list)
		return fm_fail(err, FM_NO_MEMORY, "no memory to count records");
	for (size_t i = 0; i < count; i++) {
		if (by != FM_TALLY_SLOT || *records[i].slot)
			tally_add(tally_find(list, ret_count, &records[i], by), &records[i]);
	}
	qsort(list, *ret_count, sizeof(*list), tally_order);
	*ret = list;
	return true;
}

int fm_tally_yield(const struct fm_tally *tally)
{
	size_t all = tally->passed + tally->failed + tally->unclear;

	return all ? (int)(tally->passed * 100 / all) : -1;
}

void fm_tally_codes(const struct fm_tally *tally, char *ret, size_t size)
{
	FM_TEXT_DONE struct fm_text text = { 0 };

	for (size_t i = 0; i < FM_TALLY_CODES && tally->codes[i].count; i++)
		fm_text_addf(&text, "%sE%d x%zu", i ? " " : "", tally->codes[i].code,
			     tally->codes[i].count);
	if (tally->more_codes)
		fm_text_addf(&text, " and %zu others", tally->more_codes);
	fm_text_copy(ret, size, text.data ? text.data : "");
}
