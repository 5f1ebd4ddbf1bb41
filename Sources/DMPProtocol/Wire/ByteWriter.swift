/// Appends fields to one growing buffer.
package struct ByteWriter {
    package private(set) var bytes: [UInt8] = []

    /// - Parameter capacity: How many bytes will be written, as far as is known.
    package init(capacity: Int = 0) {
        self.bytes.reserveCapacity(capacity)
    }

    package mutating func write(_ bytes: some Collection<UInt8>) {
        self.bytes.append(contentsOf: bytes)
    }

    /// Writes an integer in the width of its type, big-endian.
    package mutating func writeInteger<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) {
        for shift in stride(from: Value.bitWidth - 8, through: 0, by: -8) {
            self.bytes.append(UInt8(truncatingIfNeeded: value >> Value(shift)))
        }
    }
}
