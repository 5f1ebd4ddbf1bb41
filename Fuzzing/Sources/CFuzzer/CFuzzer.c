#include "CFuzzer.h"

// Of libFuzzer and the address sanitizer, which bring no headers of their own.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *, size_t));
int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void *, size_t), void (*free_hook)(const volatile void *));

static size_t allocated;
static int is_counting;

static void count_allocation(const volatile void *address, size_t size) {
    (void)address;
    if (is_counting) allocated += size;
}

static void ignore_free(const volatile void *address) { (void)address; }

int run_fuzzer(int argument_count, char **arguments, int (*test)(const uint8_t *, size_t)) {
    __sanitizer_install_malloc_and_free_hooks(count_allocation, ignore_free);
    return LLVMFuzzerRunDriver(&argument_count, &arguments, test);
}

void allocation_count_start(void) {
    allocated = 0;
    is_counting = 1;
}

size_t allocation_count_end(void) {
    is_counting = 0;
    return allocated;
}
