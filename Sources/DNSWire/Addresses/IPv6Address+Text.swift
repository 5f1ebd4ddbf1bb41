extension IPv6Address {
    /// Reads the forms of RFC 4291, 2.2: eight groups of 1...4 hexadecimal digits, one run of zero groups as `::`, the
    /// last two groups also as an IPv4 address. No zone, no brackets.
    public init?(_ text: some StringProtocol) {
        let text = Array(text.utf8)
        guard text.count <= 45 else { return nil }
        guard let gap = Self.firstGap(in: text) else {
            guard let groups = Self.groups(text[...]), groups.count == 8 else { return nil }
            self.init(groups: groups)
            return
        }
        let (front, back) = (text[..<gap], text[(gap + 2)...])
        guard let head = front.isEmpty ? [] : Self.groups(front, allowsIPv4: false),
            let tail = back.isEmpty ? [] : Self.groups(back), head.count + tail.count <= 7
        else { return nil }
        self.init(groups: head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    private init(groups: [UInt16]) {
        self.init(
            high: groups.prefix(4).reduce(0) { $0 << 16 | UInt64($1) },
            low: groups.suffix(4).reduce(0) { $0 << 16 | UInt64($1) }
        )
    }

    private static func firstGap(in text: [UInt8]) -> Int? {
        zip(text, text.dropFirst()).enumerated().first { $1 == (UInt8(ascii: ":"), UInt8(ascii: ":")) }?.offset
    }

    private static func groups(_ text: ArraySlice<UInt8>, allowsIPv4: Bool = true) -> [UInt16]? {
        var groups: [UInt16] = []
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if allowsIPv4, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let address = IPv4Address(part) else { return nil }
                groups += [UInt16(address.rawValue >> 16), UInt16(truncatingIfNeeded: address.rawValue)]
            } else {
                guard let group = group(part) else { return nil }
                groups.append(group)
            }
        }
        return groups
    }

    private static func group(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var value: UInt16 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt16(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt16(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt16(digit - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}

extension IPv6Address: CustomStringConvertible {
    /// The canonical text of RFC 5952.
    public var description: String {
        if let address = self.mappedIPv4 { return "::ffff:\(address)" }
        let groups = [self.high, self.low].flatMap { half in
            [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) }
        }
        func text(_ groups: ArraySlice<UInt16>) -> String {
            groups.map { String($0, radix: 16) }.joined(separator: ":")
        }
        guard let gap = Self.longestZeroRun(groups) else { return text(groups[...]) }
        return "\(text(groups[..<gap.lowerBound]))::\(text(groups[gap.upperBound...]))"
    }

    /// The first of the longest runs of two or more zero groups.
    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 {
                start = index + 1
            } else if index + 1 - start > max(1, longest?.count ?? 0) {
                longest = start..<index + 1
            }
        }
        return longest
    }
}
