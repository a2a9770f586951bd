/* The running application: which version it is, before and after. */
#include "base/text.h"
#include "job/private.h"

#define CONFIRM_ANY_MS 5000   /* a program that may not be on USB at all */
#define CONFIRM_BACK_MS 15000 /* on USB, where <leave> says nothing else: ten seconds are usual */

/* Ask which version runs. FM_TIMEOUT: it does not say. */
static bool confirm_ask(struct fm_job *job, struct fm_reply *ret, struct fm_error *err)
{
	if (fm_job_ask(job, job->device.question, ret, err))
		return true;
	if (err->code == FM_TIMEOUT && *ret->text)
		fm_fail(err, FM_TIMEOUT, "the application said '%s', which tells no version",
			ret->text);
	return false;
}

/* What the unit tells by its descriptors; "" when it does not. */
static void confirm_release(const struct fm_job *job, char ret_version[8])
{
	const struct fm_usb_match *match = fm_job_match(job);

	*ret_version = '\0';
	if (match && match->mode == FM_MODE_APPLICATION && match->release_is_version)
		fm_usb_release_text(job->at.release, ret_version, 8);
}

/* A unit on USB: what it is now, and what that alone tells. *ret_ask: the application runs and may
 * be asked. */
static bool confirm_look(struct fm_job *job, bool *ret_ask, struct fm_error *err)
{
	char version[8];

	*ret_ask = true;
	if (!fm_job_on_usb(job))
		return true;
	if (!fm_job_look(job, err))
		return false;
	*ret_ask = job->seen_running = fm_job_in_mode(job, FM_MODE_APPLICATION);
	if (!*ret_ask && fm_job_match(job))
		fm_job_note(job, "the unit is in its boot loader: what ran before is not known");
	confirm_release(job, version);
	if (*version) {
		fm_job_fact(job, FM_FACT_VERSION, FM_PLAIN, version,
			    "release in the USB descriptor");
		fm_text_copy(job->end.version_before, sizeof(job->end.version_before), version);
	}
	return true;
}

/* For which part of the world the unit is. */
static bool confirm_region(struct fm_job *job, struct fm_error *err)
{
	struct fm_reply answer;

	if (!job->device.region_question)
		return true;
	if (fm_job_ask(job, job->device.region_question, &answer, err)) {
		fm_job_fact(job, FM_FACT_REGION, FM_PLAIN, answer.text,
			    "asked the running application");
		job->said_running = true;
		return true;
	}
	if (err->code != FM_TIMEOUT)
		return false;
	fm_job_note(job, "region variant not known: %s", err->text);
	return true;
}

bool fm_job_ask_before(struct fm_job *job, struct fm_error *err)
{
	struct fm_reply answer;
	bool ask;

	if (!confirm_look(job, &ask, err))
		return false;
	if (!ask)
		return true;
	if (!job->device.question)
		return confirm_region(job, err);
	if (confirm_ask(job, &answer, err)) {
		fm_job_fact(job, FM_FACT_VERSION, FM_PLAIN, answer.text,
			    "asked the running application");
		fm_text_copy(job->end.version_before, sizeof(job->end.version_before), answer.text);
		job->said_running = true;
		return confirm_region(job, err);
	}
	/* A unit whose application is dead is what a repair bench gets: it is written all the same.
	 */
	if (err->code != FM_TIMEOUT)
		return false;
	fm_job_note(job, "running version not known: %s", err->text);
	return true;
}

bool fm_job_ran_before(const struct fm_job *job)
{
	return job->said_running || (job->seen_running && job->loader->wire != FM_WIRE_SERIAL);
}

static bool confirm_on_usb(const struct fm_job *job)
{
	return fm_job_on_usb(job) && job->loader->wire != FM_WIRE_SERIAL;
}

/* Must the application run at the end? On USB where the definition knows how it looks; otherwise
 * where the boot loader is one that starts it. */
static bool confirm_must_run(const struct fm_job *job)
{
	return (job->session.can & FM_CAN_RUN) || job->loader->leave.count ||
	       (confirm_on_usb(job) && fm_job_has_mode(job, FM_MODE_APPLICATION));
}

bool fm_job_restart(struct fm_job *job, struct fm_error *err)
{
	bool must = confirm_must_run(job);

	/* A plain DFU unit may wait for the reset that ends its manifestation. */
	if ((must || confirm_on_usb(job)) && fm_job_leave(job, err))
		return true;
	if (must || (confirm_on_usb(job) && err->code != FM_NACK))
		return fm_context(err,
				  "written and verified, but the application could not be started");
	fm_job_note(job, "this boot loader can't start the application: restart the unit by hand");
	return true;
}

/* The unit's "v1.2" may be the package's "1.2.0". */
static bool confirm_same(const struct fm_job *job, const char *version, const char *wanted)
{
	return fm_verdict_same_version(version, wanted,
				       fm_verdict_format(&job->device, job->request.component,
							 job->has_image ? &job->image : NULL));
}

static bool confirm_version(struct fm_job *job, const char *version, const char *source,
			    const char *wanted, struct fm_error *err)
{
	fm_job_fact(job, FM_FACT_VERSION, FM_PLAIN, version, source);
	fm_text_copy(job->end.version_after, sizeof(job->end.version_after), version);
	if (!*wanted)
		fm_text_copy(job->end.not_tested, sizeof(job->end.not_tested),
			     "which version it should be: the file does not say, --expect-version "
			     "would");
	else if (!confirm_same(job, version, wanted))
		return fm_fail(err, FM_CONFIRM, "the application says it is version %s, not %s",
			       version, wanted);
	return true;
}

/* Does it stay in a boot loader that nothing but a hand gets it out of? */
static bool confirm_stays(const struct fm_job *job)
{
	return fm_job_on_usb(job) && job->loader->wire != FM_WIRE_SERIAL &&
	       !(job->session.can & FM_CAN_RUN) && !job->loader->leave.count && fm_job_match(job) &&
	       !fm_job_in_mode(job, FM_MODE_APPLICATION);
}

/* Programs of a bare board look as their makers like, where they use USB. */
static bool confirm_any_program(const struct fm_job *job)
{
	for (size_t i = 0; i < job->device.usb_count; i++) {
		if (job->device.usb[i].mode == FM_MODE_APPLICATION &&
		    !job->device.usb[i].program_is_any)
			return false;
	}
	return true;
}

/* Such a program may run: the unit has left its boot loader, and what is there now, if anything, is
 * not known. */
static bool confirm_may_run(struct fm_job *job)
{
	struct fm_usb_device now;
	struct fm_error err;

	if (!fm_job_peek(job, &now, &err))
		return err.code == FM_GONE;
	return !fm_usb_match_find(job->device.usb, job->device.usb_count, &now);
}

/* On USB the application has to be seen again before it is believed to run. */
static bool confirm_comes_back(struct fm_job *job, struct fm_error *err)
{
	bool any = confirm_any_program(job);

	if (!confirm_on_usb(job) || !fm_job_has_mode(job, FM_MODE_APPLICATION) ||
	    fm_job_in_mode(job, FM_MODE_APPLICATION) ||
	    fm_job_follow(job, FM_MODE_APPLICATION, any ? CONFIRM_ANY_MS : CONFIRM_BACK_MS, err))
		return true;
	if (!any || err->code != FM_TIMEOUT || !confirm_may_run(job))
		return fm_context(err, "after the restart");
	fm_job_note(job, "%s", err->text);
	fm_error_clear(err);
	return true;
}

static bool confirm_seen(const struct fm_job *job)
{
	return *job->end.version_after ||
	       (confirm_on_usb(job) && fm_job_in_mode(job, FM_MODE_APPLICATION));
}

/* What nobody knows when the application tells no version. */
static void confirm_not_asked(struct fm_job *job)
{
	const char *what = "whether the application runs: the definition has no question for it";

	/* an answer to a post-check says that it runs */
	if (confirm_seen(job) || job->device.post_check_count > 0)
		what = "which version runs: the definition has no question for it";
	else if (job->left)
		what = "whether the unit has all of it and runs it: it left after the last block, "
		       "as it does when it restarts and when it is pulled out";
	else if (confirm_on_usb(job) && fm_job_has_mode(job, FM_MODE_APPLICATION))
		what = "whether the program runs: it is not on USB as the definition knows "
		       "programs, and need not be";
	fm_text_copy(job->end.not_tested, sizeof(job->end.not_tested), what);
}

/* What runs says which version it is, as far as it can. */
static bool confirm_says(struct fm_job *job, struct fm_error *err)
{
	const char *wanted =
		*job->request.expect_version ? job->request.expect_version : job->version_file;
	struct fm_reply answer;
	char version[8];

	confirm_release(job, version);
	if (*version)
		return confirm_version(job, version, "release in the USB descriptor", wanted, err);
	if (!job->device.question) {
		confirm_not_asked(job);
		return true;
	}
	if (!confirm_ask(job, &answer, err))
		return fm_context(err, "after the restart");
	return confirm_version(job, answer.text, "asked the restarted application", wanted, err);
}

bool fm_job_confirm(struct fm_job *job, struct fm_error *err)
{
	if (!confirm_comes_back(job, err)) {
		fm_job_post_checks_left_out(job);
		return false;
	}
	if (confirm_stays(job)) {
		fm_text_copy(
			job->end.not_tested, sizeof(job->end.not_tested),
			"whether the application runs: the unit stays in its boot loader until "
			"it is restarted by hand");
		fm_job_post_checks_left_out(job);
		return true;
	}
	if (!confirm_says(job, err)) {
		fm_job_post_checks_left_out(job);
		return false;
	}
	if (job->left && confirm_seen(job))
		job->state = FM_UNIT_VERIFIED;
	return fm_job_post_checks(job, err);
}
