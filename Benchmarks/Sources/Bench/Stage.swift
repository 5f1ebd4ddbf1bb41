/// One piece of work whose cost is measured: the same each time it runs.
struct Stage {
    /// As the scripts that compare implementations name it.
    let name: String
    /// The bytes of the message; 0 where the work has nothing to do with its size.
    let size: Int
    /// k and n of the message.
    let dataCount: Int
    let shareCount: Int
    let body: () throws -> Void
}

/// Keeps a result from being computed in vain, so that the optimizer can't leave the work out.
@inline(never)
func keep<Value>(_ value: Value) {
    withExtendedLifetime(value) {}
}

func require(_ condition: Bool, _ message: String) {
    guard condition else { fatalError("wrong result: \(message)") }
}
