private import CSodium

/// Comparisons whose duration tells nothing about the bytes.
package enum ConstantTime {
    /// Whether both have the same bytes. A difference in length may be noticed by its duration.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        Sodium.start()
        guard left.count == right.count else { return false }
        return unsafe sodium_memcmp(left, right, left.count) == 0
    }
}
