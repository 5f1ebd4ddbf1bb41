/// One of the ten places of a mailbox; a message's id decides which.
public struct Slot: Hashable, Sendable, CustomStringConvertible {
    /// All ten, in order.
    public static let all = (0...9).map(Slot.init(digit:))

    /// 0 to 9.
    public let rawValue: Int

    /// - Throws: ``NameError/slot(_:)`` outside 0...9.
    public init(_ rawValue: Int) throws(NameError) {
        guard (0...9).contains(rawValue) else { throw .slot(rawValue) }
        self.rawValue = rawValue
    }

    private init(digit: Int) {
        self.rawValue = digit
    }

    /// The slot of a message: the first four bytes of its id as a big-endian number, modulo 10.
    init(of message: MessageID) {
        let number = message.bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        self.rawValue = Int(number % 10)
    }

    public var description: String { String(self.rawValue) }
}
