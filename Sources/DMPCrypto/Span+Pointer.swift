extension Span<UInt8> {
    /// Lends the bytes to a C function as start and count. The start is a valid address even when there are none.
    func withPointer<Value: ~Copyable>(_ body: (UnsafePointer<UInt8>, Int) -> Value) -> Value {
        unsafe self.withUnsafeBufferPointer { buffer in
            if let start = buffer.baseAddress { return unsafe body(start, buffer.count) }
            return unsafe withUnsafePointer(to: 0) { nowhere in unsafe body(nowhere, 0) }
        }
    }
}

extension MutableSpan<UInt8> {
    /// Lends the bytes to a C function that writes them. The start is a valid address even when there are none.
    mutating func withPointer<Value: ~Copyable>(_ body: (UnsafeMutablePointer<UInt8>, Int) -> Value) -> Value {
        unsafe self.withUnsafeMutableBufferPointer { buffer in
            if let start = buffer.baseAddress { return unsafe body(start, buffer.count) }
            var nothing: UInt8 = 0
            return unsafe withUnsafeMutablePointer(to: &nothing) { nowhere in unsafe body(nowhere, 0) }
        }
    }
}

extension MutableSpan<UInt8> {
    /// Writes the bytes of an integer, highest first, at `offset`, where they must fit.
    @inlinable
    package mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(bigEndian value: Value, at offset: Int) {
        var bytes = unsafe self.mutableBytes
        bytes.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
    }
}

extension [UInt8] {
    init(_ bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    }
}

extension StaticString {
    /// Lends the UTF-8 bytes of a literal, where a `String` would copy them each time.
    package func withUTF8Span<Value>(_ body: (Span<UInt8>) -> Value) -> Value {
        self.withUTF8Buffer { unsafe body($0.span) }
    }
}
