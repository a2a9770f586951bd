/* Waiting before a job begins: the signals that end a job end it, too, and it is told alike. */
#include "front/cli/cli.h"

#include <time.h>

/* "nohup" makes SIGHUP one that is not to be heard. */
static bool wait_hangup_ignored(void)
{
	struct sigaction now;

	return sigaction(SIGHUP, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void fm_cli_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGQUIT);
	if (!wait_hangup_ignored())
		sigaddset(ret, SIGHUP);
}

void fm_cli_wait_begin(struct fm_cli_wait *wait)
{
	fm_cli_signals(&wait->heard);
	pthread_sigmask(SIG_BLOCK, &wait->heard, &wait->before);
}

void fm_cli_wait_end(struct fm_cli_wait *wait)
{
	pthread_sigmask(SIG_SETMASK, &wait->before, NULL);
}

bool fm_cli_wait_ms(const struct fm_cli_wait *wait, int ms, struct fm_error *err)
{
	const struct timespec nap = { ms / 1000, ms % 1000 * 1000000L };
	int number = sigtimedwait(&wait->heard, NULL, &nap);

	if (number == SIGINT || number == SIGQUIT)
		return fm_fail(err, FM_CANCELLED, "Ctrl-C while waiting");
	return number < 0 || fm_fail(err, FM_TERMINATED, "a signal came while waiting");
}
