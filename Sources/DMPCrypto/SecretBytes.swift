private import CSodium

/// Key material in guarded memory, which can't be copied and is wiped when its owner ends.
///
/// `@unchecked Sendable` although it holds a pointer: nothing writes to the bytes once `init` has returned.
@safe
package struct SecretBytes: ~Copyable, @unchecked Sendable {
    @safe private let storage: UnsafeMutableBufferPointer<UInt8>

    /// Makes `count` bytes, all zero until `fill` writes to them.
    ///
    /// - Throws: What `fill` throws; the bytes are wiped then.
    package init<Failure: Error>(
        count: Int,
        fill: (inout MutableSpan<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        let storage = unsafe GuardedMemory.allocate(count)
        do throws(Failure) {
            var span = unsafe storage.mutableSpan
            try fill(&span)
        } catch {
            unsafe GuardedMemory.free(storage)
            throw error
        }
        self.storage = unsafe storage
    }

    package init(copying bytes: Span<UInt8>) {
        self.init(count: bytes.count) { secret in
            unsafe secret.withPointer { target, count in
                unsafe bytes.withPointer { source, _ in unsafe target.update(from: source, count: count) }
            }
        }
    }

    /// Copies bytes out of ordinary memory, which is not wiped.
    package init(copying bytes: [UInt8]) {
        self.init(copying: bytes.span)
    }

    /// Copies bytes out of ordinary memory, which is not wiped.
    package init(copying bytes: ArraySlice<UInt8>) {
        self.init(copying: bytes.span)
    }

    /// Bytes that nobody can predict.
    package static func random(count: Int) -> SecretBytes {
        SecretBytes(count: count) { secret in
            unsafe secret.withPointer { start, count in unsafe randombytes_buf(start, count) }
        }
    }

    /// Copies the bytes into ordinary memory, for the few places that must write a secret down.
    package borrowing func unguardedBytes() -> [UInt8] {
        self.withBytes { [UInt8]($0) }
    }

    package var count: Int { self.storage.count }

    /// Lends the bytes; what `body` copies out of them is no longer guarded.
    package borrowing func withBytes<Value: ~Copyable, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try unsafe body(self.storage.span)
    }

    deinit { unsafe GuardedMemory.free(self.storage) }
}

extension SecretBytes {
    /// Lends the bytes to a C function.
    borrowing func withPointer<Value: ~Copyable>(_ body: (UnsafePointer<UInt8>, Int) -> Value) -> Value {
        self.withBytes { bytes in unsafe bytes.withPointer(body) }
    }

    /// Refuses a secret of another length.
    borrowing func requireCount(_ count: Int) throws(CryptoError) {
        guard self.count == count else { throw .wrongLength(expected: count, actual: self.count) }
    }
}
