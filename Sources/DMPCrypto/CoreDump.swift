#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#else
    private import Darwin
#endif

/// The file that a system writes of a process's memory when it crashes: keys, tokens and texts of messages are in it.
package enum CoreDump {
    /// No such file is written of this process or of those it starts, from now on.
    package static func forbid() {
        var limit = rlimit(rlim_cur: 0, rlim_max: 0)
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        #else
            let resource = RLIMIT_CORE
        #endif
        // To lower a limit is allowed to everybody.
        _ = unsafe setrlimit(resource, &limit)
    }
}
