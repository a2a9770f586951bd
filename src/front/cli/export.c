/* Records for other programs: JSON, CSV (RFC 4180), JUnit XML. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "image/read.h"

#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>
#include <string.h>

#define XML(text) ((const xmlChar *)(text))

typedef bool export_function(const struct fm_record *records, size_t count, FILE *file);

/* Oldest first, as a log is read. */
#define EXPORT_EACH(record, records, count)                                                        \
	for (const struct fm_record *record = records + count; record-- > records;)

static bool export_json(const struct fm_record *records, size_t count, FILE *file)
{
	json_t *list = json_array();
	bool good;

	EXPORT_EACH(record, records, count)
	json_array_append_new(list, fm_cli_history_json(record));
	good = json_dumpf(list, file, JSON_INDENT(1)) == 0 && fputc('\n', file) != EOF;
	json_decref(list);
	return good;
}

/* A text that a spreadsheet would take for a formula is one no more with a ' before it. */
static void export_csv_text(FILE *file, const char *text)
{
	fputc('"', file);
	if (*text && strchr("=+-@\t\r", *text))
		fputc('\'', file);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

static void export_csv_value(FILE *file, const json_t *value)
{
	if (json_is_string(value))
		export_csv_text(file, json_string_value(value));
	else
		fprintf(file, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

/* The members of the JSON form, in its order, so that there is one list of them. */
static bool export_csv(const struct fm_record *records, size_t count, FILE *file)
{
	static const struct fm_record none;
	json_t *object = fm_cli_history_json(&none), *value;
	const char *key, *comma = "";

	json_object_foreach(object, key, value)
	{
		fprintf(file, "%s%s", comma, key);
		comma = ",";
	}
	fputs("\r\n", file);
	json_decref(object);
	EXPORT_EACH(record, records, count)
	{
		object = fm_cli_history_json(record);
		comma = "";
		json_object_foreach(object, key, value)
		{
			fputs(comma, file);
			export_csv_value(file, value);
			comma = ",";
		}
		fputs("\r\n", file);
		json_decref(object);
	}
	return true;
}

/* By the clock that nobody sets; 0 for a job that has not ended, or whose program had died: that
 * was found out later, perhaps after a restart. */
static double export_seconds(const struct fm_record *record)
{
	int64_t spent_ns = record->end_mono_ns - record->start_mono_ns;

	if (!record->end_mono_ns || spent_ns < 0 ||
	    record->code == fm_error_info(FM_INTERRUPTED)->number)
		return 0;
	return (double)spent_ns / 1e9;
}

static void export_attribute(xmlTextWriterPtr writer, const char *name, const char *value)
{
	xmlTextWriterWriteAttribute(writer, XML(name), XML(value));
}

/* FAIL: the unit is not right. UNCLEAR and what never ended: nobody can say. NONE: not started. */
static void export_junit_result(xmlTextWriterPtr writer, const struct fm_record *record)
{
	const char *element = strcmp(record->outcome, "FAIL") == 0   ? "failure"
			      : strcmp(record->outcome, "NONE") == 0 ? "skipped"
								     : "error";
	char type[16];

	if (strcmp(record->outcome, "PASS") == 0)
		return;
	snprintf(type, sizeof(type), "E%d", record->code);
	xmlTextWriterStartElement(writer, XML(element));
	export_attribute(writer, "message", *record->outcome ? record->text : "not ended");
	if (strcmp(element, "skipped") != 0)
		export_attribute(writer, "type", type);
	xmlTextWriterWriteFormatString(writer, "unit state: %s", record->unit_state);
	xmlTextWriterEndElement(writer);
}

static void export_junit_case(xmlTextWriterPtr writer, const struct fm_record *record)
{
	xmlTextWriterStartElement(writer, XML("testcase"));
	export_attribute(writer, "classname", record->model);
	xmlTextWriterWriteFormatAttribute(writer, XML("name"), "%" PRId64 " %s %s", record->id,
					  record->verb,
					  *record->unit ? record->unit : record->port);
	xmlTextWriterWriteFormatAttribute(writer, XML("time"), "%.3f", export_seconds(record));
	export_junit_result(writer, record);
	xmlTextWriterEndElement(writer);
}

static void export_junit_suite(xmlTextWriterPtr writer, const struct fm_record *records,
			       size_t count)
{
	size_t failures = 0, skipped = 0, passed = 0;

	for (size_t i = 0; i < count; i++) {
		failures += strcmp(records[i].outcome, "FAIL") == 0;
		skipped += strcmp(records[i].outcome, "NONE") == 0;
		passed += strcmp(records[i].outcome, "PASS") == 0;
	}
	xmlTextWriterStartElement(writer, XML("testsuite"));
	export_attribute(writer, "name", "flashmend");
	xmlTextWriterWriteFormatAttribute(writer, XML("tests"), "%zu", count);
	xmlTextWriterWriteFormatAttribute(writer, XML("failures"), "%zu", failures);
	xmlTextWriterWriteFormatAttribute(writer, XML("errors"), "%zu",
					  count - failures - skipped - passed);
	xmlTextWriterWriteFormatAttribute(writer, XML("skipped"), "%zu", skipped);
	if (count)
		export_attribute(writer, "timestamp", records[count - 1].start_utc);
	EXPORT_EACH(record, records, count)
	export_junit_case(writer, record);
	xmlTextWriterEndElement(writer);
}

static bool export_junit(const struct fm_record *records, size_t count, FILE *file)
{
	xmlBufferPtr buffer = xmlBufferCreate();
	xmlTextWriterPtr writer = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
	bool good = writer && xmlTextWriterSetIndent(writer, 1) == 0 &&
		    xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL) >= 0;

	if (good) {
		export_junit_suite(writer, records, count);
		good = xmlTextWriterEndDocument(writer) >= 0 && xmlTextWriterFlush(writer) >= 0 &&
		       fputs((const char *)xmlBufferContent(buffer), file) >= 0;
	}
	xmlFreeTextWriter(writer);
	xmlBufferFree(buffer);
	return good;
}

static export_function *export_named(const char *format)
{
	static const struct {
		const char *name;
		export_function *write;
	} formats[] = { { "json", export_json }, { "csv", export_csv }, { "junit", export_junit } };

	for (size_t i = 0; i < FM_COUNT(formats); i++) {
		if (strcmp(formats[i].name, format) == 0)
			return formats[i].write;
	}
	return NULL;
}

/* There is the whole file or none. */
static bool export_file(const struct fm_cli *cli, const char *path, const struct fm_record *records,
			size_t count, export_function *write, struct fm_error *err)
{
	FM_FREE char *data = NULL;
	size_t len = 0;
	FILE *file;
	bool good;

	if (!fm_save_may_be(path, cli->options.replace, err))
		return false;
	file = open_memstream(&data, &len);
	if (!file)
		return fm_fail(err, FM_NO_MEMORY, "no memory for an export");
	good = write(records, count, file) && !ferror(file);
	if (fclose(file) != 0 || !good)
		return fm_fail(err, FM_NO_MEMORY, "no memory for an export");
	return fm_save_file(path, data, len, cli->options.replace, err);
}

bool fm_cli_history_export(struct fm_cli *cli, struct fm_error *err)
{
	const char *format = cli->options.format ? cli->options.format : "json";
	export_function *write = export_named(format);
	FM_FREE struct fm_record *records = NULL;
	size_t count = 0;

	if (!write)
		return fm_fail(err, FM_USAGE, "an export is json, csv or junit, not '%s'", format);
	if (!fm_cli_history_records(cli, &records, &count, err))
		return false;
	if (cli->options.output)
		return export_file(cli, cli->options.output, records, count, write, err);
	return write(records, count, stdout) ||
	       fm_fail(err, FM_OUTPUT, "standard output takes nothing");
}
