internal import DNSWire

/// What a key may write: names that end in one of some suffixes.
///
/// A suffix covers its own name and all below. One with `*`, which stands for any run of characters inside one label, lets
/// records be added only: where many may write, nobody deletes. Source: protocol documents, "The DMP node", section 4.4.
struct UpdateScope: Hashable, Sendable {
    private struct Suffix: Hashable, Sendable {
        /// In lower case, the one next to the root first.
        let labels: [[UInt8]]
        let hasPattern: Bool
    }

    private let suffixes: [Suffix]

    /// Takes suffixes, without any of which nothing may be written; `*` in a label is a pattern.
    init(_ suffixes: [DNSName]) {
        self.suffixes = suffixes.map { name in
            let labels: [[UInt8]] = name.lowercased().labels.reversed().map { Array($0) }
            return Suffix(labels: labels, hasPattern: labels.contains { $0.contains(Self.star) })
        }
    }

    func allowsAdding(_ name: DNSName) -> Bool {
        let labels = Self.labels(of: name)
        return self.suffixes.contains { Self.covers($0, labels) }
    }

    func allowsDeleting(_ name: DNSName) -> Bool {
        let labels = Self.labels(of: name)
        return self.suffixes.contains { !$0.hasPattern && Self.covers($0, labels) }
    }

    private static let star = UInt8(ascii: "*")

    private static func labels(of name: DNSName) -> [ArraySlice<UInt8>] {
        name.lowercased().labels.reversed()
    }

    private static func covers(_ suffix: Suffix, _ labels: [ArraySlice<UInt8>]) -> Bool {
        guard suffix.labels.count <= labels.count else { return false }
        return zip(suffix.labels, labels).allSatisfy { self.matches($1, pattern: $0) }
    }

    /// Goes back to the last star where the pattern fails, so that the work is at most the product of both lengths.
    private static func matches(_ label: ArraySlice<UInt8>, pattern: [UInt8]) -> Bool {
        var (place, index) = (label.startIndex, 0)
        var retry: (place: Int, index: Int)?
        while place < label.endIndex {
            if index < pattern.count, pattern[index] == Self.star {
                retry = (place, index + 1)
                index += 1
            } else if index < pattern.count, pattern[index] == label[place] {
                place += 1
                index += 1
            } else if let last = retry {
                retry = (last.place + 1, last.index)
                (place, index) = (last.place + 1, last.index)
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == Self.star }
    }
}
