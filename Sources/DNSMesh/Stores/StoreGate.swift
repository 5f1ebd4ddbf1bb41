/// Stands between the engine and its files. Tests put one in place, to cut a process off at any access, and to do all
/// work on one thread in an order that can be repeated.
package protocol StoreGate: Sendable {
    /// Does one access where it stands, or throws instead of it, or after it. A cancelled task gets none, unless it is to
    /// have it even so.
    func access<Value: Sendable>(evenIfCancelled: Bool, _ work: () throws -> Value) async throws -> Value
}

extension StoreGate {
    package func access<Value: Sendable>(_ work: () throws -> Value) async throws -> Value {
        try await self.access(evenIfCancelled: false, work)
    }
}

/// How the stores get at their files.
package enum StoreAccess {
    /// What the present task and its children pass; `nil` for the threads of their own that files have otherwise.
    @TaskLocal package static var gate: (any StoreGate)?
}
