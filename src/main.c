#include "front/cli/cli.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* A standard stream that is closed is taken by the next file that is opened, be it a log, a backup
 * or a unit's port, and what is printed would go there. Nothing can be written to what is open for
 * reading only, so that it is still seen that the output was lost. */
static void main_keep_streams_closed(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= STDIN_FILENO && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	main_keep_streams_closed();
	/* A file size limit is an error of the write that meets it, with a message, not the end of
	 * the program. */
	signal(SIGXFSZ, SIG_IGN);
	return fm_cli_main(argc, argv);
}
