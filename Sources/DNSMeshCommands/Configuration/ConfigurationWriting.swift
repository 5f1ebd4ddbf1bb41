extension ConfigurationKey {
    /// The entry as the file gets it: texts always quoted, block style.
    func lines(for configuration: Configuration) -> [String] {
        switch self.slot {
        case .contacts: Self.contactLines(configuration.contacts)
        case .flag(let property): ["\(self.name): \(configuration[keyPath: property])"]
        case .number(let property): ["\(self.name): \(configuration[keyPath: property])"]
        case .optionalText(let property):
            ["\(self.name): \(configuration[keyPath: property].map(YAMLQuoting.quoted) ?? "null")"]
        case .text(let property, _): ["\(self.name): \(YAMLQuoting.quoted(configuration[keyPath: property]))"]
        case .texts(let property):
            if configuration[keyPath: property].isEmpty {
                ["\(self.name): []"]
            } else {
                ["\(self.name):"] + configuration[keyPath: property].map { "- \(YAMLQuoting.quoted($0))" }
            }
        }
    }

    private static func contactLines(_ contacts: [ContactEntry]) -> [String] {
        if contacts.isEmpty { return ["contacts: {}"] }
        let sorted = contacts.sorted { $0.label.precedesByCodePoint($1.label) }
        return ["contacts:"] + sorted.flatMap { $0.lines(indent: 2) }
    }

    /// Whether the key has the same value in both.
    func isEqual(in one: Configuration, and other: Configuration) -> Bool {
        switch self.slot {
        case .contacts: one.contacts == other.contacts
        case .flag(let property): one[keyPath: property] == other[keyPath: property]
        case .number(let property): one[keyPath: property] == other[keyPath: property]
        case .optionalText(let property): one[keyPath: property] == other[keyPath: property]
        case .text(let property, _): one[keyPath: property] == other[keyPath: property]
        case .texts(let property): one[keyPath: property] == other[keyPath: property]
        }
    }
}

extension ContactEntry {
    /// A longer label is written as a complex key, as a YAML key on one line ends at 1,024 characters.
    private static let longestSimpleKey = 500

    /// The entry with all four fields, and those that this version doesn't know.
    func lines(indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        let label = YAMLQuoting.quoted(self.label)
        let head =
            label.utf8.count > Self.longestSimpleKey ? ["\(margin)? \(label)", "\(margin):"] : ["\(margin)\(label):"]
        let fields = [
            ("domain", self.domain), ("pub", self.encryptionKey), ("remote_username", self.remoteUsername),
            ("spk", self.signingKey),
        ]
        return head + fields.map { "\(margin)  \($0): \(YAMLQuoting.quoted($1))" }
            + self.otherFields.map { "\(margin)  \(YAMLQuoting.quoted($0.name)): \($0.yaml)" }
    }
}
