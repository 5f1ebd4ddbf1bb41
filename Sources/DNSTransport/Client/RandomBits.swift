/// The system's random numbers, 16 bits at a time and each bit used once: one call of the kernel for four of them.
struct RandomBits: Sendable {
    private var system = SystemRandomNumberGenerator()
    private var bits: UInt64 = 0
    private var left = 0

    mutating func next() -> UInt16 {
        if self.left == 0 { (self.bits, self.left) = (self.system.next(), 4) }
        defer { (self.bits, self.left) = (self.bits >> 16, self.left - 1) }
        return UInt16(truncatingIfNeeded: self.bits)
    }

    /// - Parameter count: 1...65,535. The smaller it is, the more even are the places.
    /// - Returns: A place below `count`.
    mutating func place(below count: Int) -> Int {
        Int((UInt32(self.next()) * UInt32(clamping: max(1, min(count, 0xffff)))) >> 16)
    }
}
