private import CSodium
private import Synchronization

/// Memory for secrets: never swapped out, and between pages that nobody may touch.
///
/// To make and to unmake such memory takes some 20 µs of system calls, more than most uses of a key. So secrets of up to
/// 64 bytes share pages: each has a slot of its own, which is wiped when it is given back.
enum GuardedMemory {
    /// The longest secret that gets a slot. Seeds and keys have 32 bytes, an Ed25519 key pair has 64.
    static let slotByteCount = 64

    private static let pages = Mutex(GuardedPages())

    /// Lends `count` zero bytes until they are given to ``free(_:)``.
    static func allocate(_ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
        Sodium.start()
        let start =
            if count <= self.slotByteCount {
                unsafe self.pages.withLock { $0.takeSlot() }.start
            } else {
                unsafe self.wholePages(count)
            }
        let storage = unsafe UnsafeMutableBufferPointer(start: start, count: count)
        unsafe storage.initialize(repeating: 0)
        return unsafe storage
    }

    /// Wipes and takes back what ``allocate(_:)`` lent.
    static func free(_ storage: UnsafeMutableBufferPointer<UInt8>) {
        guard let start = storage.baseAddress else { return }
        if storage.count <= self.slotByteCount {
            unsafe sodium_memzero(start, storage.count)
            let slot = unsafe GuardedPages.Slot(start: start)
            self.pages.withLock { $0.giveBack(slot) }
        } else {
            unsafe sodium_free(start)
        }
    }

    fileprivate static func wholePages(_ count: Int) -> UnsafeMutablePointer<UInt8> {
        guard let start = unsafe sodium_malloc(count) else { fatalError("no guarded memory left") }
        return unsafe start.bindMemory(to: UInt8.self, capacity: count)
    }
}

/// The pages that small secrets share. The one that was made last is the first to be searched.
private struct GuardedPages {
    private static let slotCount = 64
    private static let pageByteCount = slotCount * GuardedMemory.slotByteCount

    /// `@unchecked Sendable`: a slot belongs to one secret at a time, and a page is changed only under the lock.
    @safe
    struct Slot: @unchecked Sendable {
        let start: UnsafeMutablePointer<UInt8>
    }

    @safe
    private struct Page {
        let start: UnsafeMutablePointer<UInt8>
        /// Bit i is set while slot i is free.
        var freeSlots = UInt64.max

        func holds(_ slot: Slot) -> Bool {
            unsafe slot.start >= self.start && slot.start < self.start + GuardedPages.pageByteCount
        }
    }

    private var pages: [Page] = []

    mutating func takeSlot() -> Slot {
        let index: Int
        if let found = self.pages.lastIndex(where: { $0.freeSlots != 0 }) {
            index = found
        } else {
            self.pages.append(unsafe Page(start: GuardedMemory.wholePages(Self.pageByteCount)))
            index = self.pages.count - 1
        }
        let number = self.pages[index].freeSlots.trailingZeroBitCount
        self.pages[index].freeSlots &= ~(1 << UInt64(number))
        return unsafe Slot(start: self.pages[index].start + number * GuardedMemory.slotByteCount)
    }

    /// One empty page is kept for the next secret; another one is unmade.
    mutating func giveBack(_ slot: Slot) {
        guard let index = self.pages.lastIndex(where: { $0.holds(slot) }) else {
            preconditionFailure("not a slot of these pages")
        }
        let number = unsafe (slot.start - self.pages[index].start) / GuardedMemory.slotByteCount
        self.pages[index].freeSlots |= 1 << UInt64(number)
        guard self.pages[index].freeSlots == .max, self.pages.count > 1 else { return }
        unsafe sodium_free(self.pages.remove(at: index).start)
    }
}
