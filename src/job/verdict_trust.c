/* Of the rules those about who vouches for the file: its signature, and the sums beside it. */
#include "job/verdict_rule.h"

#include "base/text.h"

#include <stdio.h>

static enum fm_verdict trust_signing_verdict(enum fm_signing signing)
{
	switch (signing) {
	case FM_SIGNING_REQUIRED:
		return FM_BLOCKED;
	case FM_SIGNING_WARN:
		return FM_WARN;
	default:
		return FM_FITS;
	}
}

/* Not signed by anybody who is trusted for this unit: what the policy makes of it. */
static void trust_untrusted(enum fm_signing signing, const char *why, struct fm_rule_result *ret)
{
	static const char *const asks[] = {
		[FM_SIGNING_IGNORE] = "no signature is asked for",
		[FM_SIGNING_WARN] = "a trusted signature is expected",
		[FM_SIGNING_REQUIRED] = "a trusted signature is required",
	};
	enum fm_verdict verdict = trust_signing_verdict(signing);

	snprintf(ret->unit_says, sizeof(ret->unit_says), "%s%s%s", asks[signing], *why ? ": " : "",
		 why);
	fm_rule_is(ret, verdict, verdict == FM_BLOCKED ? FM_BLOCKED_SIGNATURE : FM_OK);
}

/* A bad signature is no matter of policy: somebody changed file or signature. */
void fm_rule_signature(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	static const struct fm_signature none = { .state = FM_SIGNATURE_NONE };
	const struct fm_signature *signature = input->signature ? input->signature : &none;
	enum fm_signing signing =
		input->device->signing > input->signing ? input->device->signing : input->signing;
	char why[160];

	switch (signature->state) {
	case FM_SIGNATURE_NONE:
		if (signing == FM_SIGNING_IGNORE)
			return;
		fm_text_copy(ret->file_says, sizeof(ret->file_says),
			     input->release && *signature->text ? signature->text : "no signature");
		trust_untrusted(signing, "", ret);
		return;
	case FM_SIGNATURE_UNKNOWN_KEY:
		snprintf(ret->file_says, sizeof(ret->file_says), "signed by key %s",
			 signature->key_id);
		trust_untrusted(signing, "this key is not trusted here", ret);
		return;
	case FM_SIGNATURE_BAD:
		fm_text_copy(ret->file_says, sizeof(ret->file_says), "a bad signature");
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says), signature->text);
		fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_SIGNATURE);
		return;
	case FM_SIGNATURE_GOOD:
		break;
	}
	snprintf(ret->file_says, sizeof(ret->file_says), "signed by %s", signature->key_name);
	if (fm_signature_is_for(signature, input->device->vendor)) {
		snprintf(ret->unit_says, sizeof(ret->unit_says), "the key is trusted; it says: %s",
			 signature->comment);
		return;
	}
	snprintf(why, sizeof(why), "that key counts for %s only, this unit is %s",
		 signature->vendor, input->device->vendor);
	trust_untrusted(signing, why, ret);
}

/* A payload that is another than its checksum says is refused when the package is read. */
static void trust_payload(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	bool is_signed = input->signature && input->signature->state == FM_SIGNATURE_GOOD;

	switch (input->release ? input->release->proof : FM_PAYLOAD_NONE) {
	case FM_PAYLOAD_NONE:
		break;
	case FM_PAYLOAD_NAME:
		fm_text_copy(ret->file_says, sizeof(ret->file_says),
			     "the package says no checksum of its firmware");
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
			     is_signed ? "its signature proves that it is whole"
				       : "whether it came over whole is not known");
		fm_rule_is(ret, is_signed ? FM_FITS : FM_WARN, FM_OK);
		break;
	case FM_PAYLOAD_WEAK:
	case FM_PAYLOAD_PROVED:
		snprintf(ret->file_says, sizeof(ret->file_says), "%s in the package",
			 input->release->proof == FM_PAYLOAD_WEAK ? "SHA-1" : "checksum");
		fm_text_copy(ret->unit_says, sizeof(ret->unit_says),
			     "its firmware is what was summed");
		break;
	}
}

void fm_rule_integrity(const struct fm_verdict_input *input, struct fm_rule_result *ret)
{
	const struct fm_sums *sums = input->sums;
	bool in_package = input->release && input->release->proof != FM_PAYLOAD_NONE;

	if (!sums || sums->state == FM_SUMS_NONE || (sums->state == FM_SUMS_WEAK && in_package)) {
		trust_payload(input, ret);
		return;
	}
	snprintf(ret->file_says, sizeof(ret->file_says), "%s beside it", sums->file);
	fm_text_copy(ret->unit_says, sizeof(ret->unit_says), sums->text);
	if (sums->state == FM_SUMS_BAD)
		fm_rule_is(ret, FM_BLOCKED, FM_BLOCKED_INTEGRITY);
	else if (sums->state == FM_SUMS_UNREADABLE)
		fm_rule_is(ret, FM_WARN, FM_OK);
}
