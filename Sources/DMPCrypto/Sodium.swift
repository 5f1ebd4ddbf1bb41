private import CSodium

/// The state of libsodium, which must be started before any of its functions is called.
package enum Sodium {
    private static let isStarted = sodium_init() >= 0

    /// Starts libsodium, once for the process. Every entry point of this module calls it.
    package static func start() {
        precondition(self.isStarted, "libsodium can't start on this machine")
    }

    /// Reads the code of a function that fails only when this module passes it wrong arguments.
    static func require(_ code: Int32) {
        precondition(code == 0, "libsodium refused arguments that were checked before")
    }
}
