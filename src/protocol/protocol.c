#include "protocol/protocol.h"

#include <stdlib.h>
#include <string.h>

#define FM_PROTOCOL(identifier) extern const struct fm_protocol fm_protocol_##identifier;
#include "protocol/protocols.def"
#undef FM_PROTOCOL

const struct fm_protocol *const fm_protocols[] = {
#define FM_PROTOCOL(identifier) &fm_protocol_##identifier,
#include "protocol/protocols.def"
#undef FM_PROTOCOL
	NULL,
};

const struct fm_protocol *fm_protocol_named(const char *name)
{
	for (size_t i = 0; fm_protocols[i]; i++) {
		if (strcmp(fm_protocols[i]->name, name) == 0)
			return fm_protocols[i];
	}
	return NULL;
}

bool fm_protocol_params(const char *name, const struct fm_param **ret_table)
{
	const struct fm_protocol *protocol = fm_protocol_named(name);

	if (!protocol)
		return false;
	*ret_table = protocol->params;
	return true;
}

bool fm_session_init(struct fm_session *s, const struct fm_protocol *protocol, struct fm_link *link,
		     const struct fm_params *params, struct fm_error *err)
{
	*s = (struct fm_session){ .protocol = protocol, .link = link, .can = protocol->can };
	if (((protocol->needs & FM_NEEDS_STREAM) && !link->stream) ||
	    ((protocol->needs & FM_NEEDS_LINE) && !link->line) ||
	    ((protocol->needs & FM_NEEDS_USB) && !link->usb) ||
	    ((protocol->needs & FM_NEEDS_VOLUME) && !link->volume))
		return fm_fail(err, FM_UNSUPPORTED, "%s cannot carry the protocol %s", link->name,
			       protocol->title);
	if (params)
		s->params = *params;
	else
		fm_params_default(protocol->params, &s->params);
	s->state = calloc(1, protocol->state_size ? protocol->state_size : 1);
	return s->state || fm_fail(err, FM_NO_MEMORY, "no memory for a session");
}

void fm_session_done(struct fm_session *s)
{
	free(s->state);
	s->state = NULL;
}
