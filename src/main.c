#include "front/cli/cli.h"

#include <signal.h>

int main(int argc, char **argv)
{
	/* A file size limit is an error of the write that meets it, with a message, not the end of
	 * the program. */
	signal(SIGXFSZ, SIG_IGN);
	return fm_cli_main(argc, argv);
}
