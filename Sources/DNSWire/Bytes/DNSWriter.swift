/// Writes a DNS message. Integers are big-endian; names are compressed against those written before.
public struct DNSWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []
    /// Where names and their tails lie, in the order in which they were written.
    private var nameOffsets: [Int] = []

    /// The most offsets that are kept for compression: bounds the work per name.
    private static let maximumNameOffsets = 64

    /// - Parameter capacity: How many bytes to reserve.
    public init(capacity: Int = 512) {
        self.bytes.reserveCapacity(capacity)
    }

    /// Writes one byte.
    public mutating func write(_ value: UInt8) {
        self.bytes.append(value)
    }

    /// Writes two bytes, the higher first.
    public mutating func write(_ value: UInt16) {
        self.bytes.append(UInt8(truncatingIfNeeded: value >> 8))
        self.bytes.append(UInt8(truncatingIfNeeded: value))
    }

    /// Writes four bytes, the highest first.
    public mutating func write(_ value: UInt32) {
        self.write(UInt16(truncatingIfNeeded: value >> 16))
        self.write(UInt16(truncatingIfNeeded: value))
    }

    /// Writes bytes as they are.
    public mutating func write(_ bytes: some Collection<UInt8>) {
        self.bytes.append(contentsOf: bytes)
    }

    /// Writes a 16-bit length and what `body` writes. A longer body makes the message longer than any that can be sent.
    mutating func writeCounted(_ body: (inout DNSWriter) -> Void) {
        let place = self.bytes.count
        self.write(UInt16(0))
        body(&self)
        let count = UInt16(truncatingIfNeeded: self.bytes.count - place - 2)
        self.bytes[place] = UInt8(truncatingIfNeeded: count >> 8)
        self.bytes[place + 1] = UInt8(truncatingIfNeeded: count)
    }

    /// Writes a name. Its longest tail that stands in the message with the same spelling becomes a pointer
    /// (RFC 1035, 4.1.4).
    public mutating func write(_ name: DNSName) {
        let wireForm = name.wireForm
        let complete = self.nameOffsets.count  // a name may not point into itself
        var start = 0
        while let next = name.labelEnd(from: start) {
            if let target = self.nameOffsets[..<complete].first(where: { self.stands(wireForm[start...], at: $0) }) {
                self.write(0xc000 | UInt16(truncatingIfNeeded: target))
                return
            }
            if self.bytes.count < 0x4000, self.nameOffsets.count < Self.maximumNameOffsets {
                self.nameOffsets.append(self.bytes.count)
            }
            self.bytes.append(contentsOf: wireForm[start..<next])
            start = next
        }
        self.bytes.append(0)
    }

    /// Whether the name written at `position` is `tail`, byte for byte.
    private func stands(_ tail: ArraySlice<UInt8>, at position: Int) -> Bool {
        var position = position
        var index = tail.startIndex
        while index < tail.endIndex {
            if self.bytes[position] >= 0xc0 {
                position = Int(self.bytes[position] & 0x3f) << 8 | Int(self.bytes[position + 1])
            }
            let end = index + 1 + Int(tail[index])
            guard end - index <= self.bytes.count - position else { return false }
            while index < end {
                guard self.bytes[position] == tail[index] else { return false }
                index += 1
                position += 1
            }
        }
        return true
    }
}
