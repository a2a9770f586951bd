#ifndef FM_SIM_MAIN_STM32_H
#define FM_SIM_MAIN_STM32_H

/* A main function of its own, argv[0] is the command. Returns the exit code: 0, 1 something failed,
 * 2 usage. */
int fm_sim_stm32_command(int argc, char **argv);

#endif
