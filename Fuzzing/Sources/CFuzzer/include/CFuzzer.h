#ifndef CFUZZER_H
#define CFUZZER_H

#include <stddef.h>
#include <stdint.h>

/// Runs libFuzzer with the arguments of a command line and calls `test` with each input.
int run_fuzzer(int argument_count, char **arguments, int (*test)(const uint8_t *bytes, size_t count));

/// Begins to count what this process allocates.
void allocation_count_start(void);

/// The bytes allocated since the count began; ends it.
size_t allocation_count_end(void);

#endif
