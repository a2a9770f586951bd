/* The release notes of a package, before anything is asked or started. */
#include "front/cli/cli.h"

#include "front/firmware/firmware.h"

#include <langinfo.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NOTES_WIDTH 79
#define NOTES_WIDTH_LEAST 24
#define NOTES_WIDTH_MOST 100 /* longer lines read badly */

static size_t notes_width(void)
{
	struct winsize size;

	if (!isatty(STDERR_FILENO) || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 ||
	    size.ws_col == 0)
		return NOTES_WIDTH;
	if (size.ws_col <= NOTES_WIDTH_LEAST)
		return NOTES_WIDTH_LEAST;
	return size.ws_col - 1u < NOTES_WIDTH_MOST ? size.ws_col - 1u : NOTES_WIDTH_MOST;
}

static void notes_json(const struct fm_component *component, const struct fm_release *release)
{
	const char *urgency = fm_urgency_name(release->urgency);
	const char *notes = release->notes.data ? release->notes.data : "";

	fm_cli_json(json_pack("{s:s, s:s, s:s, s:s, s:s}", "version", release->version, "date",
			      release->date, "urgency", urgency, "message", component->message,
			      "text", notes),
		    "notes");
}

void fm_cli_notes(const struct fm_cli *cli, const struct fm_job_request *request)
{
	const struct fm_component *component = request->component;
	const struct fm_release *release = request->release;
	bool ascii = cli->options.ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	FM_TEXT_DONE struct fm_text head = { 0 }, notes = { 0 }, shown = { 0 };

	if (!component || !release)
		return;
	if (cli->options.json) {
		notes_json(component, release);
		return;
	}
	if (cli->options.quiet)
		return;
	if (!fm_firmware_notes(component, release, &notes))
		fm_text_add(&notes, "The package says nothing about what this release changes.");
	fm_text_addf(&head, "release %s", release->version);
	if (*release->date)
		fm_text_addf(&head, " of %s", release->date);
	if (release->urgency != FM_URGENCY_UNKNOWN)
		fm_text_addf(&head, ", urgency %s", fm_urgency_name(release->urgency));
	fm_text_addf(&head, ": %s", component->name);
	/* The heading stands where the lines below it are indented. */
	fm_firmware_wrap(head.data, notes_width(), ascii, &shown);
	fputs(shown.data + strspn(shown.data, " "), stderr);
	fm_text_done(&shown);
	fm_firmware_wrap(notes.data, notes_width(), ascii, &shown);
	fputs(shown.data, stderr);
}
