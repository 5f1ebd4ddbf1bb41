private import Synchronization

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#else
    private import Darwin
#endif

/// The work area of Argon2id, in large pages where the system has them, and kept for the next derivation.
///
/// Half of the time of a derivation would otherwise go into getting 32 MiB page by page. What is kept is the addresses: the
/// pages go back to the system at once, so that nothing else comes on top of them.
enum Argon2Memory {
    private static let hugePageByteCount = 2 << 20

    /// `@unchecked Sendable`: an area is either kept here or belongs to one derivation.
    @safe
    private struct Area: @unchecked Sendable {
        let start: UnsafeMutablePointer<UInt8>
        let byteCount: Int
    }

    private static let kept = Mutex<Area?>(nil)

    /// Lends an area of `byteCount` bytes of any content until it is given back; `nil` if there is no memory.
    static func take(_ byteCount: Int) -> UnsafeMutablePointer<UInt8>? {
        let kept = self.kept.withLock { kept in
            let area = kept?.byteCount == byteCount ? kept : nil
            if area != nil { kept = nil }
            return area
        }
        if let kept { return unsafe kept.start }
        guard byteCount >= self.hugePageByteCount else {
            return unsafe malloc(byteCount)?.bindMemory(to: UInt8.self, capacity: byteCount)
        }
        var fresh: UnsafeMutableRawPointer?
        guard unsafe posix_memalign(&fresh, self.hugePageByteCount, byteCount) == 0 else { return nil }
        #if os(Linux)
            unsafe madvise(fresh, byteCount, MADV_HUGEPAGE)
        #endif
        return unsafe fresh?.bindMemory(to: UInt8.self, capacity: byteCount)
    }

    /// Takes back what ``take(_:)`` lent, with a content that is nobody's secret any more.
    static func giveBack(_ start: UnsafeMutablePointer<UInt8>, byteCount: Int) {
        guard byteCount >= self.hugePageByteCount else {
            unsafe free(start)
            return
        }
        #if os(Linux)
            unsafe madvise(start, byteCount, MADV_DONTNEED)
        #endif
        let area = unsafe Area(start: start, byteCount: byteCount)
        let surplus = self.kept.withLock { kept in
            defer { kept = area }
            return kept
        }
        if let surplus { unsafe free(surplus.start) }
    }
}
