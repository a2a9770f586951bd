#include "front/choice/choice.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/choice/apply.h"

#include <stdio.h>
#include <string.h>

#define JOB(verb) (1u << FM_VERB_##verb)
#define READS_FILE (JOB(CHECK) | JOB(FLASH) | JOB(VERIFY))
#define CHANGES (JOB(FLASH) | JOB(ERASE) | JOB(RESTORE) | JOB(ROLLBACK))
#define ALL (READS_FILE | CHANGES | JOB(INFO) | JOB(BACKUP))

static const char *const allow_words[] = { "config", "unit", "path", NULL };
static const char *const space_words[] = { "flash", "alt1", "alt2", "alt3", "alt4",
					   "alt5",  "alt6", "alt7", NULL };
static const char *const format_words[] = { "raw",   "ihex",    "srec", "elf",    "uf2", "dfu",
					    "dfuse", "mcuboot", "esp",  "uimage", NULL };
static const char *const save_words[] = { "raw", "ihex", "srec", "uf2", "dfu", "dfuse", NULL };
static const char *const replace_words[] = { "yes", NULL };

static const struct fm_choice_info choice_table[FM_CHOICE_COUNT] = {
	[FM_CHOICE_ALLOW] = { .name = "allow",
			      .argument = "RULE",
			      .help = "write although RULE blocks (config: settings; unit: another "
				      "unit's backup; path: running version not known)",
			      .standard = "nothing that blocks",
			      .giver = "default",
			      .verbs = READS_FILE | JOB(RESTORE) | JOB(ROLLBACK),
			      .again = true,
			      .list = true,
			      .words = allow_words,
			      .apply = fm_apply_allow },
	[FM_CHOICE_BACKUP] = { .name = "backup",
			       .argument = "HOW",
			       .help = "before writing: wanted, required or none",
			       .standard = "wanted",
			       .giver = "default",
			       .verbs = CHANGES,
			       .config = true,
			       .words = fm_apply_backups,
			       .apply = fm_apply_backup },
	[FM_CHOICE_NOT_BEFORE] = { .name = "not-before",
				   .argument = "TIME",
				   .help = "start then (with --wait), not earlier",
				   .standard = "at any time",
				   .giver = "default",
				   .verbs = CHANGES,
				   .apply = fm_apply_not_before },
	[FM_CHOICE_NOT_AFTER] = { .name = "not-after",
				  .argument = "TIME",
				  .help = "do not start what will not have ended then",
				  .standard = "at any time",
				  .giver = "default",
				  .verbs = CHANGES,
				  .apply = fm_apply_not_after },
	[FM_CHOICE_TIMEOUT] = { .name = "timeout",
				.argument = "SEC",
				.help = "go on trying to enter the boot loader for so long",
				.standard = "as defined",
				.giver = "definition",
				.verbs = ALL,
				.apply = fm_apply_timeout },
	[FM_CHOICE_BAUD] = { .name = "baud",
			     .argument = "RATE",
			     .help = "instead of the definition's baud rate",
			     .standard = "as defined",
			     .giver = "definition",
			     .verbs = ALL,
			     .again = true,
			     .apply = fm_apply_baud },
	[FM_CHOICE_VERIFY] = { .name = "verify",
			       .argument = "HOW",
			       .help = "best, readback or hash",
			       .standard = "best",
			       .giver = "default",
			       .verbs = CHANGES | JOB(VERIFY),
			       .config = true,
			       .words = fm_apply_verifies,
			       .apply = fm_apply_verify },
	[FM_CHOICE_SIGNATURE] = { .name = "signature",
				  .argument = "HOW",
				  .help = "of the file: required, warn or ignore, or what the "
					  "model asks",
				  .standard = "what the model asks",
				  .giver = "definition",
				  .verbs = READS_FILE,
				  .config = true,
				  .words = fm_apply_signatures,
				  .apply = fm_apply_signature },
	[FM_CHOICE_FORMAT] = { .name = "format",
			       .argument = "NAME",
			       .help = "how the firmware file is read",
			       .standard = "by its content",
			       .giver = "file",
			       .verbs = READS_FILE,
			       .file = true,
			       .shared = true,
			       .words = format_words,
			       .apply = fm_apply_format },
	[FM_CHOICE_BASE] = { .name = "base",
			     .argument = "ADDR",
			     .help = "where a raw file belongs",
			     .standard = "as defined",
			     .giver = "definition",
			     .verbs = READS_FILE,
			     .file = true,
			     .apply = fm_apply_base },
	[FM_CHOICE_SPACE] = { .name = "space",
			      .argument = "NAME",
			      .help = "which memory a raw file belongs to: flash, alt1 ... alt7",
			      .standard = "as defined",
			      .giver = "definition",
			      .verbs = READS_FILE,
			      .file = true,
			      .words = space_words,
			      .apply = fm_apply_space },
	[FM_CHOICE_RELEASE] = { .name = "release",
				.argument = "VERSION",
				.help = "this release of the package, not the newest",
				.standard = "the newest",
				.giver = "package",
				.verbs = READS_FILE,
				.file = true,
				.apply = fm_apply_release },
	[FM_CHOICE_EXPECT_VERSION] = { .name = "expect-version",
				       .argument = "TEXT",
				       .help = "the version that the file and, after the restart, "
					       "the unit must say; compared by the package's or "
					       "the definition's version format, without one "
					       "letter by letter",
				       .standard = "what the file says",
				       .giver = "file",
				       .verbs = JOB(CHECK) | JOB(FLASH),
				       .file = true,
				       .apply = fm_apply_expect_version },
	[FM_CHOICE_SAVE_FORMAT] = { .name = "format",
				    .argument = "NAME",
				    .help = "how a backup is written to its file",
				    .standard = "ihex",
				    .giver = "default",
				    .verbs = JOB(BACKUP),
				    .shared = true,
				    .words = save_words,
				    .apply = fm_apply_save_format },
	[FM_CHOICE_REPLACE] = { .name = "replace",
				.help = "overwrite the output file",
				.standard = "no",
				.giver = "default",
				.verbs = JOB(BACKUP),
				.shared = true,
				.words = replace_words,
				.apply = fm_apply_replace },
	[FM_CHOICE_TRACE] = { .name = "trace",
			      .argument = "FILE",
			      .help = "record the wire to a file",
			      .standard = "not recorded",
			      .giver = "default",
			      .verbs = ALL | JOB(BLINK),
			      .apply = fm_apply_trace },
	[FM_CHOICE_OPERATOR] = { .name = "operator",
				 .argument = "NAME",
				 .help = "kept in the record",
				 .standard = "nobody is named",
				 .giver = "default",
				 .verbs = ALL,
				 .config = true,
				 .person = true,
				 .apply = fm_apply_operator },
	[FM_CHOICE_STATION] = { .name = "station",
				.argument = "NAME",
				.help = "kept in the record",
				.standard = "none is named",
				.giver = "default",
				.verbs = ALL,
				.config = true,
				.person = true,
				.apply = fm_apply_station },
	[FM_CHOICE_TICKET] = { .name = "ticket",
			       .argument = "TEXT",
			       .help = "kept in the record",
			       .standard = "none",
			       .giver = "default",
			       .verbs = ALL,
			       .person = true,
			       .apply = fm_apply_ticket },
};

const struct fm_choice_info *fm_choice_info(enum fm_choice choice)
{
	return &choice_table[choice];
}

const char *fm_choices_giver(const struct fm_choices *choices, enum fm_choice choice)
{
	static const char *const givers[] = { NULL, "configuration", "command line",
					      "chosen here" };
	enum fm_choice_from from = choices->values[choice].from;

	return from == FM_FROM_NOBODY ? choice_table[choice].giver : givers[from];
}

/* One word, or one of a list. */
static bool choice_word(const struct fm_choice_info *info, const char *word, size_t len,
			struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text list = { 0 };

	for (const char *const *known = info->words; *known; known++) {
		if (strlen(*known) == len && memcmp(*known, word, len) == 0)
			return true;
		fm_text_addf(&list, "%s%s", !list.len ? "" : known[1] ? ", " : " or ", *known);
	}
	return fm_fail(err, FM_USAGE, "--%s is one of %s, not '%.*s'", info->name, list.data,
		       (int)len, word);
}

static bool choice_words(const struct fm_choice_info *info, const char *text, struct fm_error *err)
{
	for (const char *at = text;; at++) {
		size_t len = info->list ? strcspn(at, ",") : strlen(at);

		if (!choice_word(info, at, len, err))
			return info->list ? fm_hint(err, "nothing else that blocks may be allowed")
					  : false;
		at += len;
		if (!*at)
			return true;
	}
}

/* What is meant from now on must not move with the clock. */
static bool choice_settle(const struct fm_choice_info *info, const char *text, char *ret,
			  struct fm_error *err)
{
	bool from_now = *text == '+' &&
			(info->apply == fm_apply_not_before || info->apply == fm_apply_not_after);

	if (strlen(text) >= FM_CHOICE_TEXT)
		return fm_fail(err, FM_USAGE, "--%s takes at most %d characters", info->name,
			       FM_CHOICE_TEXT - 1);
	fm_text_copy(ret, FM_CHOICE_TEXT, text);
	if (!from_now)
		return true;
	if (!fm_choice_time_utc(info->name, text, ret, err))
		return false;
	strcat(ret, "Z"); /* of 32 bytes, 20 are used */
	return true;
}

bool fm_choices_set(struct fm_choices *choices, enum fm_choice choice, enum fm_choice_from from,
		    const char *text, struct fm_error *err)
{
	const struct fm_choice_info *info = &choice_table[choice];
	struct fm_job_request scratch = { 0 };
	struct fm_chosen chosen = { 0 };
	char settled[FM_CHOICE_TEXT];

	if (!*text) {
		choices->values[choice].from = FM_FROM_NOBODY;
		*choices->values[choice].text = '\0';
		return true;
	}
	if (!choice_settle(info, text, settled, err) ||
	    (info->words && !choice_words(info, settled, err)) ||
	    !info->apply(settled, &scratch, &chosen, err))
		return false;
	if (choice == FM_CHOICE_SIGNATURE && from == FM_FROM_HERE &&
	    scratch.signing < choices->least) {
		fm_fail(err, FM_USAGE, "the configuration asks for signature '%s': '%s' is less",
			fm_signing_name(choices->least), text);
		return fm_hint(err, "whoever may change the configuration may loosen it there");
	}
	choices->values[choice].from = from;
	memcpy(choices->values[choice].text, settled, sizeof(settled));
	return true;
}

const char *fm_choices_text(const struct fm_choices *choices, enum fm_choice choice)
{
	return choices->values[choice].from == FM_FROM_NOBODY ? NULL : choices->values[choice].text;
}

static enum fm_signing choice_signing(const struct fm_choices *choices)
{
	const char *text = fm_choices_text(choices, FM_CHOICE_SIGNATURE);
	enum fm_signing signing = FM_SIGNING_IGNORE;

	if (text && !fm_signing_parse(text, &signing))
		return FM_SIGNING_REQUIRED; /* it was checked when it was set */
	return signing;
}

void fm_choices_merge(struct fm_choices *choices, const struct fm_choices *config)
{
	choices->least = choice_signing(config);
	if (choice_signing(choices) < choices->least)
		choices->values[FM_CHOICE_SIGNATURE].from = FM_FROM_NOBODY;
	for (int i = 0; i < FM_CHOICE_COUNT; i++) {
		if (choices->values[i].from == FM_FROM_NOBODY)
			choices->values[i] = config->values[i];
	}
}

/* " --base=0x08002000": what says how the file is read, and what else the same job needs. */
static void choice_remember(enum fm_choice choice, const char *text, struct fm_text *ret)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.,:_+-";
	const struct fm_choice_info *info = &choice_table[choice];

	if (!info->file && !info->again)
		return;
	fm_text_addf(ret, "%s--%s=", ret->len ? " " : "", info->name);
	if (text[strspn(text, plain)])
		fm_text_add_quoted(ret, text);
	else
		fm_text_add(ret, text);
}

bool fm_choices_apply(const struct fm_choices *choices, enum fm_verb verb,
		      struct fm_job_request *request, struct fm_chosen *ret_chosen,
		      struct fm_error *err)
{
	FM_TEXT_DONE struct fm_text again = { 0 };

	*ret_chosen = (struct fm_chosen){ 0 };
	request->backup = FM_BACKUP_WANTED;
	if (verb == FM_VERB_BACKUP)
		request->backup_format = &fm_format_ihex;
	for (int i = 0; i < FM_CHOICE_COUNT; i++) {
		const char *text = fm_choices_text(choices, (enum fm_choice)i);

		if (!text || !fm_choice_is_for((enum fm_choice)i, verb))
			continue;
		if (!choice_table[i].apply(text, request, ret_chosen, err))
			return false;
		choice_remember((enum fm_choice)i, text, &again);
	}
	fm_text_copy(request->options, sizeof(request->options), again.data ? again.data : "");
	fm_text_clean(request->options);
	if (request->not_after_s && ret_chosen->not_before_s >= request->not_after_s)
		return fm_fail(err, FM_USAGE, "--not-after is not later than --not-before");
	return true;
}
