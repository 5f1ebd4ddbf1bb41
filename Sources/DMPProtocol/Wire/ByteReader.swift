/// Eats the bytes of a record from the front.
package struct ByteReader {
    private var rest: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) {
        self.rest = bytes
    }

    /// How many bytes are left.
    package var remaining: Int { self.rest.count }

    /// - Throws: ``WireError/truncated`` when fewer than `count` bytes are left.
    package mutating func read(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= self.rest.count else { throw .truncated }
        let bytes = self.rest.prefix(count)
        self.rest = self.rest.dropFirst(count)
        return bytes
    }

    /// Reads an integer of the width of `Value`, big-endian.
    ///
    /// - Throws: ``WireError/truncated`` when too few bytes are left.
    package mutating func readInteger<Value: FixedWidthInteger & UnsignedInteger>(
        _ type: Value.Type = Value.self
    ) throws(WireError) -> Value {
        var value: Value = 0
        for byte in try self.read(Value.bitWidth / 8) {
            value = value << 8 | Value(byte)
        }
        return value
    }

    /// - Throws: ``WireError/trailingBytes(_:)`` when bytes are left.
    package func expectEnd() throws(WireError) {
        guard self.rest.isEmpty else { throw .trailingBytes(self.rest.count) }
    }
}
