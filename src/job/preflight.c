/* Before anything is changed: the plan, and each rule of the verdict. */
#include "base/text.h"
#include "job/private.h"

#include <string.h>

static unsigned preflight_can(const struct fm_job *job)
{
	unsigned can = 0;

	if (job->request.verb == FM_VERB_VERIFY)
		return 0;
	if (job->session.can & FM_CAN_ERASE)
		can |= FM_PLAN_ERASE;
	if ((job->session.can & FM_CAN_ERASE_ALL) && !job->loader->no_erase_all)
		can |= FM_PLAN_ERASE_ALL;
	if (job->session.can & FM_CAN_SEQUENTIAL)
		can |= FM_PLAN_SEQUENTIAL;
	if (job->session.can & FM_CAN_SHORT)
		can |= FM_PLAN_SHORT;
	return can;
}

/* The protocol could read, this unit does not let it, and does not say by itself that all is good
 * either. */
static bool preflight_locked(const struct fm_job *job)
{
	return !(job->session.can & FM_CAN_STATUS) &&
	       job->session.protocol->can & ~job->session.can & FM_CAN_READ;
}

/* Of a file for several families only this loader's part is looked at. Where that can't be told,
 * the rule 'family' says so. */
static bool preflight_family(struct fm_job *job, struct fm_error *err)
{
	uint32_t family;

	if (!job->has_image || !fm_verdict_family(job->loader, &job->image, &family))
		return true;
	return fm_image_keep_family(&job->image, family, err);
}

static bool preflight_takes_firmware(const struct fm_region *region)
{
	return (region->flags & FM_REGION_WRITE) &&
	       !(region->flags & (FM_REGION_PROTECTED | FM_REGION_CONFIG));
}

/* Where a file without addresses belongs. A boot loader without addresses of its own may have
 * several memories: nobody but a person knows which one is meant. */
static bool preflight_place(struct fm_job *job, struct fm_error *err)
{
	const struct fm_memory *memory = &job->loader->memory;
	const struct fm_region *region = NULL;
	FM_TEXT_DONE struct fm_text others = { 0 };
	bool several = false;

	for (size_t i = 0; i < memory->count; i++) {
		const struct fm_region *one = &memory->regions[i];

		if (!preflight_takes_firmware(one) ||
		    (job->request.has_space && one->range.space != job->request.space))
			continue;
		several = several || (region && one->range.space != region->range.space);
		region = region ? region : one;
		fm_text_addf(&others, "%s%s (%s)", others.len ? ", " : "",
			     fm_space_name(one->range.space), one->name);
	}
	if (!region)
		return !job->request.has_space ||
		       fm_fail(err, FM_USAGE, "the unit has no memory '%s' to write",
			       fm_space_name(job->request.space));
	if (several && (job->session.can & FM_CAN_SEQUENTIAL)) {
		fm_fail(err, FM_AMBIGUOUS, "the unit has several memories: %s", others.data);
		return fm_hint(err, "say which one with --space");
	}
	fm_image_place(&job->image, region->range.space, region->range.addr);
	return true;
}

static bool preflight_plan(struct fm_job *job, struct fm_error *err)
{
	struct fm_plan_input input = {
		.verb = job->request.verb == FM_VERB_CHECK ? "flash"
							   : fm_verb_name(job->request.verb),
		.model = job->device.id,
		.chip = fm_identity_value(&job->identity, FM_FACT_CHIP_ID),
		.protocol = job->loader->protocol,
		.image = job->has_image ? &job->image : NULL,
		.memory = &job->loader->memory,
		.can = preflight_can(job),
		.fill = job->session.protocol->fill,
		.allow_config = job->request.allow_config,
	};

	if (!preflight_family(job, err))
		return false;
	if (job->has_image && job->image.floating && !preflight_place(job, err))
		return false;
	if (!fm_plan_make(&input, &job->plan, err))
		return false;
	job->has_plan = true;
	fm_text_copy(job->record.plan_sha256, sizeof(job->record.plan_sha256), job->plan.sha256);
	return true;
}

static void preflight_tell_plan(struct fm_job *job)
{
	struct fm_event event = { .kind = FM_EVENT_PLAN };

	memcpy(event.u.plan.sha256, job->plan.sha256, sizeof(event.u.plan.sha256));
	event.u.plan.erase_len = job->plan.erase_len;
	event.u.plan.write_len = job->plan.write_len;
	event.u.plan.blank_len = job->plan.skip_len;
	event.u.plan.pad_len = job->plan.pad_len;
	event.u.plan.erase_blocks = (unsigned)job->plan.erase_count;
	event.u.plan.pages = (unsigned)job->plan.page_count;
	fm_job_tell(job, &event);
}

/* The package's rules, behind the others. */
static size_t preflight_package(const struct fm_job *job, struct fm_rule_result *ret)
{
	struct fm_package_verdict_input input = {
		.component = job->request.component,
		.release = job->request.release,
		.usb = job->device.usb,
		.usb_count = job->device.usb_count,
		.names = job->device.packages,
		.name_count = job->device.package_count,
		.attached = fm_job_on_usb(job) ? &job->at : NULL,
		.seen = fm_job_on_usb(job) && *job->request.seen.path ? &job->request.seen : NULL,
		.version_running = fm_identity_value(&job->identity, FM_FACT_VERSION),
		.revision = fm_identity_value(&job->identity, FM_FACT_REVISION),
		.region = fm_identity_value(&job->identity, FM_FACT_REGION),
		.loader = fm_identity_value(&job->identity, FM_FACT_LOADER),
		.downgrade_allowed = job->device.downgrade_allowed,
		.path_allowed = job->request.allow_path,
		.compared = job->request.verb == FM_VERB_VERIFY,
	};

	return input.component ? fm_verdict_package(&input, ret) : 0;
}

/* What there is to do, where it is not what the error's number says. */
static void preflight_blocked(const struct fm_job *job, const struct fm_rule_result *rule,
			      struct fm_error *err)
{
	fm_fail(err, rule->code, "rule '%s': the file: %s; the unit: %s", rule->rule,
		rule->file_says, rule->unit_says);
	if (strcmp(rule->rule, "version") == 0 &&
	    (!*job->request.expect_version ||
	     strcmp(job->request.expect_version, job->version_file) == 0))
		fm_hint(err, "Ask the package's maker which version it is; nothing was changed.");
	if (strcmp(rule->rule, "path") == 0 && !*fm_identity_value(&job->identity, FM_FACT_VERSION))
		fm_hint(err, "find out which version it runs; where that is one that the package "
			     "takes, --allow=path writes it, and that is recorded");
}

/* All rules are told; the first that blocks is the error. */
static bool preflight_verdict(struct fm_job *job, const struct fm_error *plan_error,
			      struct fm_error *err)
{
	struct fm_verdict_input input = {
		.device = &job->device,
		.loader = job->loader,
		.image = &job->image,
		.identity = &job->identity,
		.locked = preflight_locked(job),
		.plan_error = plan_error,
		.usb = job->device.usb,
		.usb_count = job->device.usb_count,
		.attached = fm_job_on_usb(job) ? &job->at : NULL,
		.release = job->request.release,
		.signature = &job->request.signature,
		.sums = &job->request.sums,
		.signing = job->request.signing,
		.version_running = fm_identity_value(&job->identity, FM_FACT_VERSION),
		.version_file = job->version_file,
		.version_expected = job->request.expect_version,
		.component = job->request.component,
		.version_format =
			fm_verdict_format(&job->device, job->request.component, &job->image),
	};
	struct fm_rule_result rules[FM_RULES_MOST + FM_PACKAGE_RULES_MOST];
	size_t count = fm_verdict_make(&input, rules);
	bool good = true;

	count += preflight_package(job, rules + count);
	for (size_t i = 0; i < count; i++) {
		struct fm_event event = { .kind = FM_EVENT_RULE, .u.rule = rules[i] };

		fm_job_tell(job, &event);
		if (rules[i].verdict == FM_WARN)
			fm_job_accept(job, rules[i].rule);
		if (rules[i].verdict != FM_BLOCKED || !good)
			continue;
		good = false;
		if (plan_error->code == rules[i].code)
			*err = *plan_error;
		else
			preflight_blocked(job, &rules[i], err);
	}
	return good;
}

static bool preflight_writable(const struct fm_job *job, struct fm_error *err)
{
	if (job->device.identify_only)
		return fm_fail(
			err, FM_UNSUPPORTED, "%s can be identified only: %s", job->device.name,
			job->device.unknown ? job->device.unknown : "its geometry is not known");
	if ((job->session.can & FM_CAN_STATUS) && !(job->session.can & FM_CAN_ERASE))
		return fm_fail(err, FM_UNSUPPORTED, "the boot loader of %s cannot erase",
			       job->device.name);
	if (preflight_locked(job))
		return fm_fail(err, FM_READ_PROTECTED, "the unit is %s",
			       fm_identity_value(&job->identity, FM_FACT_PROTECTION));
	return true;
}

static bool preflight_writes_config(const struct fm_job *job)
{
	for (size_t i = 0; i < job->plan.page_count; i++) {
		const struct fm_range *range = &job->plan.pages[i].range;
		const struct fm_region *region =
			fm_memory_at(&job->loader->memory, range->space, range->addr);

		if (region->flags & FM_REGION_CONFIG)
			return true;
	}
	return false;
}

static bool preflight_restores(const struct fm_job *job)
{
	return job->request.verb == FM_VERB_RESTORE || job->request.verb == FM_VERB_ROLLBACK;
}

/* What is needed around the unit: this computer, time, and room for its backup. */
static bool preflight_host(struct fm_job *job, struct fm_error *err)
{
	if (job->request.verb == FM_VERB_VERIFY)
		return true;
	if (!fm_job_ready(job, err))
		return false;
	if (job->request.verb == FM_VERB_CHECK)
		return true;
	return fm_job_window(job, err) && fm_job_keep_room(job, err);
}

bool fm_job_preflight(struct fm_job *job, struct fm_error *err)
{
	struct fm_error plan_error = { 0 };

	if (preflight_restores(job) && !fm_job_choose_backup(job, err))
		return false;
	if (job->has_image) {
		if (!preflight_plan(job, &plan_error) && plan_error.code == FM_NO_MEMORY) {
			*err = plan_error;
			return false;
		}
		if (!preflight_verdict(job, &plan_error, err))
			return false;
	} else if (!preflight_writable(job, err) || !preflight_plan(job, err)) {
		return false;
	}
	if (job->plan.page_count == 0)
		return fm_fail(err, FM_FILE_EMPTY, "there is nothing to write");
	if (job->request.allow_config && preflight_writes_config(job))
		fm_job_accept(job, "config");
	if (!fm_job_can_verify(job, err))
		return false;
	preflight_tell_plan(job);
	if (!preflight_host(job, err))
		return false;
	if (*job->request.plan_sha256 && strcmp(job->request.plan_sha256, job->plan.sha256) != 0) {
		fm_fail(err, FM_WRONG_UNIT, "the plan is not the one that was confirmed");
		return fm_hint(err,
			       "unit or file changed meanwhile; nothing was written, start again");
	}
	return true;
}
