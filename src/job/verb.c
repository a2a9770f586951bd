/* The names of verbs, as commands and records have them. */
#include "job/job.h"

const char *fm_verb_name(enum fm_verb verb)
{
	static const char *const names[] = {
		[FM_VERB_INFO] = "info",       [FM_VERB_CHECK] = "check",
		[FM_VERB_FLASH] = "flash",     [FM_VERB_VERIFY] = "verify",
		[FM_VERB_BACKUP] = "backup",   [FM_VERB_ERASE] = "erase",
		[FM_VERB_RESTORE] = "restore", [FM_VERB_ROLLBACK] = "rollback",
		[FM_VERB_BLINK] = "blink",
	};

	return names[verb];
}
