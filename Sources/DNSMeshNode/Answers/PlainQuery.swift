internal import DNSWire

/// A query of the form that nearly all have: one question of type TXT and class IN, with or without EDNS. Read in place.
///
/// Whatever is not exactly this is no plain query, and read in full elsewhere.
struct PlainQuery {
    let id: UInt16
    let isRecursionDesired: Bool
    /// Of the name in the message, with its closing zero; it begins at ``nameStart``.
    let nameByteCount: Int
    /// What identifies the name, letter case aside.
    let key: UInt64
    /// The size that the client can take; `nil` without EDNS.
    let payloadSize: UInt16?

    /// A name begins behind the header.
    static let nameStart = 12

    init?(_ message: borrowing Span<UInt8>) {
        func number(_ place: Int) -> UInt16 { UInt16(message[place]) << 8 | UInt16(message[place + 1]) }
        // The shortest: header, the root, type and class. QR and opcode are 0.
        guard message.count >= Self.nameStart + 5, message[2] & 0xf8 == 0 else { return nil }
        guard number(4) == 1, number(6) == 0, number(8) == 0, number(10) <= 1 else { return nil }
        var end = Self.nameStart
        while message[end] != 0 {
            let length = Int(message[end])
            // Leaves room for the next length byte, type and class.
            guard length <= 63, end + length + 6 <= message.count else { return nil }
            for place in end + 1...end + length {
                guard message[place] &- 0x21 <= 0x5d, message[place] != UInt8(ascii: ".") else { return nil }
            }
            end += length + 1
        }
        end += 1
        guard end - Self.nameStart <= DNSName.maximumByteCount, end - Self.nameStart > 1 else { return nil }
        guard number(end) == RRType.txt.rawValue, number(end + 2) == RRClass.in.rawValue else { return nil }
        let rest = end + 4
        if number(10) == 0 {
            guard message.count == rest else { return nil }
            self.payloadSize = nil
        } else {
            guard let size = Self.payloadSize(message, at: rest) else { return nil }
            self.payloadSize = size
        }
        self.id = number(0)
        self.isRecursionDesired = message[2] & 1 != 0
        self.nameByteCount = end - Self.nameStart
        self.key = AnswerKey.of(message.extracting(Self.nameStart..<end))
    }

    /// The payload size of an OPT record of version 0 that ends the message.
    private static func payloadSize(_ message: borrowing Span<UInt8>, at start: Int) -> UInt16? {
        func number(_ place: Int) -> Int { Int(message[place]) << 8 | Int(message[place + 1]) }
        guard message.count >= start + 11, message[start] == 0, number(start + 1) == Int(RRType.opt.rawValue),
            message[start + 6] == 0, number(start + 9) == message.count - start - 11
        else { return nil }
        var option = start + 11
        while option < message.count {
            guard option + 4 <= message.count else { return nil }
            option += 4 + number(option + 2)
        }
        return option == message.count ? UInt16(truncatingIfNeeded: number(start + 3)) : nil
    }
}

/// What names are looked up by: a hash that nobody outside can foresee.
enum AnswerKey {
    static func of(_ name: DNSName) -> UInt64 {
        let bytes = name.wireForm
        return self.of(bytes.span)
    }

    /// The key of a name in wire form, with the closing zero; letter case doesn't matter.
    static func of(_ name: borrowing Span<UInt8>) -> UInt64 {
        var hasher = Hasher()
        // Eight bytes at a time: the hasher's own cost lies in the call.
        var word: UInt64 = 0
        for index in name.indices {
            word = word << 8 | UInt64(name[index].lowercasedASCII)
            if index & 7 == 7 {
                hasher.combine(word)
                word = 0
            }
        }
        hasher.combine(word)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// The keys of a name and of all names above it but the root, from the name upwards.
    static func path(of name: RecordName) -> [UInt64] {
        let wireForm = name.wireForm
        var keys: [UInt64] = []
        var start = 0
        while wireForm[start] != 0 {
            keys.append(self.of(wireForm.span.extracting(start...)))
            start += Int(wireForm[start]) + 1
        }
        return keys
    }
}

extension RecordName {
    /// Labels after their lengths, and a closing zero.
    fileprivate var wireForm: [UInt8] {
        var bytes: [UInt8] = []
        for label in self.text.utf8.split(separator: UInt8(ascii: ".")) {
            bytes.append(UInt8(truncatingIfNeeded: label.count))
            bytes.append(contentsOf: label)
        }
        return bytes + [0]
    }
}
