import Yams

/// A `config.yaml` that was read, and can be written again with changes.
///
/// What didn't change stays as it stands: comments, order, unknown keys, quoting. Source: protocol documents, "Files on
/// disk", sections 2.4, 2.5 and 9.1.
struct ConfigurationDocument {
    let configuration: Configuration
    private let source: YAMLSource

    init(_ bytes: some Collection<UInt8>) throws(ConfigurationFault) {
        self.source = try YAMLSource(bytes)
        self.configuration = try Configuration(self.source.root)
    }

    /// The text of a new file.
    static func text(for configuration: Configuration) -> String {
        ConfigurationKey.all.flatMap { $0.lines(for: configuration) }.joined(separator: "\n") + "\n"
    }

    /// The text with the values of `changed`. It is read back before it is returned, so what is written can be read.
    func text(for changed: Configuration) throws(ConfigurationFault) -> String {
        let unknown = Set(self.unknownEntries.map(\.key))
        for lines in [self.edited(for: changed), self.rewritten(for: changed)].compacted {
            let text = lines.joined(separator: "\n") + "\n"
            let reread: ConfigurationDocument
            do { reread = try ConfigurationDocument(Array(text.utf8)) } catch { continue }
            let isSame = reread.configuration.isSame(as: changed) && Set(reread.unknownEntries.map(\.key)) == unknown
            if isSame { return text }
        }
        throw ConfigurationFault("can't be written without a loss", next: "simplify the file by hand, then try again")
    }

    /// The lines of the file, with the entries that changed replaced. `nil` if the file isn't in block style.
    private func edited(for changed: Configuration) -> [String]? {
        let lines = self.source.lines
        guard let (blocks, footer) = YAMLBlock.blocks(of: self.source.root, in: lines, range: lines.indices) else {
            return nil
        }
        var entries = blocks.map { block in
            let own = ConfigurationKey.named[block.key].map { self.lines(of: $0, in: block, for: changed) }
            return YAMLEntry(key: block.key, lines: block.leading + (own ?? block.lines))
        }
        let present = Set(blocks.map(\.key))
        for key in ConfigurationKey.all where !present.contains(key.name) {
            entries.insertSorted(YAMLEntry(key: key.name, lines: key.lines(for: changed)))
        }
        return (entries.flatMap(\.lines) + footer).filter { $0 != "---" && $0 != "..." }
    }

    private func lines(of key: ConfigurationKey, in block: YAMLBlock, for changed: Configuration) -> [String] {
        let isUnchanged = key.isEqual(in: self.configuration, and: changed)
        if isUnchanged, block.value.isReadAlikeEverywhere(as: key.slot) { return block.lines }
        if case .contacts = key.slot, let lines = self.contactLines(in: block, for: changed.contacts) { return lines }
        return key.lines(for: changed)
    }

    /// The contacts with only the changed ones written anew. `nil` if they aren't in block style.
    private func contactLines(in block: YAMLBlock, for contacts: [ContactEntry]) -> [String]? {
        guard let mapping = block.value.mapping,
            let (blocks, footer) = YAMLBlock.blocks(
                of: mapping,
                in: self.source.lines,
                range: block.range.dropFirst()
            ),
            let indent = blocks.first?.indent, indent > 0
        else { return nil }
        let before = Dictionary(self.configuration.contacts.map { ($0.label, $0) }) { _, last in last }
        let after = Dictionary(contacts.map { ($0.label, $0) }) { _, last in last }
        var entries = blocks.compactMap { entry -> YAMLEntry? in
            guard let old = before[entry.key] else {
                return YAMLEntry(key: entry.key, lines: entry.leading + entry.lines)
            }
            guard let new = after[entry.key] else { return nil }
            let isKept = old == new && entry.value.isContactReadAlikeEverywhere && entry.isKeyPlain
            return YAMLEntry(key: entry.key, lines: entry.leading + (isKept ? entry.lines : new.lines(indent: indent)))
        }
        let present = Set(blocks.map(\.key))
        for contact in contacts where !present.contains(contact.label) {
            entries.insertSorted(YAMLEntry(key: contact.label, lines: contact.lines(indent: indent)))
        }
        guard !entries.isEmpty else { return nil }
        return Array(block.lines.prefix(1)) + entries.flatMap(\.lines) + footer
    }

    /// The whole file written anew: known and unknown keys in order, without comments.
    private func rewritten(for changed: Configuration) -> [String] {
        var entries = ConfigurationKey.all.map { YAMLEntry(key: $0.name, lines: $0.lines(for: changed)) }
        for entry in self.unknownEntries { entries.insertSorted(entry) }
        return entries.flatMap(\.lines)
    }

    private var unknownEntries: [YAMLEntry] {
        self.source.root.mergedPairs.compactMap { key, value in
            guard let name = key.scalar?.string, ConfigurationKey.named[name] == nil else { return nil }
            return YAMLEntry(key: name, lines: ["\(YAMLQuoting.quoted(name)): \(YAMLInline.text(of: value))"])
        }
    }
}

extension Configuration {
    /// Whether both hold the same, in whatever order the contacts stand.
    func isSame(as other: Configuration) -> Bool {
        var (one, two) = (self, other)
        one.contacts.sort { $0.label.precedesByCodePoint($1.label) }
        two.contacts.sort { $0.label.precedesByCodePoint($1.label) }
        return one == two
    }
}

extension [[String]?] {
    fileprivate var compacted: [[String]] { self.compactMap(\.self) }
}

extension Node {
    /// Whether each YAML loader, typed or not, reads this value as we do, so that it may stay as it stands.
    fileprivate func isReadAlikeEverywhere(as slot: ConfigurationKey.Slot) -> Bool {
        switch slot {
        case .contacts:
            guard let mapping = self.mapping else { return false }
            return mapping.allSatisfy { $0.key.scalar?.isPlainlyText == true && $0.value.isContactReadAlikeEverywhere }
        case .flag: return self.scalar?.flag != nil
        case .number: return self.scalar.map { $0.style == .plain && String(Int($0.string) ?? 0) == $0.string } ?? false
        case .optionalText: return self.scalar.map { $0.isNull || $0.isPlainlyText } ?? false
        case .text: return self.scalar?.isPlainlyText == true
        case .texts: return self.sequence?.allSatisfy { $0.scalar?.isPlainlyText == true } ?? false
        }
    }

    fileprivate var isContactReadAlikeEverywhere: Bool {
        guard let mapping = self.mapping else { return false }
        let known = ["domain", "pub", "remote_username", "spk"]
        return known.allSatisfy { name in mapping.contains { $0.key.scalar?.string == name } }
            && mapping.allSatisfy { field in
                guard let name = field.key.scalar?.string, known.contains(name) else { return true }
                return field.value.scalar?.isPlainlyText == true
            }
    }
}
