/// Stands between the engine and its files. Tests put one in place, to cut a process off at any access, and to do all
/// work on one thread in an order that can be repeated.
package protocol StoreGate: Sendable {
    /// Does one access where it stands, or throws instead of it, or after it.
    func access<Value: Sendable>(_ work: () throws -> Value) async throws -> Value
}

/// How the stores get at their files.
package enum StoreAccess {
    /// What the present task and its children pass; `nil` for the threads of their own that files have otherwise.
    @TaskLocal package static var gate: (any StoreGate)?
}
